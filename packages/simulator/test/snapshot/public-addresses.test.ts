/** Hosts behind 1:1 NAT: their peers know them by addresses that no device of theirs has, as their agents say. */
import { parseIpAddress } from '@podlan/wire';
import { expect, it } from 'vitest';
import { diagnose, probe } from '../../dist/index.js';
import { loadSnapshots, type NodeSnapshot } from '../../dist/snapshot/index.js';
import { twoNodes, withWords } from './two-nodes.js';

const PUBLIC = '203.0.113.12';
const FLANNEL = { 'host-a': ['192.168.77.11', 'e2:e5:43:f9:32:0e'] } as const;

/** host-a sends to the public address of host-b, and drops all that is to leave by it. */
function nodesBehindNat(): [NodeSnapshot, NodeSnapshot] {
  const [a, b] = twoNodes().map((node) => withWords(node, [/"policy":"drop"/g, '"policy":"accept"']));
  const rows = structuredClone(a!.control!);
  Object.assign(a!, {
    control: {
      ...rows,
      tunnels: rows.tunnels.map((row) => ({ ...row, ...(row.dev === 'flannel.1' && { remote: PUBLIC }) })),
    },
  });
  Object.assign(b!.control!.interface!, { publicIps: [PUBLIC] });
  const name = { family: 'inet', table: 'wall' };
  const drop = { match: { op: '==', left: { payload: { protocol: 'udp', field: 'dport' } }, right: 8472 } };
  (a!.namespaces[0]!.nftables as object[]).push(
    { table: { family: 'inet', name: 'wall' } },
    { chain: { ...name, name: 'out', type: 'filter', hook: 'output', prio: 0, policy: 'accept' } },
    { rule: { ...name, chain: 'out', expr: [drop, { drop: null }] } },
  );
  return [a!, b!];
}

/** The same with the kernel's VXLAN device and its FDB on host-a. */
function onKernel([a, b]: readonly [NodeSnapshot, NodeSnapshot]): [NodeSnapshot, NodeSnapshot] {
  const [local, mac] = FLANNEL['host-a'];
  const [host] = a.namespaces;
  const link = host!.links.find(({ ifname }) => ifname === 'flannel.1')!;
  const info_data = { id: 1, local, port: 8472, learning: false };
  Object.assign(link, { linkinfo: { info_kind: 'vxlan', info_data } });
  (host!.fdb as object[]).push({
    mac,
    ifname: 'flannel.1',
    dst: PUBLIC,
    flags: ['self'],
    state: 'permanent',
  });
  (host!.neighbors as object[]).push({
    dst: '10.244.2.0',
    dev: 'flannel.1',
    lladdr: mac,
    state: ['PERMANENT'],
  });
  Object.assign(a, { control: { ...a.control, dataplane: 'kernel', forwarders: [], tunnels: [] } });
  return [a, b];
}

async function codesOf(nodes: readonly NodeSnapshot[]) {
  const cluster = await loadSnapshots(nodes);
  const pod = cluster.places.find(({ name }) => name === 'pod-b1')!;
  const result = probe(cluster.network.netns('pod-a1')!, { destination: pod.addresses[0]! });
  return diagnose(result, cluster).map(({ code }) => code);
}

it.each([
  ['a tunnel of the forwarder', nodesBehindNat],
  ['an FDB entry', () => onKernel(nodesBehindNat())],
])('%s that leads to the public address of a host is not stale', async (_, nodes) => {
  expect(await codesOf(nodes())).toEqual(['vxlan-port-blocked']);
});

it.each([
  ['tunnel-stale', nodesBehindNat],
  ['fdb-entry-stale', () => onKernel(nodesBehindNat())],
])('%s where nobody goes by that address', async (code, nodes) => {
  const [a, b] = nodes();
  Object.assign(b.control!.interface!, { publicIps: [parseIpAddress('203.0.113.99')] });
  expect(await codesOf([a, b])).toEqual([code]);
});

it('the mend of an entry that is not there leads to the public address', async () => {
  const [a, b] = onKernel(nodesBehindNat());
  Object.assign(a.namespaces[0]!, { fdb: a.namespaces[0]!.fdb.filter(({ dst }) => dst === undefined) });
  const cluster = await loadSnapshots([a, b]);
  const pod = cluster.places.find(({ name }) => name === 'pod-b1')!;
  const result = probe(cluster.network.netns('pod-a1')!, { destination: pod.addresses[0]! });
  const [finding] = diagnose(result, cluster);
  expect([finding?.code, finding?.mend[0]]).toEqual([
    'fdb-entry-missing',
    `bridge fdb replace ${FLANNEL['host-a'][1]} dev flannel.1 dst ${PUBLIC} self permanent`,
  ]);
});
