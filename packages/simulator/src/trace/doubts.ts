/** What a verdict did not take account of: rules that are not simulated, and that stood in the packet's way. */
import type { PlacedNetwork } from '../network-place.js';
import type { Hop } from './journey.js';
import type { ProbeResult } from './probe.js';

/** What a snapshot has, decides about packets, and is not simulated. */
export interface LeftOut {
  /** The namespace that has it. */
  readonly place: string;
  readonly text: string;
  /** Whether it has a say about this IP packet, once that comes by. */
  readonly concerns: (packet: Uint8Array) => boolean;
}

/**
 * Why a probe may fare otherwise than was computed, a line each; none where everything that it met is simulated.
 * @example
 * ```ts
 * import { doubtsOf, SimCluster } from '@podlan/simulator';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * const { netns } = await cluster.join();
 * const rule = { family: 'inet', table: 't', chain: 'out' };
 * netns.netfilter.load({
 *   nftables: [
 *     { table: { family: 'inet', name: 't' } },
 *     { chain: { family: 'inet', table: 't', name: 'out', type: 'filter', hook: 'output', prio: 0, policy: 'accept' } },
 *     { rule: { ...rule, expr: [{ queue: { num: 3 } }] } },
 *   ],
 * });
 * const result = cluster.probe('host-a', { destination: parseIpAddress('127.0.0.1')! });
 * const [doubt] = doubtsOf(result, cluster);
 * doubt; // => 'host-a: output: a rule that is not modelled is taken not to match: inet t out: {"queue":{"num":3}}'
 * await cluster.stop();
 * ```
 */
export function doubtsOf({ hops }: ProbeResult, { leftOut = [] }: PlacedNetwork): string[] {
  const own = hops.filter(({ leg }) => leg !== 'resolution');
  const skipped = own
    .filter(({ isSkipped }) => isSkipped)
    .map(({ netns, text, row }) => `${netns}: ${text}: ${row?.text}`);
  const missing = leftOut
    .filter(({ place, concerns }) => own.some((hop) => hop.netns === place && concerns(packetOf(hop))))
    .map(({ place, text }) => `${place}: ${text}`);
  return [...new Set([...skipped, ...missing])];
}

const packetOf = ({ before, isFrame }: Hop): Uint8Array => (isFrame ? before.subarray(14) : before);
