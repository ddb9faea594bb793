/** What the Kubernetes store tells of other nodes. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Bench, flannelAnnotations, prefixed } from './kubernetes/bench.js';
import { eventually } from './kubernetes/follower.js';

const DUAL = {
  ...{ Network: '10.244.0.0/16', EnableIPv6: true, IPv6Network: 'fd00:244::/48' },
  Backend: { Type: 'vxlan' },
};

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.start();
});
afterEach(() => bench.stop());

describe('a watch', () => {
  test('begins with every node that flannel or podlan runs on, and no other', async () => {
    bench.addPeer(2);
    bench.addPeer(3);
    bench.annotate('peer-3', { 'kube-subnet-manager': null });
    const { texts } = await bench.follow();
    expect(texts).toEqual(['snapshot of 1']);
  });

  test('tells of nodes that come, change and go', async () => {
    const follower = await bench.follow();
    bench.addPeer(2);
    bench.annotate('peer-2', { 'public-ip': '192.168.77.99' });
    bench.server.objects.remove('peer-2');
    await eventually(() => follower.events.length === 4);
    expect(follower.texts.slice(1)).toEqual([
      'put 10.244.2.0-24 192.168.77.12',
      'put 10.244.2.0-24 192.168.77.99',
      'delete 10.244.2.0-24 192.168.77.99',
    ]);
  });

  test.each([
    ['public-ip', '192.168.77.99'],
    ['public-ipv6', 'fd00:77::99'],
    ['backend-data', '{"VNI":1,"VtepMAC":"02:00:00:00:99:99"}'],
    ['backend-v6-data', '{"VNI":1,"VtepMAC":"02:00:00:00:99:99"}'],
    ['backend-type', 'host-gw'],
  ])('of two families tells of a change of %s alone', async (key, value) => {
    bench.addPeer(2);
    const follower = await bench.follow({ config: DUAL });
    bench.annotate('peer-2', { [key]: value });
    await eventually(() => follower.events.length === 2);
    const [, event] = follower.events;
    expect(event).toMatchObject({ type: 'put', lease: { subnets: ['10.244.2.0/24', 'fd00:244:0:2::/64'] } });
    expect(JSON.stringify(event)).toContain(value.startsWith('{') ? '02:00:00:00:99:99' : value);
  });

  test('tells of a change of pod CIDR alone', async () => {
    bench.addPeer(2);
    const follower = await bench.follow();
    bench.server.objects.patch('peer-2', { spec: { podCIDR: '10.244.9.0/24', podCIDRs: ['10.244.9.0/24'] } });
    await eventually(() => follower.events.length === 3);
    expect(follower.texts.slice(1)).toEqual([
      'delete 10.244.2.0-24 192.168.77.12',
      'put 10.244.9.0-24 192.168.77.12',
    ]);
  });

  test('takes the lease of a node away that is no longer managed', async () => {
    bench.addPeer(2);
    const follower = await bench.follow();
    bench.annotate('peer-2', { 'kube-subnet-manager': null });
    await eventually(() => follower.events.length === 2);
    expect(follower.texts[1]).toBe('delete 10.244.2.0-24 192.168.77.12');
  });

  test('says nothing of what is no part of a lease', async () => {
    bench.addPeer(2);
    const follower = await bench.follow();
    bench.server.objects.patch('peer-2', { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
    bench.annotate('peer-2', { example: 'other' });
    bench.addPeer(3);
    await eventually(() => follower.events.length === 2);
    expect(follower.texts[1]).toBe('put 10.244.3.0-24 192.168.77.13');
  });

  test('tells its own node of other pod CIDRs and overwrites by an empty batch', async () => {
    const store = await bench.open();
    const attributes = { backendType: 'vxlan', endpoints: [] };
    await store.acquire({ attributes, previous: [] });
    const follower = await bench.followed(store);
    bench.annotate('node-a', { 'public-ip-overwrite': '203.0.113.7' });
    await eventually(() => follower.empty === 1);
    await store.acquire({ attributes, previous: [] });
    bench.annotate('node-a', { example: 'other' });
    bench.server.objects.patch('node-a', { spec: { podCIDRs: ['10.244.8.0/24'] } });
    await eventually(() => follower.empty === 2);
    expect(follower.empty).toBe(2);
  });

  test('tells it of those that a new list brings', async () => {
    const store = await bench.open();
    await store.acquire({ attributes: { backendType: 'vxlan', endpoints: [] }, previous: [] });
    const follower = await bench.followed(store);
    bench.server.mute();
    bench.annotate('node-a', { 'public-ip-overwrite': '203.0.113.7' });
    bench.server.objects.compact();
    bench.server.endWatches();
    await eventually(() => follower.empty === 1);
    expect(follower).toMatchObject({ snapshots: 2, empty: 1 });
  });
});

describe('annotations that are no lease', () => {
  test.each([
    ['public-ip', 'garbage', 'expected an IPv4 public address, found "garbage"'],
    ['public-ip', 'fd00::1', 'expected an IPv4 public address, found "fd00::1"'],
    ['public-ip', null, 'expected a PublicIP'],
    ['backend-data', '{"VNI":', 'expected JSON as backend data, found "{\\"VNI\\":"'],
  ])(
    '(%s: %j) are ignored, told of and counted once, and the last good one stays',
    async (key, value, problem) => {
      bench.addPeer(2);
      const warnings: string[] = [];
      const store = await bench.open({ onWarning: (message) => warnings.push(message) });
      const follower = await bench.followed(store);
      bench.annotate('peer-2', { [key]: value });
      bench.annotate('peer-2', { example: 'other' });
      bench.addPeer(3);
      await eventually(() => follower.view.size === 2);
      expect(follower.view.get('10.244.2.0-24')?.attributes.endpoints[0]?.publicIp).toBe('192.168.77.12');
      expect(warnings).toEqual([expect.stringContaining('node peer-2: annotations ignored: ')]);
      expect(warnings[0]).toContain(problem);
      expect(store.entriesIgnored).toBe(1);
      bench.annotate('peer-2', { 'public-ip': '192.168.77.99', 'backend-data': '{"VNI":1}' });
      await eventually(() => follower.texts.at(-1) === 'put 10.244.2.0-24 192.168.77.99');
    },
  );

  test('keep the last good one over a new list, and lose it with the node or its subnet', async () => {
    bench.addPeer(2);
    bench.addPeer(3);
    const follower = await bench.follow();
    bench.annotate('peer-2', { 'public-ip': 'garbage' });
    bench.annotate('peer-3', { 'public-ip': 'garbage' });
    bench.addPeer(4);
    await eventually(() => follower.view.size === 3);
    bench.server.objects.compact();
    bench.server.mute();
    bench.annotate('peer-4', { 'public-ip': '192.168.77.99' });
    bench.server.objects.compact();
    bench.server.cut();
    await eventually(() => follower.snapshots === 2);
    expect([...follower.view.keys()]).toEqual(['10.244.2.0-24', '10.244.3.0-24', '10.244.4.0-24']);
    bench.server.objects.remove('peer-2');
    bench.server.objects.patch('peer-3', { spec: { podCIDRs: ['10.244.8.0/24'] } });
    await eventually(() => follower.view.size === 1);
    expect([...follower.view.keys()]).toEqual(['10.244.4.0-24']);
  });

  test('never made a lease have none', async () => {
    bench.server.objects.add({
      name: 'peer-2',
      podCIDRs: ['10.244.2.0/24'],
      annotations: prefixed({ 'kube-subnet-manager': 'true' }),
    });
    bench.server.objects.add({ name: 'peer-3', annotations: flannelAnnotations(3) });
    bench.server.objects.add({ name: 'peer-4', podCIDRs: ['0.0.0.0/0'], annotations: flannelAnnotations(4) });
    bench.server.objects.add({ name: 'peer-5', podCIDRs: ['many'], annotations: flannelAnnotations(5) });
    bench.addPeer(6);
    expect((await bench.follow()).texts).toEqual(['snapshot of 1']);
  });

  test('of two nodes with one pod CIDR, the first has it until it goes', async () => {
    bench.addPeer(2);
    const warnings: string[] = [];
    const follower = await bench.follow({ onWarning: (message) => warnings.push(message) });
    bench.server.objects.add({
      name: 'twin',
      podCIDRs: ['10.244.2.0/24'],
      annotations: flannelAnnotations(5),
    });
    bench.annotate('twin', { 'public-ip': '192.168.77.55' });
    bench.server.objects.remove('peer-2');
    await eventually(() => follower.events.length === 2);
    expect(follower.texts[1]).toBe('put 10.244.2.0-24 192.168.77.55');
    expect(warnings).toEqual([expect.stringContaining('that of node peer-2, too')]);
  });
});
