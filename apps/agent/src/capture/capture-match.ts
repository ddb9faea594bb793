/** Whether a capture wants a packet, by its inner headers and its peer. */
import { EtherType, type IpAddress, parseEthernet, parseIpv4, parseIpv6, parseVxlan } from '@podlan/wire';
import type { CapturedPacket, CaptureRequest } from './capture-order.js';

interface Inner {
  readonly ends: readonly IpAddress[];
  readonly protocol: number;
  /** Empty of fragments, and where there are none. */
  readonly ports: readonly number[];
}

const TCP = 6;
const UDP = 17;

/** What the device sends or gets: the datagram's content without its VXLAN header. */
export function frameOf({ bytes, outer }: Pick<CapturedPacket, 'bytes' | 'outer'>, isBare: boolean) {
  return outer === undefined || isBare ? bytes : parseVxlan(bytes)?.payload;
}

function innerOf(frame: Uint8Array, isBare: boolean): Inner | undefined {
  if (isBare) return inner4(frame);
  const ethernet = parseEthernet(frame);
  if (ethernet?.etherType === EtherType.ipv4) return inner4(ethernet.payload);
  return ethernet?.etherType === EtherType.ipv6 ? inner6(ethernet.payload) : undefined;
}

function inner4(bytes: Uint8Array): Inner | undefined {
  const packet = parseIpv4(bytes);
  if (!packet) return undefined;
  const { source, destination, protocol, payload, moreFragments, fragmentOffset } = packet;
  const isFragment = moreFragments || fragmentOffset > 0;
  return { ends: [source, destination], protocol, ports: isFragment ? [] : portsOf(protocol, payload) };
}

function inner6(bytes: Uint8Array): Inner | undefined {
  const packet = parseIpv6(bytes);
  if (!packet) return undefined;
  const { source, destination, nextHeader: protocol, payload } = packet;
  return { ends: [source, destination], protocol, ports: portsOf(protocol, payload) };
}

function portsOf(protocol: number, payload: Uint8Array): number[] {
  if ((protocol !== TCP && protocol !== UDP) || payload.length < 4) return [];
  return [(payload[0]! << 8) | payload[1]!, (payload[2]! << 8) | payload[3]!];
}

export function isWanted(
  { hosts, peer, port, protocol }: CaptureRequest,
  packet: Pick<CapturedPacket, 'bytes' | 'outer'>,
  isBare: boolean,
): boolean {
  if (peer !== undefined && packet.outer?.remote !== peer) return false;
  if (hosts === undefined && port === undefined && protocol === undefined) return true;
  const frame = frameOf(packet, isBare);
  const inner = frame && innerOf(frame, isBare);
  if (!inner) return false;
  if (protocol !== undefined && inner.protocol !== protocol) return false;
  if (port !== undefined && !inner.ports.includes(port)) return false;
  return hosts === undefined || hosts.some((host) => inner.ends.includes(host));
}
