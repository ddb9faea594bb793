/**
 * Super-packets as a kernel hands them over, and the segments they stand for, each made for itself by the codecs of
 * @podlan/wire: what Linux's tcp_gso_segment, __udp_gso_segment and inet_gso_segment do, said by what comes out.
 */
import {
  EtherType,
  emitEthernet,
  emitIpv4,
  emitIpv6,
  emitTcp,
  emitUdp,
  type IpAddress,
  IpProtocol,
  pseudoHeaderSum,
  TcpFlag,
} from '@podlan/wire';
import { PEER_MAC } from '../frames.js';

export interface Flow {
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly destinationMac: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly trafficClass: number;
  readonly ttl: number;
  /** IPv4. */
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly ipOptions: Uint8Array;
  /** TCP. */
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly window: number;
  readonly tcpOptions: Uint8Array;
}

export const FLOW: Flow = {
  protocol: 'tcp',
  source: '10.244.1.5',
  destination: '10.244.2.6',
  destinationMac: '02:00:00:00:00:0a',
  sourcePort: 40000,
  destinationPort: 5201,
  trafficClass: 0,
  ttl: 63,
  identification: 0xfffe,
  dontFragment: true,
  ipOptions: new Uint8Array(),
  sequence: 0xfffff000,
  acknowledgment: 1,
  flags: TcpFlag.ack,
  window: 512,
  tcpOptions: new Uint8Array([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2]),
};

const ends = (flow: Flow) => ({
  source: flow.source as IpAddress,
  destination: flow.destination as IpAddress,
});
const isV6 = (flow: Flow) => flow.source.includes(':');

/** Ethernet and IP: where TCP or UDP begins. */
export const transportAt = (flow: Flow) => 14 + (isV6(flow) ? 40 : 20 + flow.ipOptions.length);
export const headerBytes = (flow: Flow) =>
  transportAt(flow) + (flow.protocol === 'tcp' ? 20 + flow.tcpOptions.length : 8);

function transport(flow: Flow, payload: Uint8Array): Uint8Array {
  if (flow.protocol === 'udp') {
    const into = new Uint8Array(8 + payload.length);
    emitUdp({ ...flow, payload }, into, ends(flow));
    return into;
  }
  const into = new Uint8Array(20 + flow.tcpOptions.length + payload.length);
  emitTcp({ ...flow, urgentPointer: 0, options: flow.tcpOptions, payload }, into, ends(flow));
  return into;
}

function packet(flow: Flow, payload: Uint8Array): Uint8Array {
  const into = new Uint8Array(transportAt(flow) - 14 + payload.length);
  const { trafficClass, identification, dontFragment, ttl } = flow;
  const protocol = IpProtocol[flow.protocol];
  if (isV6(flow)) {
    const rest = { trafficClass, flowLabel: 7, nextHeader: protocol, hopLimit: ttl };
    emitIpv6({ ...ends(flow), ...rest, payload }, into);
  } else {
    const fragment = { dontFragment, moreFragments: false, fragmentOffset: 0 };
    const rest = { trafficClass, identification, ttl, protocol, options: flow.ipOptions };
    emitIpv4({ ...ends(flow), ...fragment, ...rest, payload }, into);
  }
  return into;
}

/** One frame with all its checksums. */
export function frameOf(flow: Flow, payload: Uint8Array): Uint8Array {
  const bytes = packet(flow, transport(flow, payload));
  const into = new Uint8Array(14 + bytes.length);
  const macs = { destination: flow.destinationMac, source: PEER_MAC } as Parameters<typeof emitEthernet>[0];
  emitEthernet({ ...macs, etherType: isV6(flow) ? EtherType.ipv6 : EtherType.ipv4, payload: bytes }, into);
  return into;
}

/** The flow as segment `index` of `count` has it: `before` bytes of payload came earlier. */
function segmentFlow(flow: Flow, index: number, count: number, before: number): Flow {
  let { flags } = flow;
  if (index > 0) flags &= ~TcpFlag.cwr;
  if (index < count - 1) flags &= ~(TcpFlag.fin | TcpFlag.psh);
  const identification = (flow.identification + index) & 0xffff;
  return { ...flow, flags, identification, sequence: (flow.sequence + before) >>> 0 };
}

export function segmentsOf(flow: Flow, payload: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(payload.length / size);
  return Array.from({ length: count }, (_, index) => {
    const part = payload.subarray(index * size, (index + 1) * size);
    return frameOf(segmentFlow(flow, index, count, index * size), part);
  });
}

/** struct virtio_net_hdr. */
export function vnetHeader(
  flags: number,
  type: number,
  headers: number,
  size: number,
  start: number,
  offset: number,
) {
  const header = new DataView(new ArrayBuffer(10));
  header.setUint8(0, flags);
  header.setUint8(1, type);
  for (const [i, value] of [headers, size, start, offset].entries()) {
    header.setUint16(2 + i * 2, value, true);
  }
  return new Uint8Array(header.buffer);
}

const GSO = { tcp4: 1, tcp6: 4, udp: 5, ecn: 0x80 };

function gsoType(flow: Flow): number {
  if (flow.protocol === 'udp') return GSO.udp;
  return (isV6(flow) ? GSO.tcp6 : GSO.tcp4) | (flow.flags & TcpFlag.cwr ? GSO.ecn : 0);
}

const checksumOffset = (flow: Flow) => (flow.protocol === 'tcp' ? 16 : 6);

/** A frame whose checksum field holds only the sum of the pseudo header. */
export function unfinished(flow: Flow, payload: Uint8Array): Uint8Array {
  const frame = frameOf(flow, payload);
  const start = transportAt(flow);
  const sum = pseudoHeaderSum(ends(flow), IpProtocol[flow.protocol], frame.length - start);
  new DataView(frame.buffer).setUint16(start + checksumOffset(flow), sum);
  return frame;
}

export interface SuperPacket {
  readonly frame: Uint8Array;
  readonly header: Uint8Array;
}

export function superPacket(flow: Flow, payload: Uint8Array, size: number): SuperPacket {
  const [start, offset] = [transportAt(flow), checksumOffset(flow)];
  const header = vnetHeader(1, gsoType(flow), headerBytes(flow), size, start, offset);
  return { frame: unfinished(flow, payload), header };
}

/** The vnet_hdr of a frame that only lacks its checksum. */
export const checksumHeader = (flow: Flow) => vnetHeader(1, 0, 0, 0, transportAt(flow), checksumOffset(flow));
