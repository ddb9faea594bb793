/** What `ip` prints of a host of a simulated cluster. That the lab's `ip` prints the same routes, the demo's tests see to. */
import { parseInterfaceAddress, parseIpPrefix } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand, SimCluster, type SimHost } from '../../src/index.js';

const MAC = '[0-9a-f]{2}(:[0-9a-f]{2}){5}';

describe('of a host', () => {
  const cluster = new SimCluster({ dataplane: 'kernel' });
  let host: SimHost;
  const ip = (command: string) => runCommand(host.netns, command);

  beforeAll(async () => {
    host = await cluster.join();
    await cluster.join();
    await host.addPod();
  });
  afterAll(() => cluster.stop());

  test.each([
    [
      'lo',
      /^lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 state UNKNOWN$/,
      'loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
    ],
    [
      'eth0',
      /^eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 state UP$/,
      `ether ${MAC} brd ff:ff:ff:ff:ff:ff`,
    ],
    ['flannel.1', /mtu 1450 state UNKNOWN$/, `ether ${MAC} brd ff:ff:ff:ff:ff:ff`],
  ])('the link %s', (name, first, second) => {
    const lines = ip(`ip link show ${name}`);
    expect(lines[0]).toMatch(first);
    expect(lines[1]).toMatch(new RegExp(`^ {4}link/${second}$`));
    expect(lines).toHaveLength(2);
    expect(ip(`ip link show dev ${name}`)).toEqual(lines);
    expect(ip('ip link').join('\n')).toContain(lines.join('\n'));
  });

  test('a device that is down, and one whose other end is', () => {
    const [veth] = [...host.netns.devices].filter(({ name }) => name.startsWith('veth'));
    const pod = cluster.network.netns('pod-a1')!;
    pod.setUp(pod.device('eth0')!, false);
    expect(ip(`ip link show ${veth!.name}`)[0]).toContain(
      '<NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1450 master cni0 state DOWN',
    );
    expect(runCommand(pod, 'ip link show eth0')[0]).toContain('<BROADCAST,MULTICAST> mtu 1450 state DOWN');
  });

  test('routes in the order of their addresses, the longer prefix first', () => {
    host.netns.addAddress('eth0', parseInterfaceAddress('10.244.2.9/25')!);
    host.netns.fib.set({ prefix: parseIpPrefix('10.244.0.0/32')!, dev: 'eth0', type: 'unicast', metric: 7 });
    expect(ip('ip route')).toEqual([
      'default via 192.168.77.1 dev eth0',
      '10.244.0.0 dev eth0 scope link metric 7',
      '10.244.1.0/24 dev cni0 proto kernel scope link src 10.244.1.1 linkdown',
      '10.244.2.0/25 dev eth0 proto kernel scope link src 10.244.2.9',
      '10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
      '192.168.77.0/24 dev eth0 proto kernel scope link src 192.168.77.11',
    ]);
  });

  test('neighbors, with their device where none was asked for', () => {
    const [line] = ip('ip neigh show dev flannel.1');
    expect(line).toMatch(new RegExp(`^10\\.244\\.2\\.0 lladdr ${MAC} PERMANENT$`));
    expect(ip('ip neigh')).toContain(line!.replace(' lladdr', ' dev flannel.1 lladdr'));
  });

  test('a device that is not there', () => {
    expect(() => ip('ip route show dev eth9')).toThrow('Cannot find device "eth9"');
  });
});
