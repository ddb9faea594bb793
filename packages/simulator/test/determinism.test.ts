/** The same seed and the same doings give the same bytes; nothing else has a say in them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { SimCluster } from '../src/index.js';

/** Joins, packets, losses and a host that leaves: all frames of the underlay as one hash, and the MACs of all devices. */
async function scriptedRun(seed: number) {
  const cluster = new SimCluster({ seed });
  const hash = createHash('sha256');
  const medium = cluster.switches[0]!;
  const carry = medium.carry.bind(medium);
  let frames = 0;
  medium.carry = (packet, from) => {
    frames++;
    hash.update(`${from.netns.name} ${cluster.clock.nowMs()} `).update(packet.bytes);
    carry(packet, from);
  };
  for (const dataplane of ['wasm', 'kernel', 'wasm'] as const) await (await cluster.join(dataplane)).addPod();
  Object.assign(cluster.host('host-b').card.cable, { loss: 0.2, delayMs: 3, jitterMs: 4, duplication: 0.1 });
  for (const { addresses } of [...cluster.pods, ...cluster.pods])
    for (const protocol of ['icmp', 'udp', 'tcp'] as const)
      cluster.probe('pod-a1', { destination: addresses[0]!, protocol });
  await cluster.leave('host-c');
  await cluster.stop();
  const macs = [...cluster.network.namespaces].flatMap(({ devices }) => [...devices].map(({ mac }) => mac));
  return { frames, hash: hash.digest('hex'), macs };
}

afterEach(() => vi.restoreAllMocks());

test('the same run twice is the same to the byte, and needs no other chance or time', async () => {
  const refuse = () => {
    throw new Error('chance and time come from the seed and the clock');
  };
  const first = await scriptedRun(7);
  vi.spyOn(Math, 'random').mockImplementation(refuse);
  vi.spyOn(Date, 'now').mockImplementation(refuse);
  const second = await scriptedRun(7);
  expect(second).toEqual(first);
  expect(first.frames).toBeGreaterThan(40);
});

test('another seed gives other MACs and other bytes', async () => {
  const [first, second] = [await scriptedRun(7), await scriptedRun(8)];
  expect(second.hash).not.toBe(first.hash);
  // lo has none, and a bridge has one that is made of its address.
  const drawn = (macs: readonly string[]) => macs.filter((mac) => !/^(00:00|0a:58)/.test(mac));
  expect(drawn(first.macs).length).toBeGreaterThan(8);
  expect(drawn(second.macs).filter((mac) => drawn(first.macs).includes(mac))).toEqual([]);
});

/** Only the names that redacted snapshots are given are kept from being guessed. */
const SECRETS = ['snapshot/pseudonyms.ts'];

test('no source file asks the machine for chance or time', () => {
  const folder = new URL('../src/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(20);
  const asking = files.filter((name) =>
    /Math\.random\(|Date\.now|new Date\b|performance\.|crypto\.|setTimeout|setInterval/.test(
      readFileSync(new URL(name, folder), 'utf8'),
    ),
  );
  expect(asking.filter((name) => !SECRETS.includes(name))).toEqual([]);
});
