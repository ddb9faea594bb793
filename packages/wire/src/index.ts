/**
 * Addresses and packet codecs. Everything here is pure: no sockets, no clock, no dependencies.
 * @packageDocumentation
 */

export * from './address.js';
export * from './arp.js';
export type { ByteView } from './byte-view.js';
export { uint16At, uint32At } from './bytes.js';
export { CaptureError, type CaptureErrorCode, type RecordedPacket, readCapture } from './capture.js';
export {
  checksumHolds,
  type IpHeaderView,
  internetChecksum,
  onesComplementSum,
  type PseudoHeader,
  pseudoHeaderSum,
  transportChecksum,
  transportChecksumHolds,
  updateChecksum,
  updateChecksum32,
} from './checksum.js';
export * from './dissect.js';
export * from './ethernet.js';
export { setField } from './frame-field.js';
export { repairChecksums, repairLengths, setData } from './frame-repair.js';
export * from './icmp.js';
export * from './icmpv6.js';
export * from './icmpv6-view.js';
export * from './ip-protocol.js';
export * from './ipv4.js';
export { formatIpv4Number, parseIpv4Number } from './ipv4-text.js';
export { IPV4_HEADER_BYTES, Ipv4View } from './ipv4-view.js';
export * from './ipv6.js';
export * from './ipv6-extensions.js';
export { writeIpv6 } from './ipv6-text.js';
export { type MacAddress, macFromBytes, macToBytes, parseMacAddress } from './mac.js';
export * from './ndp-options.js';
export {
  type CapturedPacket,
  type LinkType,
  LinkTypeNumber,
  PCAP_HEADER_BYTES,
  PCAP_RECORD_HEADER_BYTES,
  type PcapOptions,
  pcapHeader,
  pcapRecord,
  type TimeUnit,
} from './pcap.js';
export * from './pcapng.js';
export * from './tcp.js';
export * from './tcp-options.js';
export * from './udp.js';
export * from './vxlan.js';
export * from './vxlan-tunnel.js';
