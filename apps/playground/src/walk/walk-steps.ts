/** The hops of a walk that are stepped through. */
import type { Hop } from '@podlan/simulator';
import { packetAfter } from '@podlan/simulator';

/** Their places among all hops; questions for MAC addresses are left out unless they are asked for. */
export function stepsOf(hops: readonly Hop[], showsResolution: boolean): number[] {
  return hops.flatMap(({ leg }, i) => (showsResolution || leg !== 'resolution' ? [i] : []));
}

/** The step that shows the hop, or the last one before it. */
export function stepAt(steps: readonly number[], hop: number): number {
  return Math.max(
    0,
    steps.findLastIndex((one) => one <= hop),
  );
}

/**
 * The packet before a hop changed it; where it did not, as the hop before in the same packet's life left it. Nothing for
 * the first of a leg, where everything would be new.
 */
export function bytesBefore(hops: readonly Hop[], at: number): Uint8Array | undefined {
  const hop = hops[at]!;
  if (hop.after !== undefined) return hop.before;
  const previous = hops.slice(0, at).findLast(({ leg }) => leg === hop.leg);
  return hop.leg === 'resolution' || previous === undefined ? undefined : packetAfter(previous).bytes;
}
