/** What the Kubernetes store reads from its node, and writes to it. */
import { parseIpAddress } from '@podlan/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LeaseAttributes } from '../src/index.js';
import { type KubernetesStoreOptions, openKubernetesStore } from '../src/stores/kubernetes/kubernetes.js';
import { FakeClock } from '../src/testing.js';
import { FLANNEL, openNode } from './kubernetes/clients.js';
import { eventually } from './kubernetes/follower.js';
import type { JsonObject } from './kubernetes/objects.js';
import { KubernetesServer } from './kubernetes/server.js';

let server: KubernetesServer;
beforeEach(async () => {
  server = await new KubernetesServer().start();
});
afterEach(() => server.stop());

const V4 = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
const DUAL = { ...V4, EnableIPv6: true, IPv6Network: 'fd00:244::/48' };
const V6 = { ...DUAL, EnableIPv4: false };
const MAC = 'e2:05:a7:ab:38:2b';

const endpoint = (address: string, data?: unknown) => ({ publicIp: parseIpAddress(address)!, data });
const vxlan = (...addresses: string[]): LeaseAttributes => ({
  backendType: 'vxlan',
  endpoints: addresses.map((address) => endpoint(address, { VNI: 1, VtepMAC: MAC })),
});
const ONE = vxlan('192.168.77.11');
const BOTH = vxlan('192.168.77.11', 'fd00:77::11');

function addNode(podCIDRs: string[], annotations: Record<string, string> = {}): void {
  const prefixed = Object.entries(annotations).map(([key, value]) => [`${FLANNEL}/${key}`, value]);
  server.objects.add({ name: 'node-a', podCIDRs, annotations: Object.fromEntries(prefixed) });
}

const open = (options: Partial<KubernetesStoreOptions> = {}) => openNode(server, 'node-a', options);
const metadata = () => server.objects.get('node-a')!.metadata as JsonObject;
const annotations = () => metadata().annotations as JsonObject;
const conditions = () => (server.objects.get('node-a')!.status as JsonObject).conditions as JsonObject[];
const patches = () => server.asked.filter(({ verb }) => verb === 'patch').length;

async function acquire(attributes: LeaseAttributes, options: Partial<KubernetesStoreOptions> = {}) {
  const store = await open(options);
  return store.acquire({ attributes, previous: [] });
}

describe('a lease in annotations', () => {
  test("is flannel's, for vxlan", async () => {
    addNode(['10.244.1.0/24']);
    expect(await acquire(ONE)).toEqual({ subnets: ['10.244.1.0/24'], attributes: ONE });
    expect(annotations()).toEqual({
      'flannel.alpha.coreos.com/backend-type': 'vxlan',
      'flannel.alpha.coreos.com/backend-data': `{"VNI":1,"VtepMAC":"${MAC}"}`,
      'flannel.alpha.coreos.com/public-ip': '192.168.77.11',
      'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
    });
  });

  test("is flannel's, for two families", async () => {
    addNode(['10.244.1.0/24', 'fd00:244:0:1::/64']);
    const { subnets } = await acquire(BOTH, { config: DUAL });
    expect(subnets).toEqual(['10.244.1.0/24', 'fd00:244:0:1::/64']);
    expect(annotations()).toEqual({
      'flannel.alpha.coreos.com/backend-type': 'vxlan',
      'flannel.alpha.coreos.com/backend-data': `{"VNI":1,"VtepMAC":"${MAC}"}`,
      'flannel.alpha.coreos.com/backend-v6-data': `{"VNI":1,"VtepMAC":"${MAC}"}`,
      'flannel.alpha.coreos.com/public-ip': '192.168.77.11',
      'flannel.alpha.coreos.com/public-ipv6': 'fd00:77::11',
      'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
    });
  });

  test.each([
    ['host-gw', 'host-gw'],
    ['udp', ''],
  ])("is flannel's, for %s, which has no data", async (_, backendType) => {
    addNode(['10.244.1.0/24']);
    await acquire({ backendType, endpoints: [endpoint('192.168.77.11')] });
    expect(annotations()).toEqual({
      'flannel.alpha.coreos.com/backend-type': backendType,
      'flannel.alpha.coreos.com/backend-data': 'null',
      'flannel.alpha.coreos.com/public-ip': '192.168.77.11',
      'flannel.alpha.coreos.com/kube-subnet-manager': 'true',
    });
  });

  test('is written in one patch of nodes/status, and only where something differs', async () => {
    addNode(['10.244.1.0/24']);
    await acquire(ONE);
    const before = metadata().resourceVersion;
    await acquire(ONE);
    expect(server.asked.filter(({ verb }) => verb === 'patch')).toMatchObject([{ resource: 'nodes/status' }]);
    expect(metadata().resourceVersion).toBe(before);
    await acquire(vxlan('192.168.77.12'));
    expect(patches()).toBe(2);
  });

  test('leaves what people and others wrote', async () => {
    addNode(['10.244.1.0/24'], { 'public-ip-overwrite': '203.0.113.7' });
    server.objects.annotate('node-a', { 'example.com/mine': 'kept' });
    const { attributes } = await acquire(ONE);
    expect(attributes).toEqual(vxlan('203.0.113.7'));
    expect(annotations()).toMatchObject({
      'example.com/mine': 'kept',
      'flannel.alpha.coreos.com/public-ip-overwrite': '203.0.113.7',
      'flannel.alpha.coreos.com/public-ip': '203.0.113.7',
    });
    expect(conditions()).toContainEqual({ type: 'Ready', status: 'True', reason: 'KubeletReady' });
  });

  test('is renewed under an overwritten address, too', async () => {
    addNode(['10.244.1.0/24', 'fd00:244:0:1::/64'], { 'public-ipv6-overwrite': '2001:db8::7' });
    const store = await open({ config: DUAL });
    const lease = await store.acquire({ attributes: BOTH, previous: [] });
    const attributes = vxlan('192.168.77.12', 'fd00:77::12');
    const renewed = await store.renew({ ...lease, attributes });
    expect(renewed.attributes).toEqual(vxlan('192.168.77.12', '2001:db8::7'));
    expect(annotations()).toMatchObject({
      [`${FLANNEL}/public-ip`]: '192.168.77.12',
      [`${FLANNEL}/public-ipv6`]: '2001:db8::7',
    });
  });

  test('ignores an overwrite that is no address of its family, and says so', async () => {
    addNode(['10.244.1.0/24'], { 'public-ip-overwrite': 'fd00::1' });
    const warnings: string[] = [];
    expect(await acquire(ONE, { onWarning: (message) => warnings.push(message) })).toMatchObject({
      attributes: ONE,
    });
    expect(warnings).toEqual([
      `lease store kubernetes: node node-a: annotation ${FLANNEL}/public-ip-overwrite: expected an IPv4 address, found "fd00::1"; correct or remove it`,
    ]);
  });

  test('takes a family back that the network no longer has', async () => {
    addNode(['10.244.1.0/24', 'fd00:244:0:1::/64']);
    await acquire(BOTH, { config: DUAL });
    await acquire(ONE);
    expect(Object.keys(annotations()).filter((key) => key.includes('v6'))).toEqual([]);
  });

  test.each([
    ['example.com', 'example.com/public-ip'],
    ['example.com/net', 'example.com/net-public-ip'],
    ['example.com/net-', 'example.com/net-public-ip'],
  ])('has the prefix %s as flannel completes it', async (annotationPrefix, key) => {
    addNode(['10.244.1.0/24']);
    await acquire(ONE, { annotationPrefix });
    expect(annotations()[key]).toBe('192.168.77.11');
  });

  test.each(['', 'nodots', 'Example.com', 'example.com/a/b'])(
    'refuses the prefix %j',
    async (annotationPrefix) => {
      await expect(open({ annotationPrefix })).rejects.toMatchObject({ code: 'bad-config' });
    },
  );
});

describe('the condition NetworkUnavailable', () => {
  const unavailable = () => conditions().find(({ type }) => type === 'NetworkUnavailable');

  test("is set to False in flannel's words", async () => {
    addNode(['10.244.1.0/24']);
    await acquire(ONE);
    expect(unavailable()).toEqual({
      type: 'NetworkUnavailable',
      status: 'False',
      reason: 'FlannelIsUp',
      message: 'Flannel is running on this node',
      lastHeartbeatTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      lastTransitionTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test("takes the place of a cloud's", async () => {
    addNode(['10.244.1.0/24']);
    const noRoute = { type: 'NetworkUnavailable', status: 'True', reason: 'NoRouteCreated' };
    server.objects.patch('node-a', { status: { conditions: [noRoute] } });
    await acquire(ONE);
    expect(conditions().map(({ type, status }) => [type, status])).toEqual([
      ['Ready', 'True'],
      ['NetworkUnavailable', 'False'],
    ]);
  });

  test('is left alone where that is wanted', async () => {
    addNode(['10.244.1.0/24']);
    const store = await open({ setNodeNetworkUnavailable: false });
    await store.release(await store.acquire({ attributes: ONE, previous: [] }));
    expect(unavailable()).toBeUndefined();
  });

  test('is left as flanneld set it where that is wanted', async () => {
    addNode(['10.244.1.0/24']);
    const isUp = { type: 'NetworkUnavailable', status: 'False', reason: 'FlannelIsUp' };
    server.objects.patch('node-a', { status: { conditions: [isUp] } });
    const store = await open({ setNodeNetworkUnavailable: false });
    await store.release(await store.acquire({ attributes: ONE, previous: [] }));
    expect(unavailable()).toEqual(isUp);
  });
});

describe('a lease that is given back', () => {
  test('takes its annotations along, and says that the node has no network', async () => {
    const people = { 'public-ip-overwrite': '203.0.113.7', 'node-public-ip': '192.168.77.11' };
    addNode(['10.244.1.0/24'], people);
    const store = await open();
    const lease = await store.acquire({ attributes: ONE, previous: [] });
    await store.release(lease);
    expect(Object.keys(annotations())).toEqual(Object.keys(people).map((key) => `${FLANNEL}/${key}`));
    expect(conditions()).toContainEqual(
      expect.objectContaining({ type: 'NetworkUnavailable', status: 'True', reason: 'FlannelIsDown' }),
    );
    await expect(store.renew(lease)).rejects.toMatchObject({ code: 'lease-lost' });
  });

  test("leaves another network's condition", async () => {
    addNode(['10.244.1.0/24']);
    const store = await open();
    const lease = await store.acquire({ attributes: ONE, previous: [] });
    const theirs = { type: 'NetworkUnavailable', status: 'False', reason: 'OtherIsUp' };
    server.objects.patch('node-a', { status: { conditions: [theirs] } });
    await store.release(lease);
    expect(conditions().at(-1)).toMatchObject(theirs);
  });

  test('is gone with its node', async () => {
    addNode(['10.244.1.0/24']);
    const store = await open();
    const lease = await store.acquire({ attributes: ONE, previous: [] });
    server.objects.remove('node-a');
    await store.release(lease);
    await expect(store.renew(lease)).rejects.toMatchObject({ code: 'lease-lost' });
  });
});

describe('the subnets of a node', () => {
  test('are the first pod CIDR of each family that the network has', async () => {
    addNode(['fd00:244:0:1::/64', '10.244.1.0/24', '10.244.2.0/24']);
    expect((await acquire(BOTH, { config: DUAL })).subnets).toEqual(['10.244.1.0/24', 'fd00:244:0:1::/64']);
    expect((await acquire(ONE)).subnets).toEqual(['10.244.1.0/24']);
    expect((await acquire(vxlan('fd00:77::11'), { config: V6 })).subnets).toEqual(['fd00:244:0:1::/64']);
  });

  test('are podCIDR where there is no list', async () => {
    addNode([]);
    server.objects.patch('node-a', { spec: { podCIDR: '10.244.7.0/24' } });
    expect((await acquire(ONE)).subnets).toEqual(['10.244.7.0/24']);
  });

  test.each([
    ['none', [], V4, '--allocate-node-cidrs=true --cluster-cidr=10.244.0.0/16'],
    ['one of two families', ['10.244.1.0/24'], DUAL, '--cluster-cidr=10.244.0.0/16,fd00:244::/48'],
  ])(
    'are waited for where it has %s, and it is said what assigns them',
    async (_, podCIDRs, config, advice) => {
      addNode(podCIDRs);
      const refused = await acquire(BOTH, { config }).catch((error) => error);
      expect(refused).toMatchObject({ code: 'unavailable' });
      expect(refused.message).toContain('node node-a: pod cidr not assigned: expected an IPv');
      expect(refused.message).toContain(advice);
      expect(patches()).toBe(0);
    },
  );

  test('have to lie inside Network', async () => {
    addNode(['10.42.1.0/24']);
    await expect(acquire(ONE)).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining(
        'expected its pod CIDR inside Network 10.244.0.0/16, found 10.42.1.0/24',
      ),
    });
  });
});

describe('which node it is', () => {
  const byPod = { environment: { POD_NAME: 'podlan-x7', POD_NAMESPACE: 'kube-system' } };

  test("is known by its pod's node, where NODE_NAME is not given", async () => {
    addNode(['10.244.1.0/24']);
    server.pods.set('kube-system/podlan-x7', 'node-a');
    expect((await acquire(ONE, byPod)).subnets).toEqual(['10.244.1.0/24']);
  });

  test('is waited for while the pod has no node', async () => {
    addNode(['10.244.1.0/24']);
    server.pods.set('kube-system/podlan-x7', '');
    const store = await open(byPod);
    const request = { attributes: ONE, previous: [] };
    await expect(store.acquire(request)).rejects.toMatchObject({ code: 'unavailable' });
    server.pods.set('kube-system/podlan-x7', 'node-a');
    expect((await store.acquire(request)).subnets).toEqual(['10.244.1.0/24']);
  });

  test('has to be said', async () => {
    await expect(open({ environment: { POD_NAME: 'podlan-x7' } })).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('NODE_NAME'),
    });
  });

  test('is waited for while it is not registered', async () => {
    await expect(acquire(ONE)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('expected node node-a, found no such node'),
    });
  });

  test('may come with the addresses to use', async () => {
    addNode([], { 'node-public-ip': '192.168.77.11', 'node-public-ipv6': 'fd00:77::11' });
    const publicIps = async (config: object) => {
      const store = await open({ config });
      await store.open();
      return store.nodePublicIps;
    };
    expect(await publicIps(DUAL)).toEqual(['192.168.77.11', 'fd00:77::11']);
    expect(await publicIps(V4)).toEqual(['192.168.77.11']);
    server.objects.annotate('node-a', { [`${FLANNEL}/node-public-ip`]: 'eth0' });
    await expect(publicIps(V4)).rejects.toMatchObject({ code: 'bad-config' });
  });
});

describe('a store that is opened', () => {
  const opened = (options: Partial<KubernetesStoreOptions>) =>
    openKubernetesStore({ config: V4, apiUrl: server.url, environment: { NODE_NAME: 'node-a' }, ...options });

  test('waits for the API server and its node, and says so once', async () => {
    const clock = new FakeClock();
    const warnings: string[] = [];
    await server.stop();
    const opening = opened({ clock, onWarning: (message) => warnings.push(message) });
    const asTimeGoesBy = (check: () => boolean) =>
      eventually(async () => {
        await clock.advance(1000);
        return check();
      });
    await asTimeGoesBy(() => warnings.length === 1);
    await server.start();
    await asTimeGoesBy(() => warnings.length === 2);
    addNode(['10.244.1.0/24']);
    let isOpen = false;
    opening.then(() => {
      isOpen = true;
    });
    await asTimeGoesBy(() => isOpen);
    await (await opening).close();
    expect(warnings).toEqual([
      expect.stringContaining("the API server can't be reached"),
      expect.stringContaining('expected node node-a, found no such node'),
    ]);
  });

  test('gives up when it is told to', async () => {
    const stop = new AbortController();
    const onWarning = () => stop.abort();
    await expect(opened({ signal: stop.signal, onWarning })).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a request that is refused', () => {
  test.each([
    [403, 'patch nodes/status', 'give the account the rights'],
    [403, 'get nodes', 'give the account the rights'],
  ])('by %i on %s says which right is missing', async (code, right, advice) => {
    addNode(['10.244.1.0/24']);
    server.denied.add(right);
    const refused = await acquire(ONE).catch((error) => error);
    expect(refused).toMatchObject({ code: 'unavailable' });
    expect(refused.message).toContain(
      `kubernetes: ${right.replace('nodes/status', 'nodes/status node-a').replace('get nodes', 'get node node-a')}`,
    );
    expect(refused.message).toContain(`${code} (cannot ${right}); ${advice}`);
  });

  test.each([401, 409, 429, 500, 503])('with %i may be tried again', async (code) => {
    addNode(['10.244.1.0/24']);
    const store = await open();
    server.failures.push(code);
    const request = { attributes: ONE, previous: [] };
    await expect(store.acquire(request)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(store.acquire(request)).resolves.toMatchObject({ attributes: ONE });
  });

  test('leaves the configuration to be checked first', async () => {
    const wrong = openKubernetesStore({ config: '{}', apiUrl: server.url, environment: { NODE_NAME: 'a' } });
    await expect(wrong).rejects.toMatchObject({ code: 'bad-config' });
  });
});
