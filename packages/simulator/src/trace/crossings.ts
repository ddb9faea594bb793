/** How often the border between user space and kernel is crossed: what a dataplane in user space costs. */
import type { Hop } from './journey.js';

/**
 * On the sending side, from the program that sends to the card: once where the kernel does all, and twice more where a
 * program reads the packet, wraps it and gives it back.
 * @example
 * ```ts
 * import { crossingCount, SimCluster } from '@podlan/simulator';
 *
 * const cluster = new SimCluster({ dataplane: 'wasm' });
 * const [a, b] = [await cluster.join(), await cluster.join()];
 * const [, to] = [await a.addPod(), await b.addPod()];
 * const { hops } = cluster.probe('pod-a1', { destination: to.addresses[0]! });
 * crossingCount(hops); // => 3
 * await cluster.stop();
 * ```
 */
export function crossingCount(hops: readonly Hop[]): number {
  return sendingSide(hops.filter(({ leg }) => leg === 'request')).filter(({ crossing }) => crossing).length;
}

/** What was wrapped is the receiver's once another host has it. */
function sendingSide(hops: readonly Hop[]): readonly Hop[] {
  const wrapped = hops.findIndex(({ event }) => event === 'encapsulate');
  if (wrapped < 0) return hops;
  const beyond = hops.findIndex(({ netns }, i) => i > wrapped && netns !== hops[wrapped]!.netns);
  return beyond < 0 ? hops : hops.slice(0, beyond);
}
