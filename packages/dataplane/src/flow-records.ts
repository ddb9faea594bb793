/** The module's records of flows, read: 96 bytes each, as layout.ts draws them. */
import { type IpAddress, ipFromBytes, ipFromMappedBytes } from '@podlan/wire';
import * as layout from './layout.js';
import { VERDICTS, type Verdict } from './verdicts.js';

/** What the inner packets of a flow have in common. */
export interface FlowInner {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  /** Number of the IP protocol; of IPv6 the first next header. */
  readonly protocol: number;
  /** Of TCP and UDP, but for fragments. */
  readonly ports?: { readonly source: number; readonly destination: number };
  /** `id`: of echo requests and replies. */
  readonly icmp?: { readonly type: number; readonly code: number; readonly id?: number };
}

/** Packets of one inner 5-tuple, one way, with one peer and one verdict. */
export interface Flow {
  /** `tx`: from the device to a tunnel. */
  readonly direction: 'tx' | 'rx';
  readonly verdict: Verdict;
  /** The node at the other end, by its outer address; absent where no tunnel was found. */
  readonly peer?: IpAddress;
  /** Absent where datagrams hold bare packets, or no VNI could be read. */
  readonly vni?: number;
  /** Absent where the packets had no IP header that could be believed. */
  readonly inner?: FlowInner;
  readonly packets: number;
  /** Bytes of what the device reads and writes; of a super-packet, those of its segments. */
  readonly bytes: number;
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * What `records` and `drainRecords` of a `FlowTable` give, as flows.
 * @example
 * ```ts
 * import { Forwarder, parseFlowRecords } from '@podlan/dataplane';
 *
 * const forwarder = await Forwarder.create({ slots: 1, flows: 8 });
 * forwarder.tx.lengths[0] = 6; // no Ethernet header
 * forwarder.encap(1, 1000); // => 0
 * const bytes = forwarder.flows.records();
 * bytes.length; // => 96
 * parseFlowRecords(bytes)[0];
 * // => { direction: 'tx', verdict: 'tx-truncated', vni: 0, packets: 1, bytes: 6, firstMs: 1000, lastMs: 1000 }
 * ```
 */
export function parseFlowRecords(bytes: Uint8Array): Flow[] {
  const flows: Flow[] = [];
  for (let at = 0; at + layout.FLOW_BYTES <= bytes.length; at += layout.FLOW_BYTES) {
    flows.push(flowOf(new DataView(bytes.buffer, bytes.byteOffset + at, layout.FLOW_BYTES)));
  }
  return flows;
}

const bytesAt = (record: DataView, at: number): Uint8Array =>
  new Uint8Array(record.buffer, record.byteOffset + at, layout.KEY_BYTES);

function flowOf(record: DataView): Flow {
  const peer = bytesAt(record, layout.FLOW_PEER);
  const vni = record.getUint32(layout.FLOW_VNI, true);
  const inner = innerOf(record);
  const verdict = record.getUint8(layout.FLOW_VERDICT);
  return {
    direction: verdict < layout.RX_DELIVERED ? 'tx' : 'rx',
    verdict: VERDICTS[verdict]!,
    ...(peer.some((byte) => byte !== 0) && { peer: ipFromMappedBytes(peer) }),
    ...(vni !== layout.FLOW_NO_VNI && { vni }),
    ...(inner && { inner }),
    packets: Number(record.getBigUint64(layout.FLOW_PACKETS, true)),
    bytes: Number(record.getBigUint64(layout.FLOW_OCTETS, true)),
    firstMs: record.getFloat64(layout.FLOW_FIRST, true),
    lastMs: record.getFloat64(layout.FLOW_LAST, true),
  };
}

function innerOf(record: DataView): FlowInner | undefined {
  const family = record.getUint8(layout.FLOW_FAMILY);
  if (family === 0) return undefined;
  const kind = record.getUint8(layout.FLOW_KIND);
  return {
    source: addressOf(family, bytesAt(record, layout.FLOW_SOURCE)),
    destination: addressOf(family, bytesAt(record, layout.FLOW_DESTINATION)),
    protocol: record.getUint8(layout.FLOW_PROTOCOL),
    ...(kind === layout.FLOW_TRANSPORT_PORTS && { ports: portsOf(record) }),
    ...(kind >= layout.FLOW_ICMP_TYPE && { icmp: icmpOf(record, kind) }),
  };
}

/** An IPv6 packet may have an IPv4-mapped address, which is no IPv4 address. */
const addressOf = (family: number, bytes: Uint8Array): IpAddress =>
  family === 4 ? ipFromMappedBytes(bytes) : ipFromBytes(bytes);

function portsOf(record: DataView): NonNullable<FlowInner['ports']> {
  const source = record.getUint16(layout.FLOW_PORTS);
  return { source, destination: record.getUint16(layout.FLOW_PORTS + 2) };
}

function icmpOf(record: DataView, kind: number): NonNullable<FlowInner['icmp']> {
  const type = record.getUint8(layout.FLOW_PORTS);
  const code = record.getUint8(layout.FLOW_PORTS + 1);
  return {
    type,
    code,
    ...(kind === layout.FLOW_ICMP_ECHO && { id: record.getUint16(layout.FLOW_PORTS + 2) }),
  };
}
