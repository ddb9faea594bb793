/**
 * A network of Linux hosts and pods in memory: kernels that forward real bytes, and the trace of a packet through them.
 * @module @podlan/simulator
 */
export { type Random, seededRandom } from './random.js';
