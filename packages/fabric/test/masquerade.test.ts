// Against flannel's own rules, packet by packet. Then: one new network namespace, gone with the process: the rules are loaded by `nft -j -f -` and listed again.
import { execFileSync } from 'node:child_process';
import type { Chain } from '@podlan/linux/model';
import { parseIpPrefix } from '@podlan/wire';
import { expect, test } from 'vitest';
import { forwardChain, masqueradeChain } from '../src/index.js';
import { flannelMasquerades, masquerades, type Packet } from './oracle/masquerade.js';

const networks = ['10.244.0.0/16', 'fd00:244::/48'].map((text) => parseIpPrefix(text)!);
const subnets = ['10.244.1.0/24', 'fd00:244:0:1::/64'].map((text) => parseIpPrefix(text)!);

const TABLE = { family: 'inet', table: 'podlan' };

function commands(chains: readonly Chain[]): object[] {
  const table = { add: { table: { family: 'inet', name: 'podlan' } } };
  return [table, ...chains.flatMap(chainCommands)];
}

function chainCommands({ name, type, hook, priority, rules }: Chain): object[] {
  const chain = { add: { chain: { ...TABLE, name, type, hook, prio: priority, policy: 'accept' } } };
  return [chain, ...rules.map((expr) => ({ add: { rule: { ...TABLE, chain: name, expr } } }))];
}

/** `cat`, as nft opens /dev/stdin by its name, and Node's is a socket. What nft lists after loading the chains, by chain. */
function loadAndList(chains: readonly Chain[]): Map<string, unknown[]> {
  const input = JSON.stringify({ nftables: commands(chains) });
  const script = 'cat | nft -j -f - && nft -j list table inet podlan';
  const output = execFileSync('unshare', ['-rn', 'sh', '-c', script], { input, encoding: 'utf8' });
  const listed = (
    JSON.parse(output.trim().split('\n').at(-1)!) as {
      nftables: { rule?: { chain: string; expr: unknown } }[];
    }
  ).nftables;
  const rules = listed.flatMap(({ rule }) => (rule === undefined ? [] : [rule]));
  return new Map(
    chains.map(({ name }) => [name, rules.filter(({ chain }) => chain === name).map(({ expr }) => expr)]),
  );
}

test.each([
  ['both families', networks, subnets, true],
  ['IPv4 alone', networks.slice(0, 1), subnets.slice(0, 1), true],
  ['source ports kept where possible', networks, subnets, false],
  ['several networks of a family', [...networks, parseIpPrefix('10.99.0.0/16')!], subnets, true],
  ['a network of one address', [parseIpPrefix('10.9.9.9/32')!], [parseIpPrefix('10.9.9.9/32')!], true],
])('nft lists the rules exactly as they are written here: %s', (_case, networks, subnets, randomFully) => {
  const chains = [masqueradeChain({ networks, subnets, randomFully }), forwardChain(networks)];
  const listed = loadAndList(chains);
  for (const { name, rules } of chains) expect(listed.get(name)).toEqual(rules);
});

const ADDRESSES = {
  4: [
    '10.244.1.2',
    '10.244.1.255',
    '10.244.2.2',
    '10.243.255.255',
    '192.168.77.11',
    '8.8.8.8',
    '224.0.0.251',
  ],
  6: ['fd00:244:0:1::2', 'fd00:244:0:2::2', 'fd00:243:ffff::1', 'fd00:77::11', '2001:db8::8', 'ff02::fb'],
} as const;

/** Every pair of addresses of a family, with kube-proxy's mark, without, and with other bits set. */
const packets = ([4, 6] as const).flatMap((family) =>
  ADDRESSES[family].flatMap((source) =>
    ADDRESSES[family].flatMap((destination) =>
      [0, 0x4000, 0xc001, 0x8000].map((mark): Packet => ({ family, source, destination, mark })),
    ),
  ),
);

test('the same packets are masqueraded that flannel masquerades', () => {
  const { rules } = masqueradeChain({ networks, subnets });
  const [ours, flannels] = [
    packets.filter((packet) => masquerades(rules, packet)),
    packets.filter((packet) =>
      [0, 1].some((i) => flannelMasquerades({ network: networks[i]!, subnet: subnets[i]! }, packet)),
    ),
  ];
  expect(ours).toEqual(flannels);
  expect(ours.length).toBeGreaterThan(20);
});

test('with several networks of a family, pods of each are inside for the others', () => {
  const { rules } = masqueradeChain({
    networks: [...networks, parseIpPrefix('10.99.0.0/16')!],
    subnets: [...subnets, parseIpPrefix('10.99.1.0/24')!],
  });
  const isMasqueraded = (source: string, destination: string) =>
    masquerades(rules, { family: 4, source, destination, mark: 0 });
  expect(isMasqueraded('10.244.1.2', '10.99.7.7')).toBe(false);
  expect(isMasqueraded('10.99.7.7', '10.244.1.2')).toBe(false);
  expect(isMasqueraded('10.99.1.2', '10.244.7.7')).toBe(false);
  expect(isMasqueraded('10.99.1.2', '8.8.8.8')).toBe(true);
  expect(isMasqueraded('192.168.77.11', '10.99.7.7')).toBe(true);
  expect(isMasqueraded('192.168.77.11', '10.99.1.2')).toBe(false);
});
