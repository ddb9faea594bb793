/** The rows of a namespace, and which of them decided a hop. */
import { parseIpAddress } from '@podlan/wire';
import { afterEach, expect, test } from 'vitest';
import { decidingRow, type Hop, SimCluster, type SimClusterOptions, tablesOf } from '../src/index.js';

let cluster: SimCluster;
afterEach(() => cluster?.stop());

const rowsOf = (name: string) => tablesOf(cluster.network.netns(name)!);
const keysOf = (name: string) => new Set(rowsOf(name).map(({ key }) => key));
/** Rows of the local table are the addresses once more, and conntrack's are no rows. */
const isLocal = ({ row }: Hop) => row?.table === 'route' && /^(local|broadcast) /.test(row.text);

async function clusterOf(options: SimClusterOptions): Promise<void> {
  cluster = new SimCluster({ ipMasq: true, ...options });
  for (let i = 0; i < 2; i++) await (await cluster.join()).addPod();
}

test.each<SimClusterOptions & { name: string }>([
  { name: 'vxlan by the kernel', dataplane: 'kernel' },
  { name: 'vxlan by wasm', dataplane: 'wasm' },
  { name: 'host-gw', config: { Network: '10.244.0.0/16', Backend: { Type: 'host-gw' } } },
  { name: 'udp', config: { Network: '10.244.0.0/16', Backend: { Type: 'udp' } } },
])('on $name every row that decided a hop is in the tables of its place', async (options) => {
  await clusterOf(options);
  const [destination] = cluster.pods[1]!.addresses;
  const { hops, answered } = cluster.probe('pod-a1', { destination: destination! });
  expect(answered).toBe(true);
  const decided = hops.filter((hop) => hop.row !== undefined && !isLocal(hop));
  expect(decided.length).toBeGreaterThan(10);
  for (const hop of decided.filter(({ netns }) => netns !== 'underlay'))
    expect([...keysOf(hop.netns)], hop.row!.text).toContain(decidingRow(hop));
});

test('a row that is missing has a key that no row has', async () => {
  await clusterOf({ dataplane: 'kernel' });
  const { hops } = cluster.probe('host-a', { destination: parseIpAddress('192.168.77.99')! });
  const failed = hops.find(({ reason }) => reason === 'neighbor-unresolved')!;
  expect(decidingRow(failed)).toBe('neighbor 192.168.77.99 eth0');
});

test('a neighbor entry keeps its key as its state changes', async () => {
  await clusterOf({ dataplane: 'kernel' });
  const [destination] = cluster.pods[1]!.addresses;
  cluster.probe('pod-a1', { destination: destination! });
  const entry = () => rowsOf('pod-a1').find(({ table }) => table === 'neighbor')!;
  const before = entry();
  await cluster.clock.advance(60_000);
  expect(entry().text).not.toBe(before.text);
  expect(entry().key).toBe(before.key);
});

test('a chain that drops shows its policy, and a rule in nft’s words', async () => {
  await clusterOf({ dataplane: 'kernel' });
  const { netns } = cluster.host('host-a');
  const forward = { family: 'inet', table: 'wall', name: 'forward' };
  const drops = { ...forward, type: 'filter', hook: 'forward', prio: 0, policy: 'drop' };
  netns.netfilter.load({ nftables: [{ table: { family: 'inet', name: 'wall' } }, { chain: drops }] });
  expect(rowsOf('host-a').filter(({ table }) => table === 'nftables')).toEqual([
    {
      table: 'nftables',
      text: 'inet wall forward: policy drop',
      key: 'nftables inet wall forward: policy drop',
    },
  ]);
  const [destination] = cluster.pods[1]!.addresses;
  const { lost } = cluster.probe('pod-a1', { destination: destination! });
  expect(keysOf('host-a')).toContain(decidingRow(lost!));
});

test('rows stand as ip, bridge, nft and sysctl show them', async () => {
  await clusterOf({ dataplane: 'kernel' });
  const rows = rowsOf('host-a').map(({ table, text }) => `${table}: ${text}`);
  expect(rows).toEqual(
    expect.arrayContaining([
      'rule: 32766: from all lookup 254',
      'route: 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
      'nftables: inet podlan forward: ip saddr 10.244.0.0/16 accept',
      'sysctl: net.ipv4.ip_forward = 1',
    ]),
  );
});
