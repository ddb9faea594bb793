/** A node whose leases are in Kubernetes: what its kernel holds as other nodes' annotations change, and its own. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../src/testing.js';
import { annotationOf, FLANNEL, openNode } from './kubernetes/clients.js';
import { eventually } from './kubernetes/follower.js';
import { KubernetesNode, type NodeSettings } from './kubernetes/node.js';
import { KubernetesServer } from './kubernetes/server.js';
import { type LinuxPlace, linuxPlace } from './places.js';

const V4 = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
const DUAL = { ...V4, EnableIPv6: true, IPv6Network: 'fd00:244::/48' };
const MAC = { 4: '02:00:00:00:04:02', 6: '02:00:00:00:06:02' };

let server: KubernetesServer;
let nodes: KubernetesNode[];
beforeEach(async () => {
  server = await new KubernetesServer().start();
  nodes = [];
});
afterEach(async () => {
  for (const node of nodes) await node.stop();
  await server.stop();
});

const prefixed = (annotations: Record<string, string | null>) =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${FLANNEL}/${key}`, value]));
const annotate = (name: string, annotations: Record<string, string | null>) =>
  server.objects.annotate(name, prefixed(annotations));
const own = (name: string) => annotationOf(server.objects.get('node-a')!, name);

function addNodes(): void {
  server.objects.add({ name: 'node-a', podCIDRs: ['10.244.1.0/24', 'fd00:244:0:1::/64'] });
  const annotations = prefixed({
    'backend-type': 'vxlan',
    'backend-data': `{"VNI":1,"VtepMAC":"${MAC[4]}"}`,
    'backend-v6-data': `{"VNI":1,"VtepMAC":"${MAC[6]}"}`,
    'public-ip': '192.168.1.2',
    'public-ipv6': 'fd00:77::2',
    'kube-subnet-manager': 'true',
  }) as Record<string, string>;
  server.objects.add({ name: 'peer', podCIDRs: ['10.244.2.0/24', 'fd00:244:0:2::/64'], annotations });
}

async function start(settings: Partial<NodeSettings> = {}): Promise<KubernetesNode> {
  const node = await KubernetesNode.start(server, { config: DUAL, ...settings });
  nodes.push(node);
  return node;
}

/** The peer's rows, as `ip` and `bridge` would be told them. */
const ipv4Rows = (address = '192.168.1.2', mac = MAC[4]) => [
  `neigh 10.244.2.0 lladdr ${mac} dev flannel.1 nud permanent`,
  `fdb ${mac} dev flannel.1 dst ${address} self permanent`,
  'route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
];
const ipv6Rows = (address = 'fd00:77::2', mac = MAC[6]) => [
  `neigh fd00:244:0:2:: lladdr ${mac} dev flannel-v6.1 nud permanent`,
  `fdb ${mac} dev flannel-v6.1 dst ${address} self permanent`,
  'route fd00:244:0:2::/64 via fd00:244:0:2:: dev flannel-v6.1 proto 80 onlink',
];

describe("row 10: on Linux, a dual-stack peer's annotations", () => {
  let place: LinuxPlace;
  let node: KubernetesNode;
  beforeEach(async () => {
    addNodes();
    place = await linuxPlace();
    node = await start({ kernel: place.kernel });
    await node.settled(...ipv4Rows(), ...ipv6Rows());
  });
  afterEach(async () => {
    await node.stop();
    await place.dispose();
  });

  test('are followed where those of one family change', async () => {
    annotate('peer', { 'public-ip': '192.168.1.3' });
    await node.settled(...ipv4Rows('192.168.1.3'), ...ipv6Rows());
    annotate('peer', { 'public-ipv6': 'fd00:77::3' });
    await node.settled(...ipv4Rows('192.168.1.3'), ...ipv6Rows('fd00:77::3'));
    const mac = '02:00:00:00:06:99';
    annotate('peer', { 'backend-v6-data': `{"VNI":1,"VtepMAC":"${mac}"}` });
    await node.settled(...ipv4Rows('192.168.1.3'), ...ipv6Rows('fd00:77::3', mac));
    annotate('peer', { 'backend-data': `{"VNI":1,"VtepMAC":"${mac}"}` });
    await node.settled(...ipv4Rows('192.168.1.3', mac), ...ipv6Rows('fd00:77::3', mac));
  });

  test.each([
    ['are no longer managed', () => annotate('peer', { 'kube-subnet-manager': null })],
    ["are another backend's", () => annotate('peer', { 'backend-type': 'host-gw' })],
    ['go with their node', () => server.objects.remove('peer')],
  ])('leave no rows when they %s', async (_, change) => {
    change();
    await node.settled();
  });

  test('leave the rows as they were while they are garbage', async () => {
    annotate('peer', { 'backend-data': 'garbage' });
    server.objects.add({
      name: 'other',
      podCIDRs: ['10.244.3.0/24'],
      annotations: prefixed({ 'kube-subnet-manager': 'true', 'public-ip': 'garbage' }) as Record<
        string,
        string
      >,
    });
    await eventually(() => node.store.entriesIgnored === 2);
    await node.settled(...ipv4Rows(), ...ipv6Rows());
    annotate('peer', { 'backend-data': `{"VNI":1,"VtepMAC":"${MAC[4]}"}`, 'public-ip': '192.168.1.4' });
    await node.settled(...ipv4Rows('192.168.1.4'), ...ipv6Rows());
  });
});

describe('a node', () => {
  const isReady = (node: KubernetesNode) => () => node.state.ready;

  test('waits for its pod CIDRs, says what is missing, and goes on when they are there', async () => {
    server.objects.add({ name: 'node-a' });
    // No time goes by: it is the watch that brings the news, not a later try.
    const node = await start({ clock: new FakeClock() });
    await eventually(() => node.state.store.error !== undefined && node.state.store.watching);
    expect(node.state.store.error).toContain('node-a: pod cidr not assigned');
    server.objects.patch('node-a', { spec: { podCIDRs: ['10.244.1.0/24', 'fd00:244:0:1::/64'] } });
    await eventually(isReady(node));
    expect(node.state).toMatchObject({ lease: { subnets: ['10.244.1.0/24', 'fd00:244:0:1::/64'] } });
    expect(node.state.store).toEqual({ watching: true, entriesIgnored: 0 });
    expect(node.log.filter((line) => line.includes('pod cidr not assigned'))).toHaveLength(1);
  });

  test.each([
    ['as it was', null, '192.168.1.1', '192.168.1.1'],
    ['on another address', null, '192.168.1.9', '192.168.1.9'],
    ['under an address that a person wrote', '203.0.113.7', '192.168.1.1', '203.0.113.7'],
  ])('that comes back %s keeps its VTEP MACs', async (_, overwrite, address, published) => {
    addNodes();
    annotate('node-a', { 'public-ip-overwrite': overwrite });
    const first = await start({ mac: '02:00:00:00:00:01' });
    await eventually(isReady(first));
    await first.stop();
    const publicIps = [address, address.replace('192.168.1.', 'fd00:77::')];
    const second = await start({ publicIps, mac: '02:00:00:00:00:02' });
    await eventually(isReady(second));
    const kept = '{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}';
    expect([own('public-ip'), own('backend-data'), own('backend-v6-data')]).toEqual([published, kept, kept]);
  });

  test('publishes an address that a person writes while it runs, and its own again', async () => {
    addNodes();
    const node = await start();
    await eventually(isReady(node));
    annotate('node-a', { 'public-ip-overwrite': '203.0.113.7' });
    await eventually(() => own('public-ip') === '203.0.113.7');
    annotate('node-a', { 'public-ip-overwrite': null });
    await eventually(() => own('public-ip') === '192.168.1.1');
    expect(node.state.store).toEqual({ watching: true, entriesIgnored: 0 });
  });

  test('writes its annotations again when somebody took them', async () => {
    addNodes();
    const node = await start();
    await eventually(isReady(node));
    annotate('node-a', { 'kube-subnet-manager': null });
    await eventually(() => own('kube-subnet-manager') === 'true');
    annotate('node-a', { 'backend-data': '{"VNI":1,"VtepMAC":"02:00:00:00:99:99"}' });
    await eventually(() => own('backend-data') === '{"VNI":1,"VtepMAC":"02:00:00:00:00:01"}');
  });

  test('that is registered anew takes its new subnet, and says so', async () => {
    addNodes();
    const node = await start();
    await eventually(isReady(node));
    server.objects.remove('node-a');
    server.objects.add({ name: 'node-a', podCIDRs: ['10.244.7.0/24', 'fd00:244:0:7::/64'] });
    await eventually(() => node.state.lease?.subnets[0] === '10.244.7.0/24');
    expect(node.state.notices).toEqual([expect.stringContaining('changed from 10.244.1.0/24')]);
    await eventually(() => own('kube-subnet-manager') === 'true');
  });

  test('that is registered anew with the subnet it had writes its annotations as soon as it is there', async () => {
    addNodes();
    // No time goes by: it is the watch that brings the news, not a later try.
    const node = await start({ clock: new FakeClock() });
    await eventually(isReady(node));
    server.objects.remove('node-a');
    await eventually(() => node.state.store.error !== undefined);
    server.objects.add({ name: 'node-a', podCIDRs: ['10.244.1.0/24', 'fd00:244:0:1::/64'] });
    await eventually(() => own('kube-subnet-manager') === 'true');
    expect(node.state.notices).toEqual([]);
  });

  test('keeps all rows while the API server is away, and hears then what it missed', async () => {
    addNodes();
    const node = await start();
    await node.settled(...ipv4Rows(), ...ipv6Rows());
    await server.stop();
    await eventually(() => !node.state.store.watching);
    await node.settled(...ipv4Rows(), ...ipv6Rows());
    annotate('peer', { 'public-ip': '192.168.1.3' });
    await server.start();
    await node.settled(...ipv4Rows('192.168.1.3'), ...ipv6Rows());
  });

  test('leaves its annotations when it stops, and takes them along when it is cleaned up', async () => {
    addNodes();
    annotate('node-a', { 'public-ip-overwrite': '203.0.113.7' });
    const node = await start();
    await eventually(isReady(node));
    await node.stop();
    expect(own('kube-subnet-manager')).toBe('true');
    const store = await openNode(server, 'node-a', { config: DUAL });
    const { released, failures, storeError } = await node.cleanup(store);
    await store.close();
    expect({ released: released?.subnets, failures, storeError }).toEqual({
      released: ['10.244.1.0/24', 'fd00:244:0:1::/64'],
      failures: [],
      storeError: undefined,
    });
    expect(own('kube-subnet-manager')).toBeUndefined();
  });

  test('outside Network does not start', async () => {
    server.objects.add({ name: 'node-a', podCIDRs: ['10.42.1.0/24', 'fd00:42::/64'] });
    const node = await start();
    await expect(node.running.finished).rejects.toMatchObject({ code: 'bad-config' });
  });
});
