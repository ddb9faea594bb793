/**
 * One probe, seen by a packet socket at every device on its way and back:
 *
 *     pod-a1: eth0   host-a: veth… cni0 flannel.1 eth0   underlay: host-a br0 host-b   host-b: …   pod-b1: eth0
 */

import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  type CapturedFrame,
  capture,
  type ProbeAnswer,
  type ProbeOptions,
  probe,
  runIn,
} from '@podlan/linux';
import { type DissectedLayer, Icmpv6Type, type LinkType, TcpFlag } from '@podlan/wire';
import { underlayNetns } from '../../dist/lab/topology.js';
import { vethOf } from '../faults/fault-lab.js';
import type { TestLab } from '../test-lab.js';
import { fieldOf, frameLayers, innerStart, isIp, isLaterFragment } from './frame-layers.js';
import { addressOf, type Place, placesOf } from './places.js';

/** From a pod or host of a lab. */
export interface WayProbe extends Omit<ProbeOptions, 'netns' | 'to' | 'from'> {
  readonly from: string;
  /** A pod, a host, or an address. */
  readonly to: string;
  /** Default: 4. */
  readonly family?: 4 | 6;
  /** So that it is the same in every run. */
  readonly sourcePort: number;
}

export interface WayFrame {
  /** A pod, a host, or `underlay`. */
  readonly namespace: string;
  readonly device: string;
  readonly linkType: LinkType;
  readonly direction: 'in' | 'out';
  readonly bytes: Uint8Array;
  readonly timestampNs: bigint;
}

export interface Way {
  /** Of the probe's flow, and ICMP errors about it, in the order in which the kernel handled them. */
  readonly frames: readonly WayFrame[];
  /** ARP and neighbor discovery that came with it. */
  readonly neighborFrames: readonly WayFrame[];
  readonly answer: ProbeAnswer;
}

const STAMPED_AFTER_MS = 50;
const QUIET_MS = 100;
const TIMEOUT_MS = 500;

export async function captureWay(lab: TestLab, wanted: WayProbe): Promise<Way> {
  const [way] = await captureWays(lab, [wanted]);
  return way!;
}

/** Several ways, one after the other, each of a source port (or identifier) of its own. */
export async function captureWays(lab: TestLab, probes: readonly WayProbe[]): Promise<Way[]> {
  const places = placesOf(lab);
  const stop = new AbortController();
  setMaxListeners(places.length + 1, stop.signal);
  try {
    const captures = await Promise.all(places.map((place) => listen(place, stop.signal)));
    // The kernel stamps packets a moment after it was first asked to.
    await sleep(STAMPED_AFTER_MS);
    const sent: Sent[] = [];
    const frames: Ranked[] = [];
    const collected = Promise.all(captures.map((listening) => collect(listening, frames)));
    for (const wanted of probes) sent.push(await send(lab, wanted, () => quiet(frames)));
    stop.abort();
    await collected;
    const all = frames.sort(inOrder);
    return sent.map((one) => wayOf(one, all));
  } finally {
    stop.abort();
  }
}

interface Sent {
  readonly wanted: WayProbe;
  readonly answer: ProbeAnswer;
  readonly beganNs: bigint;
  readonly endedNs: bigint;
}

const nowNs = () => BigInt(Date.now()) * 1_000_000n;

async function send(lab: TestLab, wanted: WayProbe, settled: () => Promise<void>): Promise<Sent> {
  const { from, to, family = 4, ...rest } = wanted;
  const beganNs = nowNs();
  const options = { timeoutMs: TIMEOUT_MS, ...rest, netns: lab.netns(from), to: addressOf(lab, to, family) };
  const answer = await probe(options);
  await settled();
  return { wanted, answer, beganNs, endedNs: nowNs() };
}

/** Until no frame has come for a while: packets that nobody waits for may still be on their way. */
async function quiet(frames: readonly Ranked[]): Promise<void> {
  let before: number;
  do {
    before = frames.length;
    await sleep(QUIET_MS);
  } while (before !== frames.length);
}

function wayOf({ wanted, answer, beganNs, endedNs }: Sent, all: readonly Ranked[]): Way {
  const meanwhile = all.filter(({ timestampNs }) => timestampNs >= beganNs && timestampNs < endedNs);
  return {
    frames: handshakes(meanwhile.filter((frame) => isOf(frame, wanted)).map(unranked)),
    neighborFrames: meanwhile.filter(isNeighborFrame).map(unranked),
    answer,
  };
}

/**
 * What a lab must be started with for its frames to be captured one by one: a card that joins packets as they come in
 * would show some of them as one.
 */
export const UNJOINED = { underlayOffloads: true } as const;

/** Both ends of every pair finish checksums by themselves, so that frames are whole wherever they are seen. */
export async function makeWhole(lab: TestLab): Promise<void> {
  const { pods, hosts } = lab.state;
  const ends = [
    ...pods.flatMap(({ name, netns, host }) => [
      { netns, device: 'eth0' },
      { netns: lab.netns(host), device: vethOf(name) },
    ]),
    ...hosts.flatMap(({ name, netns }) => [
      { netns, device: 'eth0' },
      { netns: underlayNetns(lab.name), device: name },
    ]),
  ];
  await Promise.all(ends.map(({ netns, device }) => actAsAWire(netns, device)));
}

const AS_A_WIRE = fileURLToPath(new URL('../../dist/lab/as-a-wire.js', import.meta.url));

async function actAsAWire(netns: string, device: string): Promise<void> {
  const { code, stderr } = await runIn(netns, [process.execPath, AS_A_WIRE, 'port', device]);
  if (code !== 0) throw new Error(`offloads of ${device} in ${netns}: ${stderr}`);
}

type Ranked = WayFrame & { readonly isAbove: boolean };

const unranked = ({ isAbove: _, ...frame }: Ranked): WayFrame => frame;

interface Listening {
  readonly place: Place;
  readonly frames: AsyncIterable<CapturedFrame>;
}

async function listen(place: Place, signal: AbortSignal): Promise<Listening> {
  return { place, frames: await capture({ netns: place.netns, device: place.device, signal }) };
}

async function collect({ place, frames }: Listening, into: Ranked[]): Promise<void> {
  const { namespace, device, linkType, isAbove } = place;
  for await (const { direction, bytes, timestampNs } of frames)
    into.push({ namespace, device, linkType, direction, bytes, timestampNs, isAbove });
}

const inOrder = (a: Ranked, b: Ranked): number =>
  Number(a.timestampNs - b.timestampNs) || Number(a.isAbove) - Number(b.isAbove);

const DISCOVERY: readonly number[] = [Icmpv6Type.neighborSolicitation, Icmpv6Type.neighborAdvertisement];

export function isNeighborFrame({ bytes, linkType }: Pick<WayFrame, 'bytes' | 'linkType'>): boolean {
  const layers = frameLayers(bytes, linkType);
  const isDiscovery = (layer: DissectedLayer) =>
    layer.protocol === 'icmpv6' && DISCOVERY.includes(fieldOf(layer, 'type') as number);
  return layers.some((layer) => layer.protocol === 'arp' || isDiscovery(layer));
}

/** The probe's packet, an answer to it, or a message that quotes it. */
function isOf({ bytes, linkType }: WayFrame, { protocol = 'icmp', port, sourcePort }: WayProbe): boolean {
  const layers = frameLayers(bytes, linkType);
  // Of probes there is but one at a time.
  if (layers.some(isLaterFragment)) return true;
  const inner = layers.slice(innerStart(layers)).filter((layer) => !isIp(layer));
  const name = (layer: DissectedLayer) => (layer.protocol === 'icmpv6' ? 'icmp' : layer.protocol);
  return inner.some((layer) => {
    if (name(layer) !== protocol) return false;
    if (protocol === 'icmp') return fieldOf(layer, 'identifier') === sourcePort;
    const ports = [fieldOf(layer, 'source port'), fieldOf(layer, 'destination port')];
    return ports.includes(sourcePort) && ports.includes(port);
  });
}

const { fin, syn, rst, ack } = TcpFlag;

/** Of TCP, what makes the connection or refuses it: when and how the ends close it is up to how busy they are. */
export function handshakes(frames: readonly WayFrame[]): WayFrame[] {
  const segments = frames.map(({ bytes, linkType }) => segmentOf(frameLayers(bytes, linkType)));
  const first = segments.find((segment) => segment !== undefined)?.sequence;
  const isAccepted = segments.some((segment) => segment !== undefined && hasAll(segment, syn | ack));
  return frames.flatMap((frame, index) => {
    const segment = segments[index];
    const isKept =
      segment === undefined ||
      hasAll(segment, syn) ||
      (isAccepted ? isThird(segment, first!) : hasAll(segment, rst));
    return isKept ? [frame] : [];
  });
}

interface Segment {
  readonly flags: number;
  readonly sequence: number;
}

function segmentOf(layers: readonly DissectedLayer[]): Segment | undefined {
  const tcp = layers.find(({ protocol }) => protocol === 'tcp');
  if (tcp === undefined) return undefined;
  return { flags: fieldOf(tcp, 'flags') as number, sequence: fieldOf(tcp, 'sequence') as number };
}

const hasAll = ({ flags }: Segment, wanted: number): boolean => (flags & wanted) === wanted;

/** Of a handshake: it comes next after the SYN, with nothing in it but its acknowledgment. */
const isThird = ({ flags, sequence }: Segment, first: number): boolean =>
  (flags & (fin | rst | ack)) === ack && sequence === (first + 1) >>> 0;
