/** Successors that do not come up, and an agent whose successor dies: never is a node without a node loop. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HAND_OVER_PROTOCOL, HandOver, ownNetns } from '../dist/agent/hand-over.js';
import { Succession, type SuccessionOptions } from '../dist/agent/succession.js';
import { WorkerForwarder } from '../dist/agent/worker-forwarder.js';

let folder: string;
let path: string;
let server: Server;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-succession-'));
  path = join(folder, 'agent.sock');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

async function serve(handOver: Pick<HandOver, 'serve'>): Promise<void> {
  server = createServer((incoming, outgoing) => void handOver.serve(incoming, outgoing)).listen(path);
  await once(server, 'listening');
}

const optionsWith = (more: Partial<SuccessionOptions> = {}): SuccessionOptions => ({
  forwarder: new WorkerForwarder(() => {}),
  log: { info: () => {}, warn: () => {} },
  signal: new AbortController().signal,
  leave: () => {},
  stay: async () => {},
  ...more,
});

/** A node loop that ends when it is told to. */
const loopUntil = (signal: AbortSignal) => ({
  finished: signal.aborted ? Promise.resolve() : once(signal, 'abort').then(() => {}),
});
/** One whose last changes make its node ready. */
const loopReadyAtItsEnd = (signal: AbortSignal, successor: Succession) => ({
  finished: loopUntil(signal).finished.then(() => {
    successor.ready();
    return new Promise<void>((resolve) => setImmediate(resolve));
  }),
});
const never = async () => expect.unreachable();

describe('a successor leaves all to the agent that ran', () => {
  test.each([
    ['that is stopped', loopUntil, {}, undefined],
    ['that is stopped and becomes ready', loopReadyAtItsEnd, {}, undefined],
    ['whose node fails', () => ({ finished: Promise.reject(new Error('no lease')) }), {}, /no lease/],
    ['whose store never answers', loopUntil, { readyMs: 1 }, /not ready within .*goes on/],
  ])('%s', async (_case, start, more, failure) => {
    const handOver = new HandOver();
    await serve(handOver);
    const stop = new AbortController();
    const options = optionsWith({ signal: stop.signal, ...more });
    const successor = new Succession();
    const relieving = successor.relieve(path, false, options);
    await once(handOver.asked, 'abort');
    const carrier = { edges: () => ({}), close: async () => expect.unreachable() };
    const completed = handOver.complete(carrier, new AbortController().signal);
    await relieving;
    const running = successor.run((signal) => start(signal, successor), never, options);
    if (failure === undefined) {
      stop.abort();
      await running;
    } else await expect(running).rejects.toThrow(failure);
    expect(await completed).toBe(false);
  });
});

test('an agent whose successor dies as its own forwarders have ended goes on', async () => {
  const agent = new Succession();
  await serve({ serve: async (...pair) => void agent.conversations['/hand-over']!(...pair) });
  const successor = request({ socketPath: path, path: '/hand-over', method: 'POST' });
  successor.on('error', () => {});
  const forwarder = new WorkerForwarder(() => {});
  forwarder.close = async () => {
    successor.destroy();
    await once(accepted, 'close');
  };
  const stop = new AbortController();
  const events: string[] = [];
  const options = optionsWith({
    forwarder,
    signal: stop.signal,
    leave: () => events.push('leave'),
    stay: async () => void events.push('stay'),
  });
  const start = (signal: AbortSignal) => {
    events.push('loop');
    if (events.length > 1) stop.abort();
    return loopUntil(signal);
  };
  const running = agent.run(start, async () => {}, options);
  const [accepted] = await Promise.all([
    once(server, 'connection').then(([socket]) => socket),
    successor.write(`${JSON.stringify({ protocol: HAND_OVER_PROTOCOL, pid: 1, netns: ownNetns() })}\n`),
  ]);
  await once(successor, 'response');
  successor.end();
  await running;
  expect(events).toEqual(['loop', 'leave', 'stay', 'loop']);
});
