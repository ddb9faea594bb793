/** A way as lines of text, without the numbers that differ from run to run. */
import { summarize } from '@podlan/wire';
import type { Way, WayFrame } from './capture-way.js';
import { frameLayers, innerStart } from './frame-layers.js';

/** `namespace device direction summary`, a line each. A veth's name stands as `veth`. */
export function wayText({ frames }: Pick<Way, 'frames'>): string {
  return frames.map(frameText).join('\n');
}

function frameText(frame: WayFrame): string {
  const device = frame.device.replace(/^veth[0-9a-f]+$/, 'veth');
  return `${frame.namespace} ${device} ${frame.direction} ${unchanging(summaryOf(frame))}`;
}

function summaryOf({ bytes, linkType }: WayFrame): string {
  const text = summarize(bytes, linkType);
  const layers = frameLayers(bytes, linkType);
  const inner = layers[innerStart(layers)];
  const isUdpBackend = layers[innerStart(layers) - 1]?.protocol === 'udp';
  return isUdpBackend ? `${text}: ${summarize(bytes.subarray(inner!.offset), 'raw')}` : text;
}

const unchanging = (text: string): string =>
  text.replace(/UDP \d+ > 8472/, 'UDP * > 8472').replace(/(seq|ack) \d{5,}/g, '$1 *');

/** Which devices, in which order: `pod-a1 eth0 out`. */
export function placesText({ frames }: Pick<Way, 'frames'>): string[] {
  return frames.map((frame) => frameText(frame).split(' ').slice(0, 3).join(' '));
}
