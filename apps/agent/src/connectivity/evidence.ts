/** A case once more, with an eye on every device of its way: where its packets were seen last, and the frames as a file. */
import { setMaxListeners } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CapturedFrame, capture, LinuxError } from '@podlan/linux';
import { pcapngHeader, pcapngRecord } from '@podlan/wire';
import { flowOf } from '../probe/flow.js';
import { framesOf } from './case-frames.js';
import { type Case, familyIn } from './cases.js';
import type { Lookout } from './end.js';
import { isOnWay } from './lookouts.js';

export interface Evidence {
  /** Devices that saw what was sent, in the order of the lookouts, which is that of the way. */
  readonly seenAt: readonly string[];
  /** Those of the way that did not, where all should have. */
  readonly notSeenAt: readonly string[];
  readonly frames: readonly { readonly lookout: Lookout; readonly frame: CapturedFrame }[];
}

const lookoutName = ({ name, device }: Lookout): string => `${name}/${device}`;

/** A device that went away since it was found is not looked at. */
export async function watched<T>(
  one: Case,
  lookouts: readonly Lookout[],
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly evidence: Evidence }> {
  const stop = new AbortController();
  setMaxListeners(lookouts.length + 1, stop.signal);
  try {
    const captures = await Promise.all(lookouts.map((lookout) => listenAt(lookout, stop.signal)));
    const open = captures.filter((capture) => capture !== undefined);
    const frames: Evidence['frames'][number][] = [];
    const isOurs = framesOf(one);
    // As they come in: of the others there may be too many to be kept.
    const readings = open.map(async ({ lookout, seen }) => {
      for await (const frame of seen) if (isOurs(frame.bytes)) frames.push({ lookout, frame });
    });
    const [result] = await Promise.all([work().finally(() => stop.abort()), ...readings]);
    const places = open.map(({ lookout }) => lookout);
    return { result, evidence: { ...sightings(one, places, frames), frames: inOrder(frames) } };
  } finally {
    stop.abort();
  }
}

async function listenAt(lookout: Lookout, signal: AbortSignal) {
  try {
    return { lookout, seen: await capture({ ...lookout, signal }) };
  } catch (error) {
    if (error instanceof LinuxError && ABSENT.includes(error.errno)) return undefined;
    throw error;
  }
}

/** Of the device, or of its namespace. */
const ABSENT: readonly (string | undefined)[] = ['ENODEV', 'ENOENT', 'ENXIO'];

const inOrder = (frames: Evidence['frames']): Evidence['frames'] =>
  [...frames].sort((a, b) => Number(a.frame.timestampNs - b.frame.timestampNs));

const PROTOCOLS = { ping: 'icmp', 'full-mtu': 'icmp', tcp: 'tcp', udp: 'udp' } as const;

function sightings(
  one: Case,
  lookouts: readonly Lookout[],
  frames: Evidence['frames'],
): Omit<Evidence, 'frames'> {
  const saw = new Set(frames.filter(({ lookout, frame }) => isSent(one, lookout, frame)).map(placeOf));
  const missing = lookouts.filter((lookout) => isOnWay(one, lookout) && !saw.has(lookout));
  return {
    seenAt: lookouts.filter((lookout) => saw.has(lookout)).map(lookoutName),
    notSeenAt: missing.map(lookoutName),
  };
}

const placeOf = ({ lookout }: Evidence['frames'][number]): Lookout => lookout;

function isSent({ kind, address }: Case, { linkType }: Lookout, { bytes }: CapturedFrame): boolean {
  const flow = flowOf(bytes, linkType);
  return flow?.destination === address && flow.protocol.startsWith(PROTOCOLS[kind]);
}

/** The name of the file that was written. */
export function writeCapture(directory: string, one: Case, { frames }: Evidence): string {
  const places = [...new Set(frames.map(placeOf))];
  const numbers = new Map(places.map((lookout, index) => [lookout, index]));
  const parts = [
    pcapngHeader(places.map((lookout) => ({ name: lookoutName(lookout), linkType: lookout.linkType }))),
    ...frames.map(({ lookout, frame }) =>
      pcapngRecord({
        timeNs: frame.timestampNs,
        bytes: frame.bytes,
        interfaceId: numbers.get(lookout)!,
        comment: frame.direction,
      }),
    ),
  ];
  const name = `${one.from.name}-${one.to.name}-${one.kind}-ipv${familyIn(one)}.pcapng`;
  const path = join(directory, name.replaceAll(/[^\w.-]/g, '_'));
  mkdirSync(directory, { recursive: true });
  // What others said passes there, too.
  writeFileSync(path, Buffer.concat(parts), { mode: 0o600 });
  return path;
}
