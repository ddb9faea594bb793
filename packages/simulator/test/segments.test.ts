/** Hosts on two switches with a router between them. */
import { afterEach, describe, expect, test } from 'vitest';
import { diagnose, SimCluster, type SimClusterOptions } from '../src/index.js';

const BOTH = { Network: '10.244.0.0/16', EnableIPv6: true, IPv6Network: 'fd00:244::/48' };

let cluster: SimCluster | undefined;
afterEach(() => cluster?.stop());

/** host-a and host-c on one switch, host-b on the other. */
async function threeHosts(options: SimClusterOptions) {
  cluster = new SimCluster({ segments: 2, ...options });
  for (let i = 0; i < 3; i++) await (await cluster.join()).addPod();
  const [a, b, c] = cluster.pods;
  return { cluster, a: a!, b: b!, c: c! };
}

describe.each(['kernel', 'wasm'] as const)('on the %s dataplane', (dataplane) => {
  test.each([0, 1])('a tunnel crosses the router, in family %i of two', async (family) => {
    const { cluster, a, b } = await threeHosts({
      dataplane,
      config: { ...BOTH, Backend: { Type: 'vxlan' } },
    });
    const result = cluster.probe(a.name, { destination: b.addresses[family]! });
    expect(result.answered).toBe(true);
    expect(diagnose(result, cluster)).toEqual([]);
    const routers = result.hops.filter(({ event, netns }) => event === 'forward' && netns === 'underlay');
    expect(routers.map(({ leg, text }) => `${leg} ${text}`)).toEqual([
      'request from br0 to br1',
      'reply from br1 to br0',
    ]);
  });
});

test('direct routes lead to hosts on the same switch, tunnels to the others', async () => {
  const config = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan', DirectRouting: true } };
  const { cluster, a, b, c } = await threeHosts({ dataplane: 'kernel', config });
  const tunnels = (to: typeof b) => {
    const { answered, hops } = cluster.probe(a.name, { destination: to.addresses[0]! });
    expect(answered).toBe(true);
    return hops.filter(({ event }) => event === 'encapsulate').length;
  };
  expect([tunnels(b), tunnels(c)]).toEqual([2, 0]);
});

test('host-gw has no way to a host behind a router, and says so', async () => {
  const { cluster, a, b, c } = await threeHosts({
    config: { Network: '10.244.0.0/16', Backend: { Type: 'host-gw' } },
  });
  expect(cluster.probe(a.name, { destination: c.addresses[0]! }).answered).toBe(true);
  const result = cluster.probe(a.name, { destination: b.addresses[0]! });
  expect(result.answered).toBe(false);
  expect(diagnose(result, cluster)[0]).toMatchObject({ node: 'host-a', code: 'peer-route-missing' });
  const peers = cluster.host('host-a').state!.peers.map(({ subnets, status }) => [subnets[0], status]);
  expect(peers).toEqual([
    ['10.244.2.0/24', 'refused'],
    ['10.244.3.0/24', 'programmed'],
  ]);
});

test.each([
  [{ segments: 0 }, '1 to 23'],
  [{ segments: 24 }, '1 to 23'],
  [{ segments: 2, mostHosts: 1000 }, '1 to 1 for more than 240 hosts'],
])('%o is refused', (options, expected) => {
  expect(() => new SimCluster(options)).toThrow(expected);
});
