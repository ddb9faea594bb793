/** A probe that is also looked for where it may come out: what its sender hears of it, and what others see. */
import { setMaxListeners } from 'node:events';
import { type CapturedFrame, capture, type ProbeAnswer, type ProbeOptions, probe } from '@podlan/linux';
import type { IpAddress } from '@podlan/wire';
import { type Flow, flowOf } from './flow.js';

/** A device to look at. */
export interface Lookout {
  /** What it is called in the answer. */
  readonly name: string;
  readonly netns?: string | undefined;
  readonly device: string;
}

/** The packet, as it came in at a lookout. */
export interface Sighting {
  readonly name: string;
  readonly source: IpAddress;
  readonly bytes: Uint8Array;
}

export interface LiveAnswer extends ProbeAnswer {
  readonly sightings: readonly Sighting[];
  /** Whoever the packet was sent to has answered it, be it by an ICMP message that nobody listens there. */
  readonly replied: boolean;
}

/** Rejects as `probe` and `capture` do, where a namespace or device is not there. */
export async function liveProbe(options: ProbeOptions, lookouts: readonly Lookout[]): Promise<LiveAnswer> {
  const stop = new AbortController();
  setMaxListeners(lookouts.length + 1, stop.signal);
  try {
    const captures = await Promise.all(lookouts.map((lookout) => look(lookout, stop.signal)));
    const answer = await probe(options);
    stop.abort();
    const sightings = await Promise.all(captures.map((frames) => firstSighting(frames, options)));
    return { ...answer, sightings: sightings.flat(), replied: isReplied(answer, options.to) };
  } finally {
    stop.abort();
  }
}

type Looked = { readonly name: string; readonly frames: AsyncIterable<CapturedFrame> };

async function look({ name, netns, device }: Lookout, signal: AbortSignal): Promise<Looked> {
  return { name, frames: await capture({ netns, device, signal }) };
}

async function firstSighting({ name, frames }: Looked, options: ProbeOptions): Promise<Sighting[]> {
  for await (const { direction, isToOthers, bytes } of frames) {
    if (direction === 'out' || isToOthers) continue;
    const flow = flowOf(bytes);
    if (flow && isProbe(flow, options)) return [{ name, source: flow.source, bytes }];
  }
  return [];
}

const ECHO_REQUEST = { icmp: 8, icmpv6: 128 };

/** Source, source port and identifier are not looked at: address translation on the way may have changed them. */
function isProbe(flow: Flow, { to, protocol = 'icmp', port }: ProbeOptions): boolean {
  if (flow.destination !== to) return false;
  if (flow.protocol === 'icmp' || flow.protocol === 'icmpv6')
    return protocol === 'icmp' && flow.type === ECHO_REQUEST[flow.protocol];
  return flow.protocol === protocol && flow.port === port;
}

function isReplied({ reply, errors }: ProbeAnswer, to: IpAddress): boolean {
  return reply !== undefined || errors.some(({ origin, from }) => origin === 'icmp' && from === to);
}
