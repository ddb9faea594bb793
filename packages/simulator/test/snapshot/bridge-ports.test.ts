/** Bridge ports and forwarding entries of a snapshot: what is restored of them, and what a diagnosis says of a shut port. */
import { parseIpAddress } from '@podlan/wire';
import { expect, it } from 'vitest';
import { diagnose, probe, tablesOf } from '../../dist/index.js';
import { loadSnapshots, type NamespaceSnapshot, type NodeSnapshot } from '../../dist/snapshot/index.js';
import { sample } from './sample.js';

const PORT = 'veth1ae14854';

function hostWith(change: (host: NamespaceSnapshot) => void): NodeSnapshot {
  const snapshot = structuredClone(sample());
  change(snapshot.namespaces[0]!);
  return snapshot;
}

const withPort = (settings: object, flags?: string[]) =>
  hostWith(({ links }) => {
    const link = links.find(({ ifname }) => ifname === PORT)!;
    Object.assign(link.linkinfo!.info_slave_data!, settings);
    if (flags !== undefined) Object.assign(link, { flags });
  });

async function traced(snapshot: NodeSnapshot, from: string, to: string) {
  const cluster = await loadSnapshots([snapshot]);
  const result = probe(cluster.network.netns(from)!, { destination: parseIpAddress(to)! });
  return { cluster, result, findings: diagnose(result, cluster) };
}

it.each([
  [{ state: 'blocking' }, `bridge link set dev ${PORT} state 3 (on host-a)`],
  [{ state: 'disabled' }, `bridge link set dev ${PORT} state 3 (on host-a)`],
  [{ bcast_flood: false }, `bridge link set dev ${PORT} bcast_flood on (on host-a)`],
])('a pod behind a port with %j is not reached, and the port is named', async (settings, mend) => {
  const { result, findings } = await traced(withPort(settings), 'host-a', '10.244.1.2');
  expect(result.answered).toBe('bcast_flood' in settings);
  const { result: known, findings: found } = await traced(withPort(settings), 'pod-a1', '10.244.1.1');
  expect(known.answered).toBe('bcast_flood' in settings);
  if ('bcast_flood' in settings) return;
  expect(findings.map(({ code, device, mend }) => [code, device, mend])).toEqual([
    ['bridge-port-state', PORT, [mend]],
  ]);
  expect(found[0]?.code).toBe('bridge-port-state');
});

it('a port that is down has no state of its own: up again, it forwards', async () => {
  const snapshot = withPort({ state: 'disabled' }, ['BROADCAST', 'MULTICAST']);
  const { cluster, result } = await traced(snapshot, 'host-a', '10.244.1.2');
  expect(result.answered).toBe(false);
  const { netns } = cluster.places[0]!;
  netns.setUp(netns.device(PORT)!, true);
  expect(probe(netns, { destination: parseIpAddress('10.244.1.2')! }).answered).toBe(true);
});

it('entries of a VXLAN device stand line by line, those of it as a port are its bridge’s', async () => {
  const [mac, all] = ['02:00:00:00:07:01', '00:00:00:00:00:00'];
  const snapshot = hostWith((host) => {
    const link = host.links.find(({ ifname }) => ifname === 'flannel.1')!;
    const info_data = { id: 1, local: '192.168.77.11', port: 8472, learning: false };
    Object.assign(link, { master: 'cni0', linkinfo: { info_kind: 'vxlan', info_data } });
    const of = { ifname: 'flannel.1', flags: [], state: 'permanent' };
    (host.fdb as object[]).push(
      { ...of, mac: all, dst: '192.168.77.12' },
      { ...of, mac: all, dst: '192.168.77.13', port: 4789, vni: 5, via: 'eth0' },
      { ...of, mac, master: 'cni0', state: 'static' },
    );
  });
  const { cluster } = await traced(snapshot, 'host-a', '10.244.1.2');
  const rows = tablesOf(cluster.places[0]!.netns).filter(({ table }) => table === 'fdb');
  expect(rows.map(({ text }) => text)).toEqual(
    expect.arrayContaining([
      `${all} dev flannel.1 dst 192.168.77.12 self permanent`,
      `${all} dev flannel.1 dst 192.168.77.13 port 4789 vni 5 via eth0 self permanent`,
      `${mac} dev flannel.1 master cni0 static`,
    ]),
  );
});
