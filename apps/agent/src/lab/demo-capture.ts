/** One echo request, seen by a packet socket at every device between two pods. */
import { capture } from '@podlan/linux';
import { summarize } from '@podlan/wire';
import { pingFrom } from './demo-traffic.js';
import type { LabPod, LabState } from './lab-state.js';
import { findHost } from './lab-state.js';
import { underlayNetns } from './topology.js';

export interface Hop {
  readonly place: string;
  readonly bytes: number;
  readonly summary: string;
}

const CAPTURE_MS = 1500;

/** Where the packet can be seen, in the order it passes. */
function places(state: LabState, from: LabPod, to: LabPod) {
  const [sender, receiver] = [findHost(state, from.host), findHost(state, to.host)];
  return [
    { place: `${from.name} eth0`, netns: from.netns, device: 'eth0' },
    { place: `${sender.name} cni0`, netns: sender.netns, device: 'cni0' },
    { place: `${sender.name} flannel.1`, netns: sender.netns, device: 'flannel.1' },
    { place: 'underlay', netns: underlayNetns(state.name), device: sender.name },
    { place: `${receiver.name} flannel.1`, netns: receiver.netns, device: 'flannel.1' },
    { place: `${receiver.name} cni0`, netns: receiver.netns, device: 'cni0' },
    { place: `${to.name} eth0`, netns: to.netns, device: 'eth0' },
  ];
}

export async function captureWay(state: LabState, from: LabPod, to: LabPod): Promise<Hop[]> {
  const stop = new AbortController();
  const listening = await Promise.all(
    places(state, from, to).map(async ({ place, netns, device }) => ({
      place,
      frames: firstRequest(await capture({ netns, device, signal: stop.signal })),
    })),
  );
  await pingFrom(from.netns, to.address, { count: 1, intervalMs: 1 });
  const timer = setTimeout(() => stop.abort(), CAPTURE_MS);
  const seen = await Promise.all(
    listening.map(async ({ place, frames }) => ({ place, frame: await frames })),
  );
  clearTimeout(timer);
  stop.abort();
  return seen.map(({ place, frame }) => {
    if (!frame) throw new Error(`the echo request was not seen at ${place}`);
    return { place, bytes: frame.bytes.length, summary: summarize(frame.bytes) };
  });
}

type Captured = { readonly bytes: Uint8Array };

async function firstRequest(frames: AsyncIterable<Captured>): Promise<Captured | undefined> {
  for await (const frame of frames) {
    if (summarize(frame.bytes).includes('echo request')) return frame;
  }
  return undefined;
}
