/** Addresses and packet codecs. Everything here is pure: no sockets, no clock, no dependencies. */

export * from './address.js';
export * from './arp.js';
export * from './checksum.js';
export * from './dissect.js';
export * from './ethernet.js';
export * from './icmp.js';
export * from './icmpv6.js';
export * from './ip-protocol.js';
export * from './ipv4.js';
export { formatIpv4Number, parseIpv4Number } from './ipv4-text.js';
export * from './ipv6.js';
export { writeIpv6 } from './ipv6-text.js';
export * from './ndp-options.js';
export * from './pcap.js';
export * from './pcapng.js';
export * from './tcp.js';
export * from './tcp-options.js';
export * from './udp.js';
export * from './vxlan.js';
