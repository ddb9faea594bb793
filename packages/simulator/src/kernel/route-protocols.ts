/** Who makes routes: the numbers of `ip route … proto` that have names (iproute2's etc/rt_protos). */
export const PROTOCOL_NAMES: Readonly<Record<number, string>> = {
  3: 'boot',
  4: 'static',
  8: 'gated',
  9: 'ra',
  11: 'zebra',
  12: 'bird',
  14: 'xorp',
  16: 'dhcp',
  17: 'mrouted',
  18: 'keepalived',
  42: 'babel',
  186: 'bgp',
  187: 'isis',
  188: 'ospf',
  189: 'rip',
  192: 'eigrp',
};

export const protocolText = (protocol: number | 'kernel'): string =>
  protocol === 'kernel' ? protocol : (PROTOCOL_NAMES[protocol] ?? String(protocol));
