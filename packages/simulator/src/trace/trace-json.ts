/** A trace as JSON for programs. What stands here stays as it is as long as `version` does. */
import { crossingCount } from './crossings.js';
import { DROP_MEANINGS } from './drop-meanings.js';
import type { DropReason, Hop, HopEvent, Leg, MatchedRow } from './journey.js';
import { linkTypeBefore, linkTypeOf } from './packet-layers.js';
import type { ProbeResult } from './probe.js';

/** A packet: Ethernet frames from their link header on, or bare IP packets. */
export interface TraceBytesJson {
  readonly linkType: 'ethernet' | 'raw';
  /** Two digits a byte. */
  readonly hex: string;
}

/** One step of the way. */
export interface TraceHopJson {
  /** Simulated milliseconds after the first hop. */
  readonly atMs: number;
  readonly netns: string;
  readonly device: string | null;
  readonly leg: Leg;
  readonly event: HopEvent;
  readonly text: string;
  /** What was matched, in the words of the tool that shows it. */
  readonly row: Pick<MatchedRow, 'table' | 'text'> | null;
  readonly reason: DropReason | null;
  readonly crossing: 'to-kernel' | 'to-user' | null;
  readonly before: TraceBytesJson;
  /** Null where the packet stayed as it was. */
  readonly after: TraceBytesJson | null;
}

/** All that `podlan trace --json` says of a computed trace. */
export interface TraceJson {
  readonly version: 1;
  /** The IP packet as it was sent, two digits a byte. */
  readonly packet: string;
  readonly arrived: boolean;
  readonly answered: boolean;
  /** Of the sending side, between user space and kernel. */
  readonly crossings: number;
  readonly hops: readonly TraceHopJson[];
  /** Where it ended: which of the hops, and why. */
  readonly lost: { readonly hop: number; readonly reason: DropReason; readonly meaning: string } | null;
}

/**
 * The result of a probe as plain JSON.
 * @example
 * ```ts
 * import { SimCluster, traceJson } from '@podlan/simulator';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * await cluster.join();
 * const { version, lost, hops } = traceJson(cluster.probe('host-a', { destination: parseIpAddress('192.168.77.9')! }));
 * version; // => 1
 * lost?.reason; // => 'neighbor-unresolved'
 * hops[lost!.hop]?.device; // => 'eth0'
 * await cluster.stop();
 * ```
 */
export function traceJson(result: ProbeResult): TraceJson {
  const { hops, packet, arrived, answered, lost } = result;
  const startMs = hops[0]?.atMs ?? 0;
  return {
    version: 1,
    packet: hexOf(packet),
    ...{ arrived, answered },
    crossings: crossingCount(hops),
    hops: hops.map((hop) => hopJson(hop, startMs)),
    lost: lost === undefined ? null : lostJson(lost, hops),
  };
}

function hopJson(hop: Hop, startMs: number): TraceHopJson {
  const { atMs, netns, device, leg, event, text, row, reason, crossing, before, after } = hop;
  return {
    atMs: atMs - startMs,
    ...{ netns, device: device ?? null, leg, event, text },
    row: row === undefined ? null : { table: row.table, text: row.text },
    ...{ reason: reason ?? null, crossing: crossing ?? null },
    before: { linkType: linkTypeBefore(hop), hex: hexOf(before) },
    after: after === undefined ? null : { linkType: linkTypeOf(hop), hex: hexOf(after) },
  };
}

function lostJson(lost: Hop, hops: readonly Hop[]): TraceJson['lost'] {
  const reason = lost.reason!;
  return { hop: hops.indexOf(lost), reason, meaning: DROP_MEANINGS[reason] };
}

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
