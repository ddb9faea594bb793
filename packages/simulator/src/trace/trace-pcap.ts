/** A trace as a capture file: every device of the way is an interface of it, and saw what passed there. */
import { pcapngHeader, pcapngRecord } from '@podlan/wire';
import type { Hop } from './journey.js';
import type { ProbeResult } from './probe.js';

const NS_PER_MS = 1e6;

/**
 * A pcapng file (draft-ietf-opsawg-pcapng) for Wireshark and tshark. Interfaces are called `host-a:eth0`.
 * @example
 * ```ts
 * import { SimCluster, tracePcap } from '@podlan/simulator';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * await cluster.join();
 * const file = tracePcap(cluster.probe('host-a', { destination: parseIpAddress('192.168.77.1')! }));
 * [...file.subarray(0, 4)]; // => [0x0a, 0x0d, 0x0d, 0x0a]
 * await cluster.stop();
 * ```
 */
export function tracePcap({ hops }: ProbeResult): Uint8Array {
  const seen = hops.filter(({ event }) => event === 'transmit' || event === 'receive');
  const interfaces = [...new Map(seen.map((hop) => [nameOf(hop), hop])).entries()];
  const numbers = new Map(interfaces.map(([name], i) => [name, i]));
  const header = pcapngHeader(
    interfaces.map(([name, { isFrame }]) => ({ name, linkType: isFrame ? 'ethernet' : 'raw' })),
  );
  return concat([header, ...seen.map((hop) => recordOf(hop, numbers.get(nameOf(hop))!))]);
}

const nameOf = ({ netns, device }: Hop): string => `${netns}:${device}`;

function recordOf({ atMs, before, leg, event }: Hop, interfaceId: number): Uint8Array {
  const timeNs = BigInt(Math.round(atMs * NS_PER_MS));
  return pcapngRecord({ timeNs, bytes: before, interfaceId, comment: `${leg}, ${event}` });
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
