/** What `ping` prints of the way of its packets. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SimCluster } from '../../src/index.js';

let cluster: SimCluster;
beforeEach(async () => {
  cluster = new SimCluster({ dataplane: 'kernel' });
  for (const host of [await cluster.join(), await cluster.join()]) await host.addPod();
});
afterEach(() => cluster.stop());

const ping = (options: string) => cluster.run('pod-a1', `ping ${options}`);

test('a reply, with the TTL that two routers have left', () => {
  expect(ping('-c 1 10.244.2.2')).toEqual([
    'PING 10.244.2.2 (10.244.2.2) 56(84) bytes of data.',
    '64 bytes from 10.244.2.2: icmp_seq=1 ttl=62 time=0.000 ms',
    '',
    '--- 10.244.2.2 ping statistics ---',
    '1 packets transmitted, 1 received, 0% packet loss, time 0ms',
    'rtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms',
  ]);
});

test('several, one of them lost', () => {
  cluster.cut('host-b');
  expect(ping('-c 2 10.244.2.2').at(-1)).toBe(
    '2 packets transmitted, 0 received, 100% packet loss, time 1000ms',
  );
});

test.each([
  ['host-a', 'ip route add prohibit 10.244.2.2/32', '-c 1', 'From 10.244.1.1 icmp_seq=1 Packet filtered'],
  [
    'host-a',
    'ip route add unreachable 10.244.2.2/32',
    '-c 1',
    'From 10.244.1.1 icmp_seq=1 Destination Host Unreachable',
  ],
  ['host-a', 'ip link show', '-c 1 -t 1', 'From 10.244.1.1 icmp_seq=1 Time to live exceeded'],
  ['pod-a1', 'ip link show', '-M do -s 1423', 'ping: local error: message too long, mtu=1450'],
  ['host-a', 'ip link show', '-M do -s 1422', '1430 bytes from 10.244.2.2: icmp_seq=1 ttl=62 time=0.000 ms'],
])('on %s %s: ping %s', (place, line, options, printed) => {
  cluster.run(place, line);
  expect(ping(`${options} 10.244.2.2`)[1]).toBe(printed);
});

test('without a route it does not even begin', () => {
  cluster.run('pod-a1', 'ip route del default');
  cluster.run('pod-a1', 'ip route del 10.244.0.0/16');
  expect(() => ping('10.244.2.2')).toThrow('ping: connect: Network is unreachable');
});
