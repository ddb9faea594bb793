/** One echo request, seen by a packet socket at every device between two pods. */
import { capture } from '@podlan/linux';
import { summarize } from '@podlan/wire';
import { type DemoPod, type Hop, placesBetween } from './demo-stage.js';
import { pingFrom } from './demo-traffic.js';
import { netnsOf } from './lab.js';
import type { LabState } from './lab-state.js';
import { underlayNetns } from './topology.js';

const CAPTURE_MS = 1500;

export async function captureWay(state: LabState, from: DemoPod, to: DemoPod): Promise<Hop[]> {
  const stop = new AbortController();
  const listening = await Promise.all(
    placesBetween(from, to).map(async ({ name, of, device }) => ({
      place: name,
      frames: firstRequest(await capture({ netns: netnsAt(state, of), device, signal: stop.signal })),
    })),
  );
  await pingFrom(netnsOf(state, from.name), to.address, { count: 1, intervalMs: 1 });
  const timer = setTimeout(() => stop.abort(), CAPTURE_MS);
  const seen = await Promise.all(
    listening.map(async ({ place, frames }) => ({ place, frame: await frames })),
  );
  clearTimeout(timer);
  stop.abort();
  return seen.map(({ place, frame }) => {
    if (!frame) throw new Error(`the echo request was not seen at ${place}`);
    return { place, frame: frame.bytes };
  });
}

const netnsAt = (state: LabState, of: string): string =>
  of === 'underlay' ? underlayNetns(state.name) : netnsOf(state, of);

type Captured = { readonly bytes: Uint8Array };

async function firstRequest(frames: AsyncIterable<Captured>): Promise<Captured | undefined> {
  for await (const frame of frames) {
    if (summarize(frame.bytes).includes('echo request')) return frame;
  }
  return undefined;
}
