/** Timed loops, and packets for them to run over. */
import { kept } from '@podlan/tooling/bench-report';

/** Calls of what is timed in one call of a task. */
export const OPERATIONS = 256;
const STRIDE = 2048;

let loops = 0;

/**
 * Calls `run` with 0 to OPERATIONS - 1. Each loop is compiled from a text of its own: engines share what they learn of
 * a call among all closures of one text, and then compile none of the functions that are called into its loop.
 */
export function repeated(run) {
  const loop = `return () => { for (let i = 0; i < ${OPERATIONS}; i++) kept.value = run(i); }; // ${loops++}`;
  return new Function('run', 'kept', loop)(run, kept);
}

/** The same packet OPERATIONS times: behind each other in `ring`, and each as an array of its own in `packets`. */
export function manyOf(bytes) {
  const ring = new Uint8Array(OPERATIONS * STRIDE);
  const packets = [];
  for (let i = 0; i < OPERATIONS; i++) {
    ring.set(bytes, i * STRIDE);
    packets.push(ring.subarray(i * STRIDE, i * STRIDE + bytes.length));
  }
  return { ring, packets, offsetOf: (i) => i * STRIDE };
}

export const bytesOf = (length) => Uint8Array.from({ length }, (_, at) => (at * 37 + 11) & 0xff);
