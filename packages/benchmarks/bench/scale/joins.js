/** What an event costs a node beside so many peers, on a kernel in memory. */
import { HeardKernel } from './heard-kernel.js';
import { startNode } from './node.js';
import { EventStore, peerLease, peerLeases } from './peers.js';

const JOINS = 50;
/** Beyond all peers of the beginning. */
const FIRST_JOIN = 10_000;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds from the event to the peer's last row. */
async function join(store, kernel, lease) {
  const applied = kernel.hears(lease);
  const began = performance.now();
  store.say({ type: 'put', lease });
  return (await applied) - began;
}

/** `{ peers, convergenceMs, joinMs, heapMB }`: heap of all that one node holds, kernel in memory and leases included. */
export async function measureJoins(peers) {
  global.gc();
  const before = process.memoryUsage().heapUsed;
  const kernel = new HeardKernel();
  const store = new EventStore(peerLeases(peers));
  const began = performance.now();
  const node = startNode({ kernel, store });
  await node.ready;
  const convergenceMs = performance.now() - began;
  const times = [];
  for (let number = 0; number < JOINS; number++)
    times.push(await join(store, kernel, peerLease(FIRST_JOIN + number)));
  global.gc();
  const heapMB = (process.memoryUsage().heapUsed - before) / 1e6;
  await node.stop();
  return { peers, convergenceMs, joinMs: median(times), heapMB };
}
