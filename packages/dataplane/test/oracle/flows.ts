/** The flow table, obviously right: a key in words for each packet, by the codecs of @podlan/wire, and a Map. */
import { EtherType, type IpAddress, parseEthernet, parseIpv4, parseIpv6, parseVxlan } from '@podlan/wire';
import { type Flow, type FlowInner, isForwarded, type Verdict } from '../../src/index.js';

/** What makes packets one flow. */
export type FlowKey = Omit<Flow, 'packets' | 'bytes' | 'firstMs' | 'lastMs'>;

export const keyText = ({ direction, verdict, peer, vni, inner }: FlowKey): string =>
  JSON.stringify([
    ...[direction, verdict, peer, vni, inner?.source, inner?.destination, inner?.protocol],
    ...[inner?.ports?.source, inner?.ports?.destination],
    ...[inner?.icmp?.type, inner?.icmp?.code, inner?.icmp?.id],
  ]);

const ECHO = [0, 8, 128, 129];
const short = (bytes: Uint8Array, at: number) => (bytes[at]! << 8) | bytes[at + 1]!;

/** The part of a packet that tells its flow, where it is no fragment. */
function transport(protocol: number, payload: Uint8Array): Partial<FlowInner> {
  if (payload.length < 4) return {};
  if (protocol === 6 || protocol === 17)
    return { ports: { source: short(payload, 0), destination: short(payload, 2) } };
  if (protocol !== 1 && protocol !== 58) return {};
  const [type, code] = [payload[0]!, payload[1]!];
  const isEcho = payload.length >= 8 && ECHO.includes(type);
  return { icmp: { type, code, ...(isEcho && { id: short(payload, 4) }) } };
}

function inner4(bytes: Uint8Array): FlowInner | undefined {
  const packet = parseIpv4(bytes);
  if (!packet) return undefined;
  const { source, destination, protocol, payload, moreFragments, fragmentOffset } = packet;
  const isWhole = !moreFragments && fragmentOffset === 0;
  return { source, destination, protocol, ...(isWhole && transport(protocol, payload)) };
}

function inner6(bytes: Uint8Array): FlowInner | undefined {
  const packet = parseIpv6(bytes);
  if (!packet) return undefined;
  const { source, destination, nextHeader: protocol, payload } = packet;
  return { source, destination, protocol, ...transport(protocol, payload) };
}

export function innerOfFrame(bytes: Uint8Array): FlowInner | undefined {
  const frame = parseEthernet(bytes);
  if (frame?.etherType === EtherType.ipv4) return inner4(frame.payload);
  return frame?.etherType === EtherType.ipv6 ? inner6(frame.payload) : undefined;
}

const innerOfBare = (bytes: Uint8Array): FlowInner | undefined =>
  bytes.length > 0 && bytes[0]! >> 4 === 4 ? inner4(bytes) : undefined;

/** A frame that the device sent, and what became of it. `vni` is absent of bare tunnels. */
export function sentKey(bytes: Uint8Array, verdict: Verdict, vni?: number, remote?: string): FlowKey {
  const inner = vni === undefined ? innerOfBare(bytes) : innerOfFrame(bytes);
  const peer = isForwarded(verdict) || verdict === 'tx-bad-offload' ? remote : undefined;
  return {
    ...{ direction: 'tx', verdict },
    ...(peer !== undefined && { peer: peer as IpAddress }),
    ...(vni !== undefined && { vni }),
    ...(inner && { inner }),
  };
}

/** A datagram that came, and what became of it. */
export function receivedKey(bytes: Uint8Array, verdict: Verdict, peer: string, isVxlan: boolean): FlowKey {
  const datagram = isVxlan ? parseVxlan(bytes) : undefined;
  const inner = isVxlan ? datagram && innerOfFrame(datagram.payload) : innerOfBare(bytes);
  return {
    ...{ direction: 'rx', verdict, peer: peer as IpAddress },
    ...(datagram && { vni: datagram.vni }),
    ...(inner && { inner }),
  };
}

type Total = Pick<Flow, 'packets' | 'bytes' | 'firstMs' | 'lastMs'>;

/** Sums by key, of what the oracle is told packet by packet or of what a table says. */
export class FlowSums {
  readonly byKey = new Map<string, Total>();

  add(key: FlowKey, more: Total): void {
    const text = keyText(key);
    const sum = this.byKey.get(text) ?? { ...more, packets: 0, bytes: 0 };
    this.byKey.set(text, {
      packets: sum.packets + more.packets,
      bytes: sum.bytes + more.bytes,
      firstMs: Math.min(sum.firstMs, more.firstMs),
      lastMs: Math.max(sum.lastMs, more.lastMs),
    });
  }

  addFlows(flows: readonly Flow[]): void {
    for (const { packets, bytes, firstMs, lastMs, ...key } of flows)
      this.add(key, { packets, bytes, firstMs, lastMs });
  }

  sorted(): [string, Total][] {
    return [...this.byKey].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  total(): Pick<Total, 'packets' | 'bytes'> {
    let [packets, bytes] = [0, 0];
    for (const one of this.byKey.values()) [packets, bytes] = [packets + one.packets, bytes + one.bytes];
    return { packets, bytes };
  }
}
