/** A case once more, with an eye on every device of its way: where its packets were seen last, and the frames as a file. */
import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CapturedFrame, capture } from '@podlan/linux';
import { pcapngHeader, pcapngRecord } from '@podlan/wire';
import { flowOf } from '../probe/flow.js';
import { type Case, familyIn } from './cases.js';
import type { Lookout } from './end.js';

export interface Evidence {
  /** Devices that saw what was sent, in the order of the lookouts, which is that of the way. */
  readonly seenAt: readonly string[];
  readonly frames: readonly { readonly lookout: Lookout; readonly frame: CapturedFrame }[];
}

export const lookoutName = ({ name, device }: Lookout): string => `${name}/${device}`;

export async function watched<T>(
  one: Case,
  lookouts: readonly Lookout[],
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly evidence: Evidence }> {
  const stop = new AbortController();
  setMaxListeners(lookouts.length + 1, stop.signal);
  try {
    const { signal } = stop;
    const captures = await Promise.all(
      lookouts.map(async (lookout) => ({ lookout, seen: await capture({ ...lookout, signal }) })),
    );
    const result = await work();
    stop.abort();
    const frames: Evidence['frames'][number][] = [];
    for (const { lookout, seen } of captures) for await (const frame of seen) frames.push({ lookout, frame });
    return { result, evidence: { seenAt: placesThatSaw(one, frames), frames: inOrder(frames) } };
  } finally {
    stop.abort();
  }
}

const inOrder = (frames: Evidence['frames']): Evidence['frames'] =>
  [...frames].sort((a, b) => Number(a.frame.timestampNs - b.frame.timestampNs));

const PROTOCOLS = { ping: 'icmp', 'full-mtu': 'icmp', tcp: 'tcp', udp: 'udp' } as const;

function placesThatSaw(one: Case, frames: Evidence['frames']): string[] {
  const seen = frames.filter(({ lookout, frame }) => {
    const flow = flowOf(frame.bytes, lookout.linkType);
    return flow?.destination === one.address && flow.protocol.startsWith(PROTOCOLS[one.kind]);
  });
  return [...new Set(seen.map(({ lookout }) => lookoutName(lookout)))];
}

/** The name of the file that was written. */
export function writeCapture(directory: string, one: Case, { frames }: Evidence): string {
  const places = [...new Map(frames.map(({ lookout }) => [lookoutName(lookout), lookout])).entries()];
  const numbers = new Map(places.map(([name], index) => [name, index]));
  const parts = [
    pcapngHeader(places.map(([name, { linkType }]) => ({ name, linkType }))),
    ...frames.map(({ lookout, frame }) =>
      pcapngRecord({
        timeNs: frame.timestampNs,
        bytes: frame.bytes,
        interfaceId: numbers.get(lookoutName(lookout))!,
        comment: frame.direction,
      }),
    ),
  ];
  const name = `${one.from.name}-${one.to.name}-${one.kind}-ipv${familyIn(one)}.pcapng`;
  const path = join(directory, name.replaceAll(/[^\w.-]/g, '_'));
  writeFileSync(path, Buffer.concat(parts));
  return path;
}
