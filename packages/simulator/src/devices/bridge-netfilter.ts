/** Frames on a bridge before the rules of IP: module br_netfilter (net/bridge/br_netfilter_hooks.c). */
import { EtherType, type MacAddress, macToBytes, uint16At } from '@podlan/wire';
import type { FibMatch } from '../kernel/fib.js';
import { passHook } from '../kernel/hooks.js';
import { gather } from '../kernel/ip-input.js';
import { tellNeighbor, tellRoute } from '../kernel/ip-output.js';
import { fragmentIpv4, fragmentIpv6, readIp } from '../kernel/ip-packet.js';
import { type Packet, withBytes } from '../kernel/packet.js';
import type { Device } from './device.js';

/** Which rules see the frames of a bridge: `nf_call_iptables`, `nf_call_ip6tables`. */
export type RulesCalled = Readonly<Record<4 | 6, boolean>>;

const HEADER_BYTES = 14;
const ETHER_TYPE_AT = 12;

/** By the sysctls of the namespace or by the bridge's own setting, and with the module alone. */
export function meetsRules({ netns: { sysctls } }: Device, own: RulesCalled, frame: Packet): boolean {
  const type = uint16At(frame.bytes, ETHER_TYPE_AT);
  if (type !== EtherType.ipv4 && type !== EtherType.ipv6) return false;
  const key = `net/bridge/bridge-nf-call-${type === EtherType.ipv4 ? 'iptables' : 'ip6tables'}`;
  return sysctls.has(key) && (sysctls.get(key) !== '0' || own[type === EtherType.ipv4 ? 4 : 6]);
}

/**
 * A frame that came in by a port; `onward` gets it as it is to be bridged. One for another destination now goes to whom
 * that is behind, or up to be routed.
 */
export function meetPrerouting(bridge: Device, frame: Packet, onward: (frame: Packet) => void): void {
  const { netns } = bridge;
  const before = readIp(frame.bytes.subarray(HEADER_BYTES));
  if (before === undefined) {
    bridge.drop(frame, 'malformed', 'no IP packet that is whole');
    return;
  }
  const gathered = gather(netns, packetIn(frame, before.end));
  const passed = gathered && passHook(netns, 'prerouting', gathered, { iif: bridge.name });
  if (passed === undefined) return;
  const bridged = { ...framed(frame, passed), metRulesOnBridge: true };
  if (readIp(passed.bytes)?.destination === before.destination) onward(bridged);
  else redirect(bridge, passed, bridged, onward);
}

function redirect(bridge: Device, packet: Packet, frame: Packet, onward: (frame: Packet) => void): void {
  const { netns, name: iif } = bridge;
  const { destination, source } = readIp(packet.bytes)!;
  const match = netns.fib.lookup({ destination, source, iif, mark: packet.mark });
  if (match === undefined) netns.drop(packet, 'no-route', `no route to ${destination}`);
  else if (match.route.type === 'unicast' && match.route.dev === iif)
    sendToNeighbor(bridge, packet, frame, match, onward);
  else onward(addressedTo(frame, bridge.mac));
}

/** Behind the same bridge: it stays a frame of who sent it. */
function sendToNeighbor(
  bridge: Device,
  packet: Packet,
  frame: Packet,
  match: FibMatch,
  onward: (frame: Packet) => void,
): void {
  const { netns, name: device } = bridge;
  const nextHop = match.route.via ?? readIp(packet.bytes)!.destination;
  tellRoute(netns, packet, match);
  netns.neighbors.resolve(
    bridge,
    nextHop,
    packet,
    (mac, entry) => {
      tellNeighbor(netns, packet, entry);
      onward(addressedTo(frame, mac));
    },
    () => netns.drop(packet, 'neighbor-unresolved', `nobody on ${device} answers for ${nextHop}`, { device }),
  );
}

/** A frame that is to leave by a port: as one, or cut again where it was put together; none where a rule kept it. */
export function meetForward(bridge: Device, frame: Packet, port: Device): Packet[] {
  const { netns, name } = bridge;
  const { metRulesOnBridge, ...left } = frame;
  if (!metRulesOnBridge) return [frame];
  const forwarded = passHook(netns, 'forward', packetIn(left), { iif: name, oif: name });
  const passed = forwarded && passHook(netns, 'postrouting', forwarded, { oif: name });
  return passed === undefined ? [] : cut(bridge, framed(left, passed), passed, port);
}

function cut({ netns }: Device, frame: Packet, packet: Packet, port: Device): Packet[] {
  const { largestFragment, ...whole } = packet;
  const mtu = Math.min(port.mtu, largestFragment ?? port.mtu);
  if (largestFragment === undefined || packet.bytes.length <= mtu) return [frame];
  const isIpv4 = packet.bytes[0]! >> 4 === 4;
  const pieces = isIpv4
    ? fragmentIpv4(packet.bytes, mtu)
    : fragmentIpv6(packet.bytes, mtu, netns.nextIdentification());
  netns.tell(packet, 'fragment', `into ${pieces.length} fragments for ${port.name}`);
  return pieces.map((piece) => framed(frame, withBytes(whole, piece)));
}

const packetIn = (frame: Packet, end?: number): Packet =>
  withBytes(frame, frame.bytes.subarray(HEADER_BYTES, end && HEADER_BYTES + end));

/** Another packet behind the frame's header. */
function framed(frame: Packet, packet: Packet): Packet {
  const bytes = new Uint8Array(HEADER_BYTES + packet.bytes.length);
  bytes.set(frame.bytes.subarray(0, HEADER_BYTES));
  bytes.set(packet.bytes, HEADER_BYTES);
  return withBytes(packet, bytes);
}

function addressedTo(frame: Packet, mac: MacAddress): Packet {
  const bytes = frame.bytes.slice();
  bytes.set(macToBytes(mac));
  return withBytes(frame, bytes);
}
