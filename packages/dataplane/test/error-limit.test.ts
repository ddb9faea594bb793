/** How often senders are told that their packets went nowhere. */
import { expect, test } from 'vitest';
import { ErrorLimit } from '../src/error-limit.js';
import { FakeDevice, FakeNetwork, FakePoller } from '../src/fakes.js';
import { type FrameBatch, frameBytes, runPump } from '../src/index.js';
import { bare, bareForwarder } from './bare.js';
import { frame } from './frames.js';

test('fifty at once, then one for each millisecond', () => {
  let now = 1000;
  const limit = new ErrorLimit(() => now);
  expect(limit.left).toBe(50);
  limit.spend(50);
  expect(limit.left).toBe(0);
  now += 7.5;
  expect(limit.left).toBe(7);
  limit.spend(7);
  now += 0.5;
  expect(limit.left).toBe(1);
  now += 3_600_000;
  expect(limit.left).toBe(50);
});

test('a clock that is set back gives nothing, and takes nothing', () => {
  let now = 1000;
  const limit = new ErrorLimit(() => now);
  limit.spend(20);
  now = 0;
  expect(limit.left).toBe(30);
  now = 5;
  expect(limit.left).toBe(35);
});

async function flood(packets: number, nowMs: () => number) {
  const forwarder = await bareForwarder(8);
  const device = new FakeDevice();
  const socket = new FakeNetwork().bind('192.168.77.11', 8285);
  const poller = new FakePoller(device, socket);
  const packet = bare(frame({ source: '10.244.1.5', destination: '10.244.9.1' }));
  for (let i = 0; i < packets; i++) device.outgoing.push(packet);
  const sent: Uint8Array[] = [];
  const send = (batch: FrameBatch, count: number) => {
    for (let i = 0; i < count; i++) sent.push(frameBytes(batch, i));
    return count;
  };
  const edges = { forwarder, device, socket, poller, errors: { send }, nowMs };
  const counters = runPump({ ...edges, onTables: () => !poller.idle });
  return { counters, sent, device };
}

test('the pump sends errors until the limit, as the host and not through the device', async () => {
  const { counters, sent, device } = await flood(200, () => 0);
  expect(counters.errorsSent).toBe(50);
  expect(sent.length).toBe(50);
  expect([...sent[0]!.subarray(12, 22)]).toEqual([10, 244, 1, 0, 10, 244, 1, 5, 3, 0]);
  expect(device.incoming).toEqual([]);
});

test('time gives more', async () => {
  let now = 0;
  const { counters } = await flood(200, () => now++);
  expect(counters.errorsSent).toBeGreaterThan(50);
});
