/** Where a way that was computed differs from the real one, for people to read. */
import { ArpOperation, type DissectedLayer, dissect, layersOf, summarize } from '@podlan/wire';
import type { WayFrame } from './capture-way.js';
import { fieldOf, frameLayers } from './frame-layers.js';
import { type NormalFrame, normalize } from './normalize.js';

/** Undefined where there is no difference but in numbers that nobody can know. */
export function differenceOf(real: readonly WayFrame[], simulated: readonly WayFrame[]): string | undefined {
  const length = Math.max(real.length, simulated.length);
  for (let i = 0; i < length; i++) {
    const [one, other] = [real[i], simulated[i]];
    if (one !== undefined && other !== undefined && isSame(one, other)) continue;
    return [
      `frame ${i + 1} of ${real.length} real and ${simulated.length} simulated ones differs`,
      ...described('real', one),
      ...described('simulated', other),
      ...differingBytes(one, other),
      ...listed('the real way', real, i),
      ...listed('the simulated way', simulated, i),
    ].join('\n');
  }
  return undefined;
}

/**
 * As it is seen at each device by itself. Where packets are on their way at once, or a frame goes to several ports, it is
 * chance which of two devices has a frame first.
 */
export function atEachDevice(frames: readonly WayFrame[]): WayFrame[] {
  const device = ({ namespace, device }: WayFrame) => `${namespace} ${device}`;
  return [...frames].sort((a, b) => device(a).localeCompare(device(b)));
}

/**
 * Questions for neighbors and their answers, each exchange by itself at each device: several are under way at once, and
 * which comes first is up to how busy the machine is.
 */
export function inExchanges(frames: readonly WayFrame[]): WayFrame[] {
  const target = ({ bytes, linkType }: WayFrame): string => {
    const layer = frameLayers(bytes, linkType).at(-1)!;
    const isArpReply = layer.protocol === 'arp' && fieldOf(layer, 'operation') === ArpOperation.reply;
    const field = layer.protocol === 'arp' ? (isArpReply ? 'sender IP' : 'target IP') : 'target';
    return String(layer.fields.find(({ name }) => name === field)?.value);
  };
  return atEachDevice([...frames].sort((a, b) => target(a).localeCompare(target(b))));
}

function isSame(one: WayFrame, other: WayFrame): boolean {
  if (placeOf(one) !== placeOf(other)) return false;
  return Buffer.compare(normal(one).bytes, normal(other).bytes) === 0;
}

const normal = ({ bytes, linkType }: WayFrame): NormalFrame => normalize(bytes, undefined, linkType);
const placeOf = ({ namespace, device, direction }: WayFrame): string => `${namespace} ${device} ${direction}`;
const lineOf = (frame: WayFrame): string => `${placeOf(frame)} ${summarize(frame.bytes, frame.linkType)}`;

function described(whose: string, frame: WayFrame | undefined): string[] {
  if (frame === undefined) return [`${whose}: none`];
  const hex = Buffer.from(frame.bytes)
    .toString('hex')
    .replace(/(.{64})/g, '$1\n    ');
  const layers = layersOf(dissect(frame.bytes, frame.linkType));
  return [`${whose}: ${lineOf(frame)}`, ...layers.map(layerText), `    ${hex}`];
}

function layerText({ protocol, fields }: DissectedLayer): string {
  const texts = fields.map(({ name, value }) => `${name} ${value}`);
  return `  ${protocol}: ${texts.join(', ')}`;
}

/** Each run of bytes that differ, of the frames without what nobody can know. */
function differingBytes(one: WayFrame | undefined, other: WayFrame | undefined): string[] {
  if (one === undefined || other === undefined) return [];
  const [real, simulated] = [normal(one).bytes, normal(other).bytes];
  const lines = real.length === simulated.length ? [] : [`${real.length} bytes, not ${simulated.length}`];
  for (let at = 0; at < Math.min(real.length, simulated.length); at++) {
    if (real[at] !== simulated[at])
      lines.push(`byte ${at}: ${hexByte(real[at])}, not ${hexByte(simulated[at])}`);
  }
  const MOST = 12;
  return lines.length > MOST ? [...lines.slice(0, MOST), `and ${lines.length - MOST} more`] : lines;
}

const hexByte = (byte: number | undefined): string => `0x${byte!.toString(16).padStart(2, '0')}`;

function listed(whose: string, frames: readonly WayFrame[], marked: number): string[] {
  const mark = (i: number) => (i === marked ? '>' : ' ');
  return [`${whose}:`, ...frames.map((frame, i) => `${mark(i)} ${lineOf(frame)}`)];
}
