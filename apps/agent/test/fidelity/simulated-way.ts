/** The same way, computed: the packet that a lab really sent, sent once more through snapshots of the lab. */
import { type Hop, type ProbeOptions, probe, probePacket } from '@podlan/simulator';
import { loadSnapshots, type NodeSnapshot } from '@podlan/simulator/snapshot';
import { IpProtocol, Ipv4View, internetChecksum } from '@podlan/wire';
import type { TestLab } from '../test-lab.js';
import { handshakes, isNeighborFrame, type Way, type WayFrame, type WayProbe } from './capture-way.js';
import { addressOf, type Place, placesOf } from './places.js';

const WAIT_MS = 5000;

/** What was sent first in a way that was captured: the whole packet, also where its sender cut it in pieces. */
export function packetSent({ frames }: Pick<Way, 'frames'>, from: string): Uint8Array | undefined {
  const sent = frames.filter(({ namespace, direction }) => namespace === from && direction === 'out');
  const [first] = sent;
  if (first === undefined) return undefined;
  const packets = sent.filter(({ device }) => device === first.device).map(ipPacketIn);
  return joined(packets);
}

const ETHERNET_BYTES = 14;
const ipPacketIn = ({ bytes, linkType }: WayFrame): Uint8Array =>
  linkType === 'raw' ? bytes : bytes.subarray(ETHERNET_BYTES);

function joined(packets: readonly Uint8Array[]): Uint8Array {
  const first = packets[0]!;
  if (first[0]! >> 4 === 6) return joined6(packets);
  const views = packets.map((bytes) => Ipv4View.over(bytes));
  const [head] = views;
  if (!head?.moreFragments) return first;
  const pieces = views.filter((view) => view?.identification === head.identification) as Ipv4View[];
  const payload = Buffer.concat(
    pieces.map((view) => view.bytes.subarray(view.payloadOffset, view.totalLength)),
  );
  const whole = new Uint8Array(head.payloadOffset + payload.length);
  whole.set(first.subarray(0, head.payloadOffset));
  whole.set(payload, head.payloadOffset);
  return withoutFragment(whole);
}

/** RFC 8200, section 4.5: a header of 8 bytes behind that of IPv6. */
function joined6(packets: readonly Uint8Array[]): Uint8Array {
  const first = packets[0]!;
  if (first[6] !== IpProtocol.fragment) return first;
  const pieces = packets.filter((bytes) => bytes[6] === IpProtocol.fragment);
  const payload = Buffer.concat(pieces.map((bytes) => bytes.subarray(48)));
  const whole = new Uint8Array(40 + payload.length);
  whole.set(first.subarray(0, 40));
  whole.set(payload, 40);
  new DataView(whole.buffer).setUint16(4, payload.length);
  whole[6] = first[40]!;
  return whole;
}

function withoutFragment(whole: Uint8Array): Uint8Array {
  const view = new DataView(whole.buffer);
  view.setUint16(2, whole.length);
  view.setUint16(6, 0);
  view.setUint16(10, 0);
  view.setUint16(10, internetChecksum(whole, 0, 0, (whole[0]! & 0xf) * 4));
  return whole;
}

/** On a network that is made anew for it, of snapshots that were taken before the real one was sent. */
export async function simulateWay(
  lab: TestLab,
  snapshots: readonly NodeSnapshot[],
  wanted: WayProbe,
  packet: Uint8Array | undefined,
): Promise<Pick<Way, 'frames' | 'neighborFrames'>> {
  const { places } = await loadSnapshots(snapshots);
  const { netns } = places.find(({ name }) => name === wanted.from)!;
  const options = optionsOf(lab, wanted);
  const { hops } = packet === undefined ? probe(netns, options) : probePacket(netns, packet, options);
  return waysOf(hops, placesOf(lab));
}

const HEADER_BYTES = { 4: 28, 6: 48 };

function optionsOf(lab: TestLab, wanted: WayProbe): ProbeOptions {
  const { to, family = 4, protocol = 'icmp', port, sourcePort, payloadBytes, dontFragment = false } = wanted;
  return {
    ...{ destination: addressOf(lab, to, family), protocol, dontFragment, sourcePort, waitMs: WAIT_MS },
    ...(port !== undefined && { destinationPort: port }),
    ...(payloadBytes !== undefined && { size: payloadBytes + HEADER_BYTES[family] }),
  };
}

/** A device shows what leaves by it and what comes in by it. */
function waysOf(hops: readonly Hop[], places: readonly Place[]): Pick<Way, 'frames' | 'neighborFrames'> {
  const frames = hops.flatMap((hop) => frameOf(hop, places));
  const isOfProbe = (frame: WayFrame) => !isNeighborFrame(frame);
  return { frames: handshakes(frames.filter(isOfProbe)), neighborFrames: frames.filter(isNeighborFrame) };
}

function frameOf({ netns, device, event, before, atMs }: Hop, places: readonly Place[]): WayFrame[] {
  if (event !== 'transmit' && event !== 'receive') return [];
  const place = places.find((one) => one.namespace === netns && one.device === device);
  if (place === undefined) return [];
  const { namespace, linkType } = place;
  const timestampNs = BigInt(Math.round(atMs * 1e6));
  const direction = event === 'transmit' ? 'out' : 'in';
  return [{ namespace, device: place.device, linkType, direction, bytes: before, timestampNs }];
}
