/** What the Kubernetes store tells of other nodes, whatever becomes of its connections. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesLeaseStore, KubernetesStoreOptions } from '../src/stores/kubernetes.js';
import { FakeClock } from '../src/testing.js';
import { FLANNEL, openNode } from './kubernetes/clients.js';
import { eventually, Follower } from './kubernetes/follower.js';
import { KubernetesServer } from './kubernetes/server.js';

const V4 = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
const DUAL = { ...V4, EnableIPv6: true, IPv6Network: 'fd00:244::/48' };

let server: KubernetesServer;
let stores: KubernetesLeaseStore[];
let followers: Follower[];
beforeEach(async () => {
  server = await new KubernetesServer().start();
  server.objects.add({ name: 'node-a', podCIDRs: ['10.244.1.0/24'] });
  stores = [];
  followers = [];
});
afterEach(async () => {
  for (const follower of followers) await follower.stop();
  for (const store of stores) await store.close();
  await server.stop();
});

async function open(options: Partial<KubernetesStoreOptions> = {}): Promise<KubernetesLeaseStore> {
  const store = await openNode(server, 'node-a', options);
  stores.push(store);
  return store;
}

async function follow(options: Partial<KubernetesStoreOptions> = {}): Promise<Follower> {
  const follower = await Follower.of(await open(options));
  followers.push(follower);
  return follower;
}

const prefixed = (annotations: Record<string, string | null>) =>
  Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${FLANNEL}/${key}`, value]));

/** As flanneld does on another node. */
const annotationsOf = (host: number) =>
  prefixed({
    'backend-type': 'vxlan',
    'backend-data': `{"VNI":1,"VtepMAC":"02:00:00:00:00:0${host}"}`,
    'backend-v6-data': `{"VNI":1,"VtepMAC":"02:00:00:00:06:0${host}"}`,
    'public-ip': `192.168.77.1${host}`,
    'public-ipv6': `fd00:77::1${host}`,
    'kube-subnet-manager': 'true',
  }) as Record<string, string>;

function addPeer(host: number): string {
  const name = `peer-${host}`;
  const podCIDRs = [`10.244.${host}.0/24`, `fd00:244:0:${host}::/64`];
  server.objects.add({ name, podCIDRs, annotations: annotationsOf(host) });
  return name;
}

const annotate = (name: string, annotations: Record<string, string | null>) =>
  server.objects.annotate(name, prefixed(annotations));
const lists = () => server.asked.filter(({ verb }) => verb === 'list').length;
const watches = () => server.asked.filter(({ verb }) => verb === 'watch');

describe('a watch', () => {
  test('begins with every node that flannel or podlan runs on, and no other', async () => {
    addPeer(2);
    addPeer(3);
    annotate('peer-3', { 'kube-subnet-manager': null });
    const { texts } = await follow();
    expect(texts).toEqual(['snapshot of 1']);
  });

  test('tells of nodes that come, change and go', async () => {
    const follower = await follow();
    addPeer(2);
    annotate('peer-2', { 'public-ip': '192.168.77.99' });
    server.objects.remove('peer-2');
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
    addPeer(2);
    const follower = await follow({ config: DUAL });
    annotate('peer-2', { [key]: value });
    await eventually(() => follower.events.length === 2);
    const [, event] = follower.events;
    expect(event).toMatchObject({ type: 'put', lease: { subnets: ['10.244.2.0/24', 'fd00:244:0:2::/64'] } });
    expect(JSON.stringify(event)).toContain(value.startsWith('{') ? '02:00:00:00:99:99' : value);
  });

  test('tells of a change of pod CIDR alone', async () => {
    addPeer(2);
    const follower = await follow();
    server.objects.patch('peer-2', { spec: { podCIDR: '10.244.9.0/24', podCIDRs: ['10.244.9.0/24'] } });
    await eventually(() => follower.events.length === 3);
    expect(follower.texts.slice(1)).toEqual([
      'delete 10.244.2.0-24 192.168.77.12',
      'put 10.244.9.0-24 192.168.77.12',
    ]);
  });

  test('takes the lease of a node away that is no longer managed', async () => {
    addPeer(2);
    const follower = await follow();
    annotate('peer-2', { 'kube-subnet-manager': null });
    await eventually(() => follower.events.length === 2);
    expect(follower.texts[1]).toBe('delete 10.244.2.0-24 192.168.77.12');
  });

  test('says nothing of what is no part of a lease', async () => {
    addPeer(2);
    const follower = await follow();
    server.objects.patch('peer-2', { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
    annotate('peer-2', { example: 'other' });
    addPeer(3);
    await eventually(() => follower.events.length === 2);
    expect(follower.texts[1]).toBe('put 10.244.3.0-24 192.168.77.13');
  });

  test('tells its own node of other pod CIDRs and overwrites by an empty batch', async () => {
    const store = await open();
    const attributes = { backendType: 'vxlan', endpoints: [] };
    await store.acquire({ attributes, previous: [] });
    const follower = await Follower.of(store);
    followers.push(follower);
    annotate('node-a', { 'public-ip-overwrite': '203.0.113.7' });
    await eventually(() => follower.empty === 1);
    await store.acquire({ attributes, previous: [] });
    annotate('node-a', { example: 'other' });
    server.objects.patch('node-a', { spec: { podCIDRs: ['10.244.8.0/24'] } });
    await eventually(() => follower.empty === 2);
    expect(follower.empty).toBe(2);
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
      addPeer(2);
      const warnings: string[] = [];
      const store = await open({ onWarning: (message) => warnings.push(message) });
      const follower = await Follower.of(store);
      followers.push(follower);
      annotate('peer-2', { [key]: value });
      annotate('peer-2', { example: 'other' });
      addPeer(3);
      await eventually(() => follower.view.size === 2);
      expect(follower.view.get('10.244.2.0-24')?.attributes.endpoints[0]?.publicIp).toBe('192.168.77.12');
      expect(warnings).toEqual([expect.stringContaining('node peer-2: annotations ignored: ')]);
      expect(warnings[0]).toContain(problem);
      expect(store.entriesIgnored).toBe(1);
      annotate('peer-2', { 'public-ip': '192.168.77.99', 'backend-data': '{"VNI":1}' });
      await eventually(() => follower.texts.at(-1) === 'put 10.244.2.0-24 192.168.77.99');
    },
  );

  test('keep the last good one over a new list, and lose it with the node or its subnet', async () => {
    addPeer(2);
    addPeer(3);
    const follower = await follow();
    annotate('peer-2', { 'public-ip': 'garbage' });
    annotate('peer-3', { 'public-ip': 'garbage' });
    addPeer(4);
    await eventually(() => follower.view.size === 3);
    server.objects.compact();
    server.mute();
    annotate('peer-4', { 'public-ip': '192.168.77.99' });
    server.objects.compact();
    server.cut();
    await eventually(() => follower.snapshots === 2);
    expect([...follower.view.keys()]).toEqual(['10.244.2.0-24', '10.244.3.0-24', '10.244.4.0-24']);
    server.objects.remove('peer-2');
    server.objects.patch('peer-3', { spec: { podCIDRs: ['10.244.8.0/24'] } });
    await eventually(() => follower.view.size === 1);
    expect([...follower.view.keys()]).toEqual(['10.244.4.0-24']);
  });

  test('never made a lease have none', async () => {
    server.objects.add({
      name: 'peer-2',
      podCIDRs: ['10.244.2.0/24'],
      annotations: prefixed({ 'kube-subnet-manager': 'true' }) as Record<string, string>,
    });
    server.objects.add({ name: 'peer-3', annotations: annotationsOf(3) });
    server.objects.add({ name: 'peer-4', podCIDRs: ['0.0.0.0/0'], annotations: annotationsOf(4) });
    server.objects.add({ name: 'peer-5', podCIDRs: ['many'], annotations: annotationsOf(5) });
    addPeer(6);
    expect((await follow()).texts).toEqual(['snapshot of 1']);
  });

  test('of two nodes with one pod CIDR, the first has it until it goes', async () => {
    addPeer(2);
    const warnings: string[] = [];
    const follower = await follow({ onWarning: (message) => warnings.push(message) });
    server.objects.add({ name: 'twin', podCIDRs: ['10.244.2.0/24'], annotations: annotationsOf(5) });
    annotate('twin', { 'public-ip': '192.168.77.55' });
    server.objects.remove('peer-2');
    await eventually(() => follower.events.length === 2);
    expect(follower.texts[1]).toBe('put 10.244.2.0-24 192.168.77.55');
    expect(warnings).toEqual([expect.stringContaining('that of node peer-2, too')]);
  });
});

describe('a connection', () => {
  test.each([
    ['ends as its time is up', () => server.endWatches()],
    ['is cut', () => server.cut()],
  ])('that %s is gone on with where it was', async (_, disturb) => {
    const follower = await follow();
    for (let round = 2; round < 6; round++) {
      server.mute();
      addPeer(round);
      disturb();
      await eventually(() => follower.view.size === round - 1);
    }
    expect(follower).toMatchObject({ losses: [], snapshots: 1 });
    expect(lists()).toBe(1);
    expect(watches()).toHaveLength(5);
    expect(Number(watches()[0]?.query.timeoutSeconds)).toBeGreaterThanOrEqual(300);
  });

  test('is gone on with from a bookmark', async () => {
    const follower = await follow();
    server.objects.patch('node-a', { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
    server.bookmark();
    server.objects.compact();
    server.endWatches();
    await eventually(() => watches().length === 2 && server.watches === 1);
    addPeer(2);
    await eventually(() => follower.view.size === 1);
    expect(watches()[1]?.query).toMatchObject({
      resourceVersion: String(server.objects.oldest),
      allowWatchBookmarks: 'true',
    });
    expect(follower.losses).toEqual([]);
  });

  test.each([
    ['by an event', false],
    ['by its status', true],
  ])(
    'whose version is gone, as it is told %s, is lost, and a new list made',
    async (_, refusesOldVersions) => {
      server.refusesOldVersions = refusesOldVersions;
      addPeer(2);
      const follower = await follow();
      server.mute();
      server.objects.remove('peer-2');
      addPeer(3);
      server.objects.compact();
      server.endWatches();
      await eventually(() => follower.snapshots === 2);
      expect(follower.losses).toMatchObject([
        { code: 'watch-lost', message: expect.stringContaining('410') },
      ]);
      expect([...follower.view.keys()]).toEqual(['10.244.3.0-24']);
      expect(lists()).toBe(2);
    },
  );

  test('that fell silent is given up for another', async () => {
    const clock = new FakeClock();
    const follower = await follow({ clock, silenceMs: 90_000 });
    server.mute();
    addPeer(2);
    await clock.advance(89_000);
    expect(server.watches).toBe(1);
    await clock.advance(1_000);
    await eventually(() => follower.view.size === 1);
    expect(lists()).toBe(1);
  });

  test('is not given up while bookmarks come', async () => {
    const clock = new FakeClock();
    const follower = await follow({ clock, silenceMs: 90_000 });
    for (let minute = 0; minute < 5; minute++) {
      await clock.advance(60_000);
      addPeer(minute + 2);
      await eventually(() => follower.view.size === minute + 1);
    }
    expect(watches()).toHaveLength(1);
  });

  test('that gets no answer is given up', async () => {
    const clock = new FakeClock();
    const store = await open({ clock, answerMs: 30_000 });
    server.isHanging = true;
    const lost = expect(store.watch(new AbortController().signal).next()).rejects.toMatchObject({
      code: 'watch-lost',
      message: expect.stringContaining('no answer within 30 s'),
    });
    await clock.advance(30_000);
    await lost;
  });

  test.each([
    ['what is no JSON', '{"type":"ADDED","obj\n'],
    ['an event without a version', '{"type":"ADDED","object":{"metadata":{"name":"peer-9"}}}\n'],
    ['an event of no known type', '{"type":"NEWS","object":{"metadata":{"resourceVersion":"9"}}}\n'],
    ['an error', '{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd is gone"}}\n'],
  ])('that says %s is lost, and a new list made', async (_, text) => {
    const follower = await follow();
    addPeer(2);
    server.say(text);
    await eventually(() => follower.snapshots === 2);
    expect(follower.losses).toHaveLength(1);
    expect([...follower.view.keys()]).toEqual(['10.244.2.0-24']);
    expect(lists()).toBe(2);
  });

  test('to a server that was away is gone on with where it was', async () => {
    addPeer(2);
    const follower = await follow();
    await server.stop();
    await eventually(() => follower.losses.length > 2);
    expect(follower.losses.at(-1)?.message).toContain("the API server can't be reached");
    expect([...follower.view.keys()]).toEqual(['10.244.2.0-24']);
    addPeer(3);
    await server.start();
    await eventually(() => follower.view.size === 2);
    expect(lists()).toBe(1);
  });

  test('is not asked for again at once where the server ends it at once', async () => {
    const clock = new FakeClock();
    const follower = await follow({ clock });
    server.endWatches();
    await eventually(() => watches().length === 2 && server.watches === 1);
    server.endWatches();
    await eventually(() => follower.losses.length === 1);
    expect(follower.losses[0]?.message).toContain('ended it at once');
    await eventually(() => follower.snapshots === 2);
    expect(lists()).toBe(1);
  });

  test('is not made with rights that are missing', async () => {
    server.denied.add('watch nodes');
    const next = (await open()).watch(new AbortController().signal).next();
    await expect(next).rejects.toMatchObject({
      code: 'watch-lost',
      message: expect.stringContaining('403 (cannot watch nodes)'),
    });
  });

  test('is let go of when the watch is left at its snapshot', async () => {
    const store = await open();
    for await (const [event] of store.watch(new AbortController().signal)) {
      expect(event?.type).toBe('snapshot');
      break;
    }
    await eventually(() => server.watches === 0);
  });
});

describe('a list', () => {
  test('of 5,000 nodes comes in pages of 500, as one snapshot', async () => {
    for (let i = 0; i < 5000; i++) {
      const podCIDRs = [`10.244.${i >> 6}.${(i & 63) * 4}/30`];
      server.objects.add({ name: `many-${i}`, podCIDRs, annotations: annotationsOf(i % 9) });
    }
    const { texts } = await follow();
    expect(texts).toEqual(['snapshot of 5000']);
    const pages = server.asked.filter(({ verb }) => verb === 'list');
    expect(pages).toHaveLength(11);
    expect(pages.every(({ query }) => query.limit === '500')).toBe(true);
  });

  test('whose later pages are gone is made anew', async () => {
    for (let i = 0; i < 600; i++) server.objects.add({ name: `many-${i}` });
    addPeer(2);
    server.objects.annotate('peer-2', {});
    server.forgetsLists = 1;
    const follower = await follow();
    expect(follower.losses).toMatchObject([{ message: expect.stringContaining('410') }]);
    expect(follower.texts).toEqual(['snapshot of 1']);
  });
});
