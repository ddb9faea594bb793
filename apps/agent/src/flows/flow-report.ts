/**
 * Flows as the agent tells of them. Names are those of IPFIX information elements (IANA's registry, RFC 7012) where
 * there are such; `peerAddress`, `verdict`, `vni` and `event` are podlan's own.
 */
import type { Flow, Verdict } from '@podlan/dataplane';
import { isForwarded } from '@podlan/dataplane';
import type { IpAddress } from '@podlan/wire';
import { familyOf } from '@podlan/wire';

export const FOLLOW_FLOWS_PATH = '/flows/follow';

/** Ethernet's header, where frames are tunneled: no part of `octet…Count`. */
const LINK_OCTETS = 14;
const INGRESS = 0;
const EGRESS = 1;
// RFC 7270 section 4.12: forwarded, and dropped, for a reason that it has no number for.
const FORWARDED = 64;
const DROPPED = 128;

export interface FlowJson {
  readonly interfaceName: string;
  /** 0: from the peer; 1: to it. */
  readonly flowDirection: 0 | 1;
  readonly peerAddress?: IpAddress;
  readonly vni?: number;
  readonly sourceIPv4Address?: IpAddress;
  readonly destinationIPv4Address?: IpAddress;
  readonly sourceIPv6Address?: IpAddress;
  readonly destinationIPv6Address?: IpAddress;
  readonly protocolIdentifier?: number;
  readonly sourceTransportPort?: number;
  readonly destinationTransportPort?: number;
  readonly icmpTypeIPv4?: number;
  readonly icmpCodeIPv4?: number;
  readonly icmpTypeIPv6?: number;
  readonly icmpCodeIPv6?: number;
  /** Of an echo. */
  readonly icmpIdentifier?: number;
  readonly flowStartMilliseconds: number;
  readonly flowEndMilliseconds: number;
  readonly packetTotalCount: number;
  /** Of IP packets. */
  readonly octetTotalCount: number;
  readonly forwardingStatus: number;
  readonly verdict: Verdict;
}

/** What became of a flow, and what it carried since the event before. */
export interface FlowEvent extends FlowJson {
  readonly event: 'start' | 'update' | 'end';
  readonly packetDeltaCount: number;
  readonly octetDeltaCount: number;
  /** 1: idle; 2: it goes on; 4: its forwarder ended; 5: its place was needed. */
  readonly flowEndReason?: 1 | 2 | 4 | 5;
}

/** What the agent answers at `/flows`. */
export interface FlowReport {
  readonly capacity: number;
  /** Flows that were counted and never told. */
  readonly lost: { readonly flows: number; readonly packets: number; readonly octets: number };
  readonly flows: readonly FlowJson[];
}

function innerOf({ inner }: Flow): Partial<FlowJson> {
  if (!inner) return {};
  const { source, destination, protocol: protocolIdentifier, ports, icmp } = inner;
  const isV4 = familyOf(source) === 4;
  const isIcmpV4 = protocolIdentifier === 1;
  return {
    ...(isV4 && { sourceIPv4Address: source, destinationIPv4Address: destination }),
    ...(!isV4 && { sourceIPv6Address: source, destinationIPv6Address: destination }),
    protocolIdentifier,
    ...(ports && { sourceTransportPort: ports.source, destinationTransportPort: ports.destination }),
    ...(icmp && isIcmpV4 && { icmpTypeIPv4: icmp.type, icmpCodeIPv4: icmp.code }),
    ...(icmp && !isIcmpV4 && { icmpTypeIPv6: icmp.type, icmpCodeIPv6: icmp.code }),
    ...(icmp?.id !== undefined && { icmpIdentifier: icmp.id }),
  };
}

export function flowJson(interfaceName: string, flow: Flow, linkOctets: number): FlowJson {
  const { direction, verdict, peer, vni, packets, bytes, firstMs, lastMs } = flow;
  return {
    interfaceName,
    flowDirection: direction === 'rx' ? INGRESS : EGRESS,
    ...(peer !== undefined && { peerAddress: peer }),
    ...(vni !== undefined && { vni }),
    ...innerOf(flow),
    flowStartMilliseconds: firstMs,
    flowEndMilliseconds: lastMs,
    packetTotalCount: packets,
    octetTotalCount: Math.max(0, bytes - packets * linkOctets),
    forwardingStatus: isForwarded(verdict) ? FORWARDED : DROPPED,
    verdict,
  };
}

/** `type` of the forwarder: a TUN's packets have no link header. */
export const linkOctetsOf = (type: 'vxlan' | 'udp'): number => (type === 'udp' ? 0 : LINK_OCTETS);

export const sourceOf = (flow: FlowJson): IpAddress | undefined =>
  flow.sourceIPv4Address ?? flow.sourceIPv6Address;
export const destinationOf = (flow: FlowJson): IpAddress | undefined =>
  flow.destinationIPv4Address ?? flow.destinationIPv6Address;
