/** What is typed and what comes of it. */
import { expect, test } from 'vitest';
import { historyStep } from '../src/console/history';
import { packetOf, usualFields } from '../src/controls/packet-fields';
import { ClusterScene } from '../src/scene/cluster-scene';
import { viewOf } from '../src/scene/scene-view';
import { FIRST_STATE, PLAIN_CLUSTER } from '../src/state/first-state';
import type { PacketShape } from '../src/state/playground-state';
import { deletingCommand } from '../src/tables/deleting-command';

test('a packet goes from a pod to one of another host, unless told', async () => {
  const scene = await ClusterScene.open(FIRST_STATE);
  const fields = usualFields(viewOf(scene), undefined);
  expect(packetOf(fields)).toEqual({ from: 'pod-a1', to: 'pod-b1', protocol: 'icmp' });
  await scene.close();
});

test.each<PacketShape>([
  { from: 'pod-a1', to: '192.0.2.7', protocol: 'icmp', size: 1500, dontFragment: true },
  { from: 'pod-a1', to: 'host-b', protocol: 'tcp', port: 80 },
  { from: 'host-a', to: 'pod-b1', protocol: 'udp', port: 53, family: 6 },
])('the form of the last packet gives it again: %j', async (packet) => {
  const scene = await ClusterScene.open(FIRST_STATE);
  expect(packetOf(usualFields(viewOf(scene), packet))).toEqual(packet);
  await scene.close();
});

const typed = [
  { at: 'host-a', line: 'ip route' },
  { at: 'host-b', line: 'ip neigh' },
  { at: 'host-a', line: 'bridge fdb' },
];

test.each([
  ['host-a', 0, 'ArrowUp', { back: 1, line: 'bridge fdb' }],
  ['host-a', 1, 'ArrowUp', { back: 2, line: 'ip route' }],
  ['host-a', 2, 'ArrowUp', { back: 2, line: 'ip route' }],
  ['host-a', 2, 'ArrowDown', { back: 1, line: 'bridge fdb' }],
  ['host-a', 1, 'ArrowDown', { back: 0, line: '' }],
  ['host-c', 0, 'ArrowUp', { back: 0, line: '' }],
  ['host-a', 0, 'Enter', undefined],
])('on %s, %i back, %s leads to %j', (place, back, key, wanted) => {
  expect(historyStep(typed, place, { back, key })).toEqual(wanted);
});

test.each([
  [
    'route',
    '10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
    'ip route del 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80',
  ],
  ['route', '2001:db8::/64 dev eth0 metric 1024', 'ip -6 route del 2001:db8::/64 dev eth0 metric 1024'],
  [
    'neighbor',
    '10.244.2.0 dev flannel.1 lladdr 02:00:00:00:00:01 permanent',
    'ip neigh del 10.244.2.0 dev flannel.1',
  ],
  [
    'fdb',
    '02:00:00:00:00:01 dev flannel.1 dst 192.168.77.12 self permanent',
    'bridge fdb del 02:00:00:00:00:01 dev flannel.1 dst 192.168.77.12',
  ],
  ['fdb', '02:00:00:00:00:01 dev veth1 master cni0', 'bridge fdb del 02:00:00:00:00:01 dev veth1 master'],
  ['sysctl', 'net.ipv4.ip_forward = 1', undefined],
] as const)('a %s "%s" goes by %s', (table, text, command) => {
  expect(deletingCommand({ table, text })).toBe(command);
});

test('the command that deletes a row deletes it', async () => {
  const cluster = { ...PLAIN_CLUSTER, dataplane: 'kernel', family: 'dual' } as const;
  const scene = await ClusterScene.open({ ...FIRST_STATE, cluster });
  await scene.act({ do: 'kill-agent', host: 'host-a' });
  scene.send({ from: 'pod-a1', to: 'pod-b1', protocol: 'icmp' });
  const rowsNow = () => viewOf(scene).find(({ name }) => name === 'host-a')!.rows;
  const deletable = rowsNow().filter((row) => deletingCommand(row) !== undefined);
  expect(new Set(deletable.map(({ table }) => table))).toEqual(new Set(['route', 'neighbor', 'fdb']));
  const left = [];
  for (const row of deletable) {
    if (!rowsNow().some(({ key }) => key === row.key)) continue;
    const action = { do: 'run', at: 'host-a', line: deletingCommand(row)! } as const;
    await scene.act(action).catch((error) => left.push(`${error}`));
    if (rowsNow().some(({ key }) => key === row.key)) left.push(row.text);
  }
  expect(left).toEqual([]);
  await scene.close();
});
