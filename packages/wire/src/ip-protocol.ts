/** Protocol numbers shared by IPv4's protocol and IPv6's next header field (IANA "Protocol Numbers"). */

export const IpProtocol = {
  hopByHop: 0,
  icmp: 1,
  tcp: 6,
  udp: 17,
  routing: 43,
  fragment: 44,
  authentication: 51,
  icmpv6: 58,
  noNextHeader: 59,
  destinationOptions: 60,
  mobility: 135,
} as const;
