/** Lines for a shell: run in an empty namespace they make the rows they came from; a hostile row is no line at all. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LinuxKernel } from '../src/linux-kernel.js';
import { type Chain, type Change, commandLines, diff, type Row, rowKey, scopeOf } from '../src/model.js';
import { addNetns, deleteNetns, runIn } from '../src/netns.js';
import {
  chain,
  ip,
  mac,
  net,
  recreations,
  replacements,
  scope,
  state,
  tap,
  vxlan,
} from '../src/testing-rows.js';

const netns = `podlan-cmd-${randomUUID().slice(0, 8)}`;

const UNDERLAY = `
ip link set lo up
ip link add eth0 type veth peer name other0
ip addr add 192.168.77.11/24 dev eth0
ip addr add fd00:77::11/64 dev eth0 nodad
ip link set other0 up
ip link set eth0 up
`;

async function sh(script: string): Promise<void> {
  const { code, stderr } = await runIn(netns, ['sh', '-ec', script]);
  if (code !== 0) throw new Error(stderr);
}

async function emptyHost(): Promise<LinuxKernel> {
  await deleteNetns(netns);
  await addNetns(netns);
  await sh(UNDERLAY);
  return new LinuxKernel({ netns });
}
afterAll(() => deleteNetns(netns));

const linesFor = (rows: readonly Row[]) => commandLines(diff([], rows));

describe('in an empty namespace', () => {
  let found: Row[];
  let kernel: LinuxKernel;
  beforeAll(async () => {
    kernel = await emptyHost();
    await sh(linesFor(state).join('\n'));
    found = await kernel.snapshot(scope);
  });

  test.each(state.map((row) => [rowKey(row), row] as const))('the lines make %s', (key, row) => {
    expect(found.find((one) => rowKey(one) === key)).toMatchObject({ ...row });
  });

  test('and nothing else', () => {
    expect(found).toHaveLength(state.length);
    expect(diff(found, state)).toEqual([]);
  });

  test('those that lead away take everything away', async () => {
    await sh(commandLines(diff(found, [])).join('\n'));
    const left = await kernel.snapshot(scope);
    expect(left.filter(({ kind }) => kind !== 'sysctl')).toEqual([]);
  });
});

test.each([...replacements, ...recreations].map((row, i) => [`${i + 1}: ${rowKey(row)}`, row] as const))(
  'from one state to another: %s',
  async (_, row) => {
    const kernel = await emptyHost();
    await sh(linesFor(state).join('\n'));
    const desired = state
      .map((one) => (rowKey(one) === rowKey(row) ? row : one))
      .filter((one) => one.kind !== 'fdb' || row.kind !== 'link' || row.type === 'vxlan');
    // What a link takes along as it changes is put back at the next look.
    for (let looks = 0; looks < (row.kind === 'link' ? 2 : 1); looks++) {
      await sh(commandLines(diff(await kernel.snapshot(scope), desired)).join('\n'));
    }
    expect(diff(await kernel.snapshot(scope), desired)).toEqual([]);
  },
);

test("a rule that nft's words don't suffice for goes as JSON", async () => {
  const left = { payload: { base: 'nh', offset: 96, len: 32 } };
  const rule = [
    { match: { op: '==', left, right: 0x0a000001 } },
    { log: { prefix: "it's" } },
    { drop: null },
  ];
  const row: Chain = { ...chain, name: 'raw', rules: [rule] };
  const kernel = await emptyHost();
  await sh(linesFor([row]).join('\n'));
  const [made] = await kernel.snapshot(scopeOf([row]));
  expect(made).toMatchObject({
    name: 'raw',
    rules: [[{ match: { op: '==' } }, { log: {} }, { drop: null }]],
  });
});

test.each<[Row, string[]]>([
  [
    vxlan,
    [
      'ip link add dev flannel.1 address 3a:a6:bc:cb:d8:d4 mtu 1450 type vxlan id 1 local 192.168.77.11 dev eth0 dstport 8472 nolearning',
      'ip link set dev flannel.1 address 3a:a6:bc:cb:d8:d4 mtu 1450 up',
    ],
  ],
  [
    { kind: 'neighbor', dev: 'flannel.1', address: ip('10.244.2.0'), mac: mac('02:00:00:00:02:00') },
    ['ip neigh replace 10.244.2.0 dev flannel.1 lladdr 02:00:00:00:02:00 nud permanent'],
  ],
  [
    { kind: 'fdb', dev: 'flannel.1', mac: mac('02:00:00:00:02:00'), dst: ip('192.168.77.12') },
    ['bridge fdb replace 02:00:00:00:02:00 dev flannel.1 dst 192.168.77.12 self permanent'],
  ],
  [
    { kind: 'sysctl', key: 'net/ipv6/conf/flannel-v6.1/accept_ra', value: '0' },
    ['sysctl -w net.ipv6.conf.flannel-v6/1.accept_ra=0'],
  ],
  [
    { kind: 'sysctl', key: 'net/ipv4/ping_group_range', value: "0 2147483647'" },
    [String.raw`sysctl -w 'net.ipv4.ping_group_range=0 2147483647'\'''`],
  ],
  [
    chain,
    [
      'nft add table inet podlan',
      "nft add chain inet podlan postrtg '{ type nat hook postrouting priority 100; policy accept; }'",
      'nft add rule inet podlan postrtg ip saddr 10.244.0.0/16 counter masquerade fully-random',
    ],
  ],
  [
    {
      kind: 'tunnel',
      dev: 'flannel.1',
      prefix: net('10.244.2.0/24'),
      remote: ip('192.168.77.12'),
      port: 8472,
    },
    [
      "# tunnel 10.244.2.0/24 remote 192.168.77.12 port 8472 dev flannel.1 (no command: an entry of the forwarder's own table)",
    ],
  ],
])('%j in the words of its tool', (row, lines) => {
  expect(linesFor([row])).toEqual(lines);
});

describe('hostile rows', () => {
  const directory = mkdtempSync(join(tmpdir(), 'podlan-cmd-'));
  /** Stands for every tool. Nothing else is to be found: a word that a shell took for a command ends with an error. */
  const tool = join(directory, 'tool');
  beforeAll(() => {
    writeFileSync(tool, '#!/bin/sh\n', { mode: 0o755 });
    for (const name of ['ip', 'bridge', 'nft', 'sysctl'])
      execFileSync('ln', ['-s', tool, join(directory, name)]);
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  const forwarder: Row = {
    kind: 'forwarder',
    type: 'vxlan',
    dev: 'flannel.1',
    local: ip('192.168.77.11'),
    port: 8472,
    networks: [],
    subnets: [],
    vni: 1,
    mac: mac('02:00:00:00:00:01'),
  };
  const rows: Row[] = [...state, forwarder, { ...tap, master: 'cni9' }];
  const rule = { match: { op: '==', left: { meta: { key: 'iifname' } }, right: '' } };
  rows.push({ ...chain, rules: [[rule, { jump: { target: '' } }]] });
  const hostile = fc
    .array(
      fc.constantFrom(
        ';',
        '|',
        '&',
        '$(x)',
        '`x`',
        '\n',
        '\r',
        "'",
        '"',
        '\\',
        '>',
        '<',
        '#',
        '!',
        ' ',
        '{',
        '*',
        'a',
        '-',
        '\0',
        'é',
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((parts) => parts.join(''));

  /** Every string in a value, as a path to it. */
  function* stringsIn(value: unknown, path: readonly string[] = []): Generator<readonly string[]> {
    if (typeof value === 'string' && path[0] !== 'kind') yield path;
    if (typeof value !== 'object' || value === null) return;
    for (const [key, one] of Object.entries(value)) yield* stringsIn(one, [...path, key]);
  }

  function withText(row: Row, path: readonly string[], text: string): Row {
    const copy = structuredClone(row);
    let place = copy as unknown as Record<string, unknown>;
    for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>;
    place[path.at(-1)!] = text;
    return copy;
  }

  function linesOrRefusal(changes: readonly Change[]): string[] {
    try {
      return commandLines(changes);
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      return [];
    }
  }

  test.each(['add', 'replace', 'delete'] as const)('never say anything to the shell: %s', (op) => {
    const places = rows.flatMap((row) => [...stringsIn(row)].map((path) => [row, path] as const));
    const place = fc.constantFrom(...places);
    const lines: string[] = [];
    fc.assert(
      fc.property(place, hostile, ([row, path], text) => {
        const made = linesOrRefusal([{ op, row: withText(row, path, text) }]);
        for (const line of made) {
          expect(line).not.toMatch(/\p{Cc}/u);
          const outside = line.replace(/'[^']*'|\\'/g, '');
          if (!line.startsWith('#')) expect(outside).toMatch(/^(printf %s {2}\| )?[\w@%+=:,./ -]*$/);
        }
        lines.push(...made);
      }),
      { numRuns: 2000 },
    );
    // All at once: what one of them let out, a shell would say here.
    const { status, stderr } = spawnSync('/bin/sh', ['-e'], {
      input: lines.join('\n'),
      env: { PATH: directory },
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(lines.length).toBeGreaterThan(20);
  });
});
