/** Frames and datagrams for the tests, made by the codecs of @podlan/wire. */
import {
  EtherType,
  emitEthernet,
  emitIpv4,
  emitIpv6,
  emitVxlan,
  type IpAddress,
  type MacAddress,
} from '@podlan/wire';

export const OUR_MAC = '02:00:00:00:00:0a' as MacAddress;
export const PEER_MAC = '02:00:00:00:00:0b' as MacAddress;

export interface FrameOptions {
  readonly source: string;
  readonly destination: string;
  readonly destinationMac?: string;
  readonly payload?: Uint8Array;
}

function packet({ source, destination, payload = new Uint8Array([1, 2, 3]) }: FrameOptions): Uint8Array {
  const ends = { source: source as IpAddress, destination: destination as IpAddress, payload };
  if (source.includes(':')) {
    const into = new Uint8Array(40 + payload.length);
    emitIpv6({ ...ends, trafficClass: 0, flowLabel: 0, nextHeader: 17, hopLimit: 63 }, into);
    return into;
  }
  const into = new Uint8Array(20 + payload.length);
  const fragment = { dontFragment: true, moreFragments: false, fragmentOffset: 0 };
  const rest = { protocol: 17, ttl: 63, trafficClass: 0, identification: 7, options: new Uint8Array() };
  emitIpv4({ ...ends, ...fragment, ...rest }, into);
  return into;
}

/** An Ethernet frame with an IP packet, to our MAC unless told. */
export function frame(options: FrameOptions): Uint8Array {
  const payload = packet(options);
  const into = new Uint8Array(14 + payload.length);
  const etherType = options.source.includes(':') ? EtherType.ipv6 : EtherType.ipv4;
  const destination = (options.destinationMac ?? OUR_MAC) as MacAddress;
  emitEthernet({ destination, source: PEER_MAC, etherType, payload }, into);
  return into;
}

export function vxlan(vni: number, payload: Uint8Array): Uint8Array {
  const into = new Uint8Array(8 + payload.length);
  emitVxlan({ vni, payload }, into);
  return into;
}

/** A copy with some bytes changed: `patched(bytes, { 12: [0x08, 0x06] })`. */
export function patched(bytes: Uint8Array, changes: Readonly<Record<number, readonly number[]>>): Uint8Array {
  const copy = bytes.slice();
  for (const [at, values] of Object.entries(changes)) copy.set(values, Number(at));
  return copy;
}
