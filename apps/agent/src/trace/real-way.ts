/** A real packet on the way that was computed for it: what every device of that way saw of it. */
import { setMaxListeners } from 'node:events';
import { type CapturedFrame, capture, type ProbeAnswer, type ProbeOptions, probe } from '@podlan/linux';
import { flowOf } from '../probe/flow.js';
import { type PacketFacts, packetFacts } from './packet-facts.js';
import type { Lookout } from './way-stations.js';

/** A real namespace for the one of the trace. */
export type NetnsOf = (name: string) => string;

export interface RealWay {
  readonly answer: ProbeAnswer;
  /** What was seen at each lookout, in their order; undefined where the packet did not come by. */
  readonly sightings: readonly (PacketFacts | undefined)[];
}

/** Rejects as `probe` and `capture` do, where a namespace or device is not there. */
export async function realWay(
  options: ProbeOptions,
  lookouts: readonly Lookout[],
  netnsOf: NetnsOf,
): Promise<RealWay> {
  const stop = new AbortController();
  setMaxListeners(lookouts.length + 1, stop.signal);
  try {
    const captures = await listen(lookouts, netnsOf, stop.signal);
    const answer = await probe(options);
    stop.abort();
    const seen = new Map<string, CapturedFrame[]>();
    for (const [place, frames] of captures) seen.set(place, await all(await frames));
    const sightings = lookouts.map((lookout) => sightingAt(lookout, seen.get(placeOf(lookout))!, options));
    return { answer, sightings };
  } finally {
    stop.abort();
  }
}

const placeOf = ({ netns, device }: Lookout): string => `${netns} ${device}`;

/** One capture for each device, also where a packet passes it several times. */
async function listen(lookouts: readonly Lookout[], netnsOf: NetnsOf, signal: AbortSignal) {
  const places = new Map(lookouts.map((lookout) => [placeOf(lookout), lookout]));
  const captures = [...places].map(
    ([place, { netns, device }]) => [place, capture({ netns: netnsOf(netns), device, signal })] as const,
  );
  await Promise.all(captures.map(([, frames]) => frames));
  return captures;
}

async function all(frames: AsyncIterable<CapturedFrame>): Promise<CapturedFrame[]> {
  const list: CapturedFrame[] = [];
  for await (const frame of frames) list.push(frame);
  return list;
}

function sightingAt(
  { direction, leg, linkType, isTakenOnly = false }: Lookout,
  frames: readonly CapturedFrame[],
  options: ProbeOptions,
): PacketFacts | undefined {
  return frames
    .filter((frame) => frame.direction === direction && !(isTakenOnly && frame.isToOthers))
    .map(({ bytes }) => packetFacts(bytes, linkType))
    .find((facts) => facts !== undefined && isOf(leg, facts, options));
}

const ECHO = { request: [8, 128], reply: [0, 129] };

/** Ports and the identifier of an echo are not looked at where address translation may have changed them. */
function isOf(
  leg: Lookout['leg'],
  { inner }: PacketFacts,
  { to, protocol = 'icmp', port }: ProbeOptions,
): boolean {
  const flow = flowOf(inner, 'raw');
  if (flow === undefined || (leg === 'request' ? flow.destination : flow.source) !== to) return false;
  if (flow.protocol === 'icmp' || flow.protocol === 'icmpv6')
    return protocol === 'icmp' && ECHO[leg].includes(flow.type ?? -1);
  return flow.protocol === protocol && (leg === 'request' ? flow.port : flow.sourcePort) === port;
}
