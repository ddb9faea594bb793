/**
 * Mutated output of `ip`, `bridge` and `nft`: it is read or refused with a LinuxError, never anything else, and what
 * is read are rows that can be written again. FUZZ_SEED repeats a run.
 */
import { parseInterfaceAddress, parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { expect, test } from 'vitest';
import { LinuxError } from '../src/linux-error.js';
import { LinuxKernel } from '../src/linux-kernel.js';
import type { Row } from '../src/model.js';
import { rowText } from '../src/rows.js';

const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));
const INPUTS = 100_000;
const SCOPE = { devices: ['flannel.1', 'cni0', 've0', 'tap0'], sysctls: [], chains: true };

type Random = (limit: number) => number;

/** mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const vxlan = { id: 1, local: '192.168.1.2', link: 'eth0', port: 8472, learning: false, ttl: 0 };
const flags = ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'];
const address = '02:00:00:00:00:01';

/** The first words of a command, and what it prints. */
const OUTPUTS: Readonly<Record<string, unknown>> = {
  'ip -j -d link': [
    { ifname: 'lo', flags: ['LOOPBACK'], mtu: 65536, address: '00:00:00:00:00:00' },
    { ifname: 'flannel.1', flags, mtu: 1450, address, linkinfo: { info_kind: 'vxlan', info_data: vxlan } },
    { ifname: 'cni0', flags, mtu: 1450, address, linkinfo: { info_kind: 'bridge', info_data: {} } },
    { ifname: 'tap0', flags, mtu: 1450, address, linkinfo: { info_kind: 'tun', info_data: { type: 'tap' } } },
    {
      ifname: 've0',
      ...{ link: 've1', flags: [], mtu: 1450, master: 'cni0', address },
      linkinfo: { info_kind: 'veth', info_slave_kind: 'bridge', info_slave_data: { hairpin: true } },
    },
  ],
  'ip -j addr': [
    {
      ifname: 'flannel.1',
      addr_info: [
        { family: 'inet', local: '10.244.1.0', prefixlen: 32, scope: 'global' },
        { family: 'inet6', local: 'fd00:244::1', prefixlen: 128, scope: 'global' },
        { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
      ],
    },
  ],
  'ip -j neigh': [
    { dst: '10.244.2.0', dev: 'flannel.1', lladdr: '02:00:00:00:00:02', state: ['PERMANENT'] },
    { dst: 'fd00:244::2', dev: 'flannel.1', lladdr: '02:00:00:00:00:02', state: ['PERMANENT'] },
  ],
  'bridge -j fdb': [
    { mac: address, ifname: 'flannel.1', dst: '192.168.1.3', flags: ['self'], state: 'permanent' },
    { mac: '33:33:00:00:00:01', ifname: 'cni0', flags: ['self'], state: 'permanent' },
  ],
  'ip -N -j -4': [
    { dst: '10.244.2.0/24', gateway: '10.244.2.0', dev: 'flannel.1', protocol: '17', flags: ['onlink'] },
    { dst: 'default', gateway: '192.168.1.1', dev: 'cni0', protocol: '3', metric: 100, flags: [] },
  ],
  'ip -N -j -6': [{ dst: 'fd00::/64', dev: 'cni0', protocol: '17', metric: 1024, flags: [] }],
  'nft -j list chains': {
    nftables: [
      { chain: { family: 'ip', table: 'filter', name: 'FORWARD', type: 'filter', hook: 'forward', prio: 0 } },
      { chain: { family: 'ip', table: 'filter', name: 'LAST' } },
      { chain: { family: 'ip', table: 'filter', name: 'PODLAN-FORWARD' } },
    ],
  },
  'nft -j list tables': {
    nftables: [
      { table: { family: 'ip', name: 'filter' } },
      { table: { family: 'ip', name: 'x', flags: 'own' } },
    ],
  },
  'nft -j list chain ip filter FORWARD': {
    nftables: [
      {
        rule: {
          family: 'ip',
          table: 'filter',
          chain: 'FORWARD',
          handle: 1,
          expr: [{ xt: { type: 'match', name: 'mark' } }, { drop: null }],
        },
      },
      {
        rule: {
          family: 'ip',
          table: 'filter',
          chain: 'FORWARD',
          handle: 2,
          expr: [{ jump: { target: 'PODLAN-FORWARD' } }],
        },
      },
      {
        rule: {
          family: 'ip',
          table: 'filter',
          chain: 'FORWARD',
          handle: 3,
          expr: [{ counter: {} }, { goto: { target: 'LAST' } }],
        },
      },
    ],
  },
  'nft -j list chain ip filter LAST': {
    nftables: [
      {
        rule: {
          family: 'ip',
          table: 'filter',
          chain: 'LAST',
          handle: 4,
          expr: [{ xt: { type: 'target', name: 'REJECT' } }],
        },
      },
    ],
  },
  'nft -j list chain ip filter PODLAN-FORWARD': {
    nftables: [
      {
        rule: {
          family: 'ip',
          table: 'filter',
          chain: 'PODLAN-FORWARD',
          handle: 5,
          expr: [{ counter: {} }, { accept: null }],
        },
      },
    ],
  },
  'nft -j list table inet podlan': {
    nftables: [
      {
        chain: {
          family: 'inet',
          table: 'podlan',
          name: 'postrouting',
          type: 'nat',
          hook: 'postrouting',
          prio: 100,
        },
      },
      {
        rule: {
          family: 'inet',
          table: 'podlan',
          chain: 'postrouting',
          expr: [{ counter: { packets: 1 } }, { masquerade: null }],
        },
      },
    ],
  },
};

const TEXTS = new Map(Object.entries(OUTPUTS).map(([key, value]) => [key, JSON.stringify(value)]));
const VALUES = [
  'null',
  '-1',
  '1.5',
  '1e999',
  '"x"',
  '""',
  '[]',
  '{}',
  'true',
  '[null]',
  '"::1"',
  '"default"',
];
const PIECES = [
  '"',
  '{',
  '}',
  '[',
  ',',
  ':',
  '0',
  '9',
  '-',
  '.',
  '/',
  ' ',
  '\\',
  '\u0000',
  '\n',
  'é',
  '__proto__',
];
/** A JSON value that is no list and no object. */
const SCALAR = /"[^"]*"(?!:)|-?\d+(?:\.\d+)?|true|false|null/g;

/** Half of the mutants stay JSON: one value becomes another. */
function mutated(text: string, random: Random): string {
  if (random(2) === 0) {
    const scalars = [...text.matchAll(SCALAR)];
    const { 0: old, index } = scalars[random(scalars.length)]!;
    return text.slice(0, index) + VALUES[random(VALUES.length)]! + text.slice(index + old.length);
  }
  const at = random(text.length);
  return text.slice(0, at) + PIECES[random(PIECES.length)]! + text.slice(at + random(4));
}

/** Why a row is not canonical; undefined where it is. */
function problemOf(row: Row): string | undefined {
  const canonical: [string, (text: string) => string | undefined][] = [
    ['mac', parseMacAddress],
    ['dst', parseIpAddress],
    ['via', parseIpAddress],
    ['prefix', parseIpPrefix],
    ['address', row.kind === 'address' ? parseInterfaceAddress : parseIpAddress],
  ];
  const values = row as unknown as Record<string, unknown>;
  for (const [key, parse] of canonical) {
    const value = values[key];
    if (value !== undefined && parse(value as string) !== value) return `${key} is not canonical`;
  }
  const numbers = Object.values(values).filter((value) => typeof value === 'number');
  if (!numbers.every(Number.isSafeInteger)) return 'a number is not whole';
  return rowText(row) === '' ? 'no text' : undefined;
}

test(`${INPUTS} mutated outputs of iproute2 and nft`, { timeout: 120_000 }, async () => {
  console.log(`linux: FUZZ_SEED=${SEED}`);
  const random = randomFrom(SEED);
  const keys = [...TEXTS.keys()];
  let mutant: readonly [string, string] = ['', ''];
  const kernel = new LinuxKernel({
    run: async (argv) => {
      const key = keys.find((key) => argv.join(' ').startsWith(key));
      return { code: 0, stdout: key === mutant[0] ? mutant[1] : TEXTS.get(key!)!, stderr: '' };
    },
  });
  expect(await kernel.snapshot(SCOPE)).toHaveLength(14);
  let read = 0;
  for (let i = 0; i < INPUTS; i++) {
    const key = keys[random(keys.length)]!;
    mutant = [key, mutated(TEXTS.get(key)!, random)];
    try {
      for (const row of await kernel.snapshot(SCOPE)) {
        const problem = problemOf(row);
        if (problem !== undefined) throw new Error(`${problem}: ${rowText(row)}`);
      }
      read++;
    } catch (error) {
      if (!(error instanceof LinuxError)) {
        throw new Error(`FUZZ_SEED=${SEED}: ${mutant.join(': ')}: ${error}`, { cause: error });
      }
    }
  }
  expect(read).toBeGreaterThan(INPUTS / 10);
});
