/** What a snapshot has, decides about a packet and is not simulated, makes what is computed of that packet doubtful. */
import { type IpAddress, parseIpAddress } from '@podlan/wire';
import { expect, it } from 'vitest';
import { doubtsOf, probe } from '../../dist/index.js';
import { loadSnapshots, type NamespaceSnapshot, type NodeSnapshot } from '../../dist/snapshot/index.js';
import { sample } from './sample.js';

const GATEWAY = parseIpAddress('10.244.1.1')!;
const at = { family: 'inet', table: 'more' };

/** The sample's host, changed. */
function hostWith(change: (host: NamespaceSnapshot) => void): NodeSnapshot {
  const snapshot = structuredClone(sample());
  change(snapshot.namespaces[0]!);
  return snapshot;
}

const withRule = (...expr: object[]) =>
  hostWith(({ nftables }) =>
    nftables.push(
      { table: { family: 'inet', name: 'more' } },
      { chain: { ...at, name: 'in', type: 'filter', hook: 'input', prio: 0, policy: 'accept' } },
      { rule: { ...at, chain: 'in', expr } },
    ),
  );

const withChain = (family: string, hook: string, policy: string, ...expr: object[]) =>
  hostWith(({ nftables }) => {
    const chain = { family, table: 'more', name: 'c' };
    nftables.push(
      { table: { family, name: 'more' } },
      { chain: { ...chain, type: 'filter', hook, prio: 0, policy } },
      ...(expr.length > 0 ? [{ rule: { family, table: 'more', chain: 'c', expr } }] : []),
    );
  });

const withRoutingRule = (rule: object) =>
  hostWith(({ rules }) => rules.push({ family: 'inet', priority: 100, src: 'all', table: '33', ...rule }));

async function doubts(snapshot: NodeSnapshot, destination: IpAddress = GATEWAY): Promise<string[]> {
  const cluster = await loadSnapshots([snapshot]);
  return doubtsOf(probe(cluster.network.netns('pod-a1')!, { destination }), cluster);
}

const withLink = (name: string, part: 'info_data' | 'info_slave_data', settings: object) =>
  hostWith(({ links }) => {
    const { linkinfo } = links.find(({ ifname }) => ifname === name)!;
    Object.assign(linkinfo!, { [part]: { ...linkinfo![part], ...settings } });
  });

const LIMIT = { limit: { rate: 5, per: 'second' } };
const ICMP = { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'icmp' } };
const TCP = { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'tcp' } };
const SUPPRESSED = 'host-a: rule 100 is left out: suppress_prefixlen is not simulated';
const BRIDGED = 'host-a: chain c of table bridge more is left out: hook forward of bridge is not simulated';

it.each<[string, () => NodeSnapshot, string[]]>([
  ['nothing', sample, []],
  [
    'a rule that the packet meets',
    () => withRule(ICMP, LIMIT, { drop: null }),
    [
      'host-a: input: a rule that is not modelled is taken not to match: inet more in: meta l4proto icmp {"limit":{"rate":5,"per":"second"}} drop',
    ],
  ],
  ['a rule for other packets', () => withRule(TCP, LIMIT, { drop: null }), []],
  ['a rule that only tells', () => withRule(LIMIT, { log: { prefix: 'x' } }), []],
  ['a chain for frames', () => withChain('bridge', 'forward', 'accept', ICMP, { drop: null }), [BRIDGED]],
  ['a chain for frames that drops', () => withChain('bridge', 'forward', 'drop'), [BRIDGED]],
  ['a chain for frames without a rule', () => withChain('bridge', 'forward', 'accept'), []],
  ['a routing rule', () => withRoutingRule({ suppress_prefixlen: 0 }), [SUPPRESSED]],
  [
    'a routing rule for other destinations',
    () => withRoutingRule({ suppress_prefixlen: 0, dst: '10.9.0.0', dstlen: 16 }),
    [],
  ],
  ['a routing rule of the other family', () => withRoutingRule({ tos: '0x8', family: 'inet6' }), []],
  [
    'VLANs on its bridge',
    () => withLink('cni0', 'info_data', { vlan_filtering: 1 }),
    ['host-a: vlan_filtering of cni0 is not simulated: all its ports are taken to be in one VLAN'],
  ],
  [
    'a locked port',
    () => withLink('veth1ae14854', 'info_slave_data', { locked: true }),
    ['host-a: locked of veth1ae14854 is not simulated: only MACs that the FDB has may send'],
  ],
  [
    'a port that answers for neighbors',
    () => withLink('veth1ae14854', 'info_slave_data', { neigh_suppress: true }),
    [],
  ],
  [
    'tables that could not be read',
    () => hostWith((host) => Object.assign(host, { unknown: ['iptables-legacy'] })),
    ['host-a: its iptables-legacy could not be read'],
  ],
])('of a host with %s', async (_, snapshot, expected) => {
  expect(await doubts(snapshot())).toEqual(expected);
});

it('a route for some senders alone is one about packets to its destination', async () => {
  const route = { family: 'inet' as const, dst: '10.9.0.0/16', dev: 'cni0', tos: '0x10', flags: [] };
  const snapshot = hostWith(({ routes }) => routes.push(route));
  expect(await doubts(snapshot)).toEqual([]);
  expect(await doubts(snapshot, parseIpAddress('10.9.0.1')!)).toEqual([
    'host-a: route 10.9.0.0/16 is left out: tos is not simulated',
  ]);
});

it('what a place has that the packet does not come to is none', async () => {
  const snapshot = withRule(LIMIT, { drop: null });
  expect(await doubts(snapshot, parseIpAddress('10.244.1.2')!)).toEqual([]);
});
