import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
import { expect, it } from 'vitest';
import { diagnose, SimCluster } from '../../src/index.js';

async function pair(network: object) {
  const cluster = new SimCluster({ config: { ...network, Backend: { Type: 'vxlan' } }, dataplane: 'kernel' });
  for (const host of [await cluster.join(), await cluster.join()]) await host.addPod();
  return cluster;
}

const IPV4 = { Network: '10.244.0.0/16' };
const DUAL = { ...IPV4, EnableIPv6: true, IPv6Network: 'fd00:244::/48' };

it.each(['127.0.0.1', '::1'])('%s is of every pod, and of none twice', async (address) => {
  const cluster = await pair(DUAL);
  const result = cluster.probe('pod-a1', { destination: parseIpAddress(address)! });
  expect([result.answered, diagnose(result, cluster)]).toEqual([true, []]);
  await cluster.stop();
});

it('a pod without a default route is to have one of the family that is asked for', async () => {
  const cluster = await pair(DUAL);
  const pod = cluster.network.netns('pod-a1')!;
  for (const prefix of ['0.0.0.0/0', '::/0']) pod.fib.delete(parseIpPrefix(prefix)!, () => true);
  const mendOf = (destination: string) => {
    const result = cluster.probe('pod-a1', { destination: parseIpAddress(destination)! });
    return diagnose(result, cluster)[0]!.mend;
  };
  expect(mendOf('203.0.113.1')).toEqual(['ip route add default via 10.244.1.1 (in pod-a1)']);
  expect(mendOf('2001:db8::1')[0]).toMatch(/^ip (-6 )?route add default via fd00:244:0:1::1 \(in pod-a1\)$/);
  await cluster.stop();
});

it('a network of IPv4 alone has no gateway for IPv6 to offer', async () => {
  const cluster = await pair(IPV4);
  const result = cluster.probe('pod-a1', { destination: parseIpAddress('2001:db8::1')! });
  expect(diagnose(result, cluster)[0]!.mend.join()).not.toContain('via');
  await cluster.stop();
});
