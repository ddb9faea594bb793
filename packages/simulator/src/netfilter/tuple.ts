/**
 * What tells a connection: addresses, protocol and ports; of ICMP queries the id on both sides, with the type that asks.
 * The tuple of the answers is the inverse of that of the questions.
 */
import { type Family, type IpAddress, IpProtocol, ipFromBytes, uint16At } from '@podlan/wire';
import { addressBytes, destinationAt, hasTransport, type PacketHead, sourceAt } from './packet-head.js';

export interface Endpoint {
  readonly address: IpAddress;
  /** 0 where the protocol has none. */
  readonly port: number;
}

export interface Tuple {
  readonly family: Family;
  readonly protocol: number;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Of an ICMP query: its type, or that of what it asks for. */
  readonly icmpType?: number;
}

/** ICMP's queries and what answers them (nf_conntrack_proto_icmp.c, invmap). */
const ICMP_ANSWERS: ReadonlyMap<number, number> = new Map([
  [8, 0],
  [13, 14],
  [15, 16],
  [17, 18],
]);
const ICMPV6_ANSWERS: ReadonlyMap<number, number> = new Map([
  [128, 129],
  [139, 140],
]);

const answersOf = (protocol: number): ReadonlyMap<number, number> =>
  protocol === IpProtocol.icmp ? ICMP_ANSWERS : ICMPV6_ANSWERS;

export const isIcmp = (protocol: number): boolean =>
  protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6;

/** Not SCTP, whose checksum is of another kind: it is told by its addresses alone. */
export const hasPorts = (protocol: number): boolean =>
  protocol === IpProtocol.tcp || protocol === IpProtocol.udp;

/** Undefined where the header that tells is not there, and for ICMP that is neither a query nor an answer. */
export function tupleOf(head: PacketHead): Tuple | undefined {
  const { bytes, family, protocol, transportAt: at } = head;
  const of = (source: number, destination: number, more = {}): Tuple => ({
    family,
    protocol,
    source: { address: addressAt(head, sourceAt(head)), port: source },
    destination: { address: addressAt(head, destinationAt(head)), port: destination },
    ...more,
  });
  if (isIcmp(protocol)) {
    if (!hasTransport(head) || inverseType(protocol, bytes[at!]!) === undefined) return undefined;
    const id = uint16At(bytes, at! + 4);
    return of(id, id, { icmpType: bytes[at!]! });
  }
  if (!hasPorts(protocol)) return of(0, 0);
  return hasTransport(head) ? of(uint16At(bytes, at!), uint16At(bytes, at! + 2)) : undefined;
}

export function addressAt({ bytes, family }: PacketHead, at: number): IpAddress {
  return ipFromBytes(bytes.subarray(at, at + addressBytes(family)));
}

function inverseType(protocol: number, type: number): number | undefined {
  const answers = answersOf(protocol);
  return answers.get(type) ?? [...answers].find(([, answer]) => answer === type)?.[0];
}

/** Whether a connection may begin with it: of ICMP what asks, of others anything. */
export const mayBegin = ({ protocol, icmpType }: Tuple): boolean =>
  icmpType === undefined || answersOf(protocol).has(icmpType);

/** What the other side's packets carry. */
export function inverse({ family, protocol, source, destination, icmpType }: Tuple): Tuple {
  const type = icmpType === undefined ? undefined : inverseType(protocol, icmpType);
  return {
    family,
    protocol,
    source: destination,
    destination: source,
    ...(type !== undefined && { icmpType: type }),
  };
}

export const tupleKey = ({ protocol, source, destination, icmpType }: Tuple): string =>
  `${protocol} ${icmpType ?? ''} ${source.address} ${source.port} ${destination.address} ${destination.port}`;

export const isSame = (a: Tuple, b: Tuple): boolean => tupleKey(a) === tupleKey(b);

/** `10.244.1.2:5000`, `[fd00::1]:53`; of ICMP `10.244.1.2 id 7`. */
export function endpointText({ address, port }: Endpoint, protocol: number): string {
  if (isIcmp(protocol)) return `${address} id ${port}`;
  if (!hasPorts(protocol)) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
