/** A VXLAN datagram (VNI 1) with an echo request of the sender's choosing inside. */
import {
  EtherType,
  emitEthernet,
  emitIcmp,
  emitIpv4,
  emitVxlan,
  ethernetBytes,
  IpProtocol,
  icmpBytes,
  ipv4Bytes,
  parseIpAddress,
  parseMacAddress,
  vxlanBytes,
} from '@podlan/wire';

/** Runs an emitter on a buffer of just the right length. */
function bytesOf<T>(
  value: T,
  length: (value: T) => number,
  emit: (value: T, into: Uint8Array) => number,
): Uint8Array {
  const bytes = new Uint8Array(length(value));
  emit(value, bytes);
  return bytes;
}

export function innerPing({
  mac,
  source,
  target,
}: {
  mac: string;
  source: string;
  target: string;
}): Uint8Array {
  const echo = { kind: 'echo-request', identifier: 7, sequence: 1, data: new Uint8Array(32) } as const;
  const packet = {
    source: parseIpAddress(source)!,
    destination: parseIpAddress(target)!,
    protocol: IpProtocol.icmp,
    ttl: 63,
    trafficClass: 0,
    identification: 1,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    options: new Uint8Array(),
    payload: bytesOf(echo, icmpBytes, emitIcmp),
  };
  const frame = {
    destination: parseMacAddress(mac)!,
    source: parseMacAddress('02:00:00:00:00:99')!,
    etherType: EtherType.ipv4,
    payload: bytesOf(packet, ipv4Bytes, emitIpv4),
  };
  return bytesOf({ vni: 1, payload: bytesOf(frame, ethernetBytes, emitEthernet) }, vxlanBytes, emitVxlan);
}
