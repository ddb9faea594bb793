/** That nothing of other nodes is missed, whatever becomes of lists and connections. */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeClock } from '../src/testing.js';
import { Bench, flannelAnnotations } from './kubernetes/bench.js';
import { annotationOf } from './kubernetes/clients.js';
import { eventually, type Follower } from './kubernetes/follower.js';
import type { JsonObject } from './kubernetes/objects.js';

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.start();
});
afterEach(() => bench.stop());

describe('a connection', () => {
  test.each([
    ['ends as its time is up', () => bench.server.endWatches()],
    ['is cut', () => bench.server.cut()],
  ])('that %s is gone on with where it was', async (_, disturb) => {
    const follower = await bench.follow();
    for (let round = 2; round < 6; round++) {
      bench.server.mute();
      bench.addPeer(round);
      disturb();
      await eventually(() => follower.view.size === round - 1);
    }
    expect(follower).toMatchObject({ losses: [], snapshots: 1 });
    expect(bench.lists()).toBe(1);
    expect(bench.watches()).toHaveLength(5);
    expect(Number(bench.watches()[0]?.query.timeoutSeconds)).toBeGreaterThanOrEqual(300);
  });

  test('is gone on with from a bookmark', async () => {
    const follower = await bench.follow();
    bench.server.objects.patch('node-a', { status: { conditions: [{ type: 'Ready', status: 'False' }] } });
    bench.server.bookmark();
    bench.server.objects.compact();
    bench.server.endWatches();
    await eventually(() => bench.watches().length === 2 && bench.server.watches === 1);
    bench.addPeer(2);
    await eventually(() => follower.view.size === 1);
    expect(bench.watches()[1]?.query).toMatchObject({
      resourceVersion: String(bench.server.objects.oldest),
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
      bench.server.refusesOldVersions = refusesOldVersions;
      bench.addPeer(2);
      const follower = await bench.follow();
      bench.server.mute();
      bench.server.objects.remove('peer-2');
      bench.addPeer(3);
      bench.server.objects.compact();
      bench.server.endWatches();
      await eventually(() => follower.snapshots === 2);
      expect(follower.losses).toMatchObject([
        { code: 'watch-lost', message: expect.stringContaining('410') },
      ]);
      expect([...follower.view.keys()]).toEqual(['10.244.3.0-24']);
      expect(bench.lists()).toBe(2);
    },
  );

  test('that fell silent is given up for another', async () => {
    const clock = new FakeClock();
    const follower = await bench.follow({ clock, silenceMs: 90_000 });
    bench.server.mute();
    bench.addPeer(2);
    await clock.advance(89_000);
    expect(bench.server.watches).toBe(1);
    await clock.advance(1_000);
    await eventually(() => follower.view.size === 1);
    expect(bench.lists()).toBe(1);
  });

  test('that fell silent is given up at once for another, where the store is told to reconnect', async () => {
    const store = await bench.open();
    const follower = await bench.followed(store);
    bench.server.mute();
    bench.addPeer(2);
    store.reconnect();
    await eventually(() => follower.view.size === 1);
    expect(bench.lists()).toBe(1);
    await eventually(() => bench.server.watches === 1);
  });

  test('is not given up while bookmarks come', async () => {
    const clock = new FakeClock();
    const follower = await bench.follow({ clock, silenceMs: 90_000 });
    for (let minute = 0; minute < 5; minute++) {
      await clock.advance(60_000);
      bench.addPeer(minute + 2);
      await eventually(() => follower.view.size === minute + 1);
    }
    expect(bench.watches()).toHaveLength(1);
  });

  test('that gets no answer is given up', async () => {
    const clock = new FakeClock();
    const store = await bench.open({ clock, answerMs: 30_000 });
    bench.server.isHanging = true;
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
    const follower = await bench.follow();
    bench.addPeer(2);
    bench.server.say(text);
    await eventually(() => follower.snapshots === 2);
    expect(follower.losses).toHaveLength(1);
    expect([...follower.view.keys()]).toEqual(['10.244.2.0-24']);
    expect(bench.lists()).toBe(2);
  });

  test('to a server that was away is gone on with where it was', async () => {
    bench.addPeer(2);
    const follower = await bench.follow();
    await bench.server.stop();
    await eventually(() => follower.losses.length > 2);
    expect(follower.losses.at(-1)?.message).toContain("the API server can't be reached");
    expect([...follower.view.keys()]).toEqual(['10.244.2.0-24']);
    bench.addPeer(3);
    await bench.server.start();
    await eventually(() => follower.view.size === 2);
    expect(bench.lists()).toBe(1);
  });

  test('is not asked for again at once where the server ends it at once', async () => {
    const clock = new FakeClock();
    const follower = await bench.follow({ clock });
    bench.server.endWatches();
    await eventually(() => bench.watches().length === 2 && bench.server.watches === 1);
    bench.server.endWatches();
    await eventually(() => follower.losses.length === 1);
    expect(follower.losses[0]?.message).toContain('ended it at once');
    await eventually(() => follower.snapshots === 2);
    expect(bench.lists()).toBe(1);
  });

  test('is not made with rights that are missing', async () => {
    bench.server.denied.add('watch nodes');
    const next = (await bench.open()).watch(new AbortController().signal).next();
    await expect(next).rejects.toMatchObject({
      code: 'watch-lost',
      message: expect.stringContaining('403 (cannot watch nodes)'),
    });
  });

  test('is let go of when the watch is left at its snapshot', async () => {
    const store = await bench.open();
    for await (const [event] of store.watch(new AbortController().signal)) {
      expect(event?.type).toBe('snapshot');
      break;
    }
    await eventually(() => bench.server.watches === 0);
  });
});

describe('a list', () => {
  test('of 5,000 nodes comes in pages of 500, as one snapshot', async () => {
    for (let i = 0; i < 5000; i++) {
      const podCIDRs = [`10.244.${i >> 6}.${(i & 63) * 4}/30`];
      bench.server.objects.add({ name: `many-${i}`, podCIDRs, annotations: flannelAnnotations(i % 9) });
    }
    const { texts } = await bench.follow();
    expect(texts).toEqual(['snapshot of 5000']);
    const pages = bench.server.asked.filter(({ verb }) => verb === 'list');
    expect(pages).toHaveLength(11);
    expect(pages.every(({ query }) => query.limit === '500')).toBe(true);
  });

  test('whose later pages are gone is made anew', async () => {
    for (let i = 0; i < 600; i++) bench.server.objects.add({ name: `many-${i}` });
    bench.addPeer(2);
    bench.server.objects.annotate('peer-2', {});
    bench.server.forgetsLists = 1;
    const follower = await bench.follow();
    expect(follower.losses).toMatchObject([{ message: expect.stringContaining('410') }]);
    expect(follower.texts).toEqual(['snapshot of 1']);
  });
});

describe('a view of the nodes', () => {
  const CHANGES = ['join', 'leave', 'move', 'manage', 'release'] as const;
  const DISTURBANCES = ['bookmark', 'compact', 'cut', 'end', 'mute', 'pause', 'restart'] as const;
  const steps = fc.array(
    fc.oneof(
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...CHANGES), fc.integer({ min: 2, max: 6 })) },
      { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...DISTURBANCES), fc.constant(0)) },
    ),
    { minLength: 5, maxLength: 60 },
  );
  type Step = (typeof CHANGES)[number] | (typeof DISTURBANCES)[number];

  /** A node that is not there changes in nothing. */
  async function disturb(step: Step, host: number, round: number): Promise<void> {
    const { server } = bench;
    const name = `peer-${host}`;
    const isThere = server.objects.get(name) !== undefined;
    if (step === 'join' && !isThere) bench.addPeer(host);
    if (step === 'leave' && isThere) server.objects.remove(name);
    if (step === 'move' && isThere) bench.annotate(name, { 'public-ip': `192.168.78.${round}` });
    if (step === 'manage' && isThere) bench.annotate(name, { 'kube-subnet-manager': 'true' });
    if (step === 'release' && isThere) bench.annotate(name, { 'kube-subnet-manager': null });
    if (step === 'bookmark') server.bookmark();
    if (step === 'compact') server.objects.compact();
    if (step === 'cut') server.cut();
    if (step === 'end') server.endWatches();
    if (step === 'mute') server.mute();
    if (step === 'pause') for (let turns = 0; turns < 20; turns++) await turn();
    if (step === 'restart') await server.stop().then(() => server.start());
  }

  const addressesIn = ({ view }: Follower) =>
    [...view.values()].map(({ subnets, attributes }) => [subnets[0], attributes.endpoints[0]?.publicIp]);

  /** What a list of the nodes says, read by other means. */
  const addressesThere = () =>
    bench.server.objects
      .list()
      .filter((node) => annotationOf(node, 'kube-subnet-manager') === 'true')
      .map((node) => [((node.spec as JsonObject).podCIDRs as string[])[0], annotationOf(node, 'public-ip')]);

  test('is that of the server in the end, after any changes and disturbances', async () => {
    const follower = await bench.follow();
    const property = fc.asyncProperty(steps, async (taken) => {
      for (const [round, [step, host]] of taken.entries()) await disturb(step, host, round);
      bench.server.cut();
      const sorted = (rows: unknown[]) => JSON.stringify(rows.map((row) => JSON.stringify(row)).sort());
      await eventually(() => sorted(addressesIn(follower)) === sorted(addressesThere()));
    });
    await fc.assert(property, { numRuns: 25, endOnFailure: true });
    expect(follower.losses.every(({ code }) => code === 'watch-lost')).toBe(true);
  });
});
