/**
 * Captured packets as blocks of a pcapng file, two interfaces a forwarder: its device, and the underlay. The outer IP and
 * UDP headers are the kernel's to write, and made up here of what it was told; identification and TTL are not known.
 */

import { isForwarded } from '@podlan/dataplane';
import type { ForwarderRow } from '@podlan/linux/model';
import {
  emitIpv4,
  emitIpv6,
  emitUdp,
  familyOf,
  type IpAddress,
  IpProtocol,
  type PcapngInterface,
  pcapngHeader,
  pcapngRecord,
} from '@podlan/wire';
import { frameOf } from './capture-match.js';
import type { CapturedPacket } from './capture-order.js';

const TTL = 64;

/** By device, the index of its interface in the file; the underlay's is the next one. */
export function interfacesOf(rows: readonly ForwarderRow[]) {
  const interfaces = rows.flatMap(({ dev, type }): PcapngInterface[] => [
    { name: dev, linkType: type === 'udp' ? 'raw' : 'ethernet' },
    { name: `underlay of ${dev}`, linkType: 'raw' },
  ]);
  const indexes = new Map(rows.map(({ dev }, index) => [dev, 2 * index]));
  return { header: pcapngHeader(interfaces), indexes };
}

interface Ends {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

function endsOf({ local, port }: ForwarderRow, { direction, outer }: CapturedPacket): Ends {
  const { remote, remotePort } = outer!;
  if (direction === 'rx')
    return { source: remote, destination: local, sourcePort: remotePort, destinationPort: port };
  // The socket is bound to the port of the tunnel, and sends by it whatever the forwarder would choose.
  return { source: local, destination: remote, sourcePort: port, destinationPort: remotePort };
}

function outerPacket(row: ForwarderRow, packet: CapturedPacket): Uint8Array {
  const ends = endsOf(row, packet);
  const payload = new Uint8Array(8 + packet.bytes.length);
  emitUdp({ ...ends, payload: packet.bytes }, payload, ends);
  const { trafficClass } = packet.outer!;
  if (familyOf(ends.source) === 6) {
    const into = new Uint8Array(40 + payload.length);
    const rest = { trafficClass, flowLabel: 0, nextHeader: IpProtocol.udp, hopLimit: TTL };
    emitIpv6({ ...ends, ...rest, payload }, into);
    return into;
  }
  const into = new Uint8Array(20 + payload.length);
  const fragment = { dontFragment: row.type === 'udp', moreFragments: false, fragmentOffset: 0 };
  const rest = {
    identification: 0,
    ttl: TTL,
    trafficClass,
    protocol: IpProtocol.udp,
    options: new Uint8Array(),
  };
  emitIpv4({ ...ends, ...fragment, ...rest, payload }, into);
  return into;
}

/** In the order in which they passed: a frame and then its datagram, or the other way round. */
export function blocksOf(row: ForwarderRow, packet: CapturedPacket, device: number): Uint8Array[] {
  const { direction, verdict, timeMs, outer } = packet;
  const timeNs = BigInt(Math.round(timeMs * 1000)) * 1000n;
  const block = (interfaceId: number, bytes: Uint8Array) =>
    pcapngRecord({ timeNs, interfaceId, bytes, comment: verdict });
  const frame = direction === 'tx' || isForwarded(verdict) ? frameOf(packet, row.type === 'udp') : undefined;
  const inner = frame === undefined ? [] : [block(device, frame)];
  const around = outer === undefined ? [] : [block(device + 1, outerPacket(row, packet))];
  return direction === 'tx' ? [...inner, ...around] : [...around, ...inner];
}
