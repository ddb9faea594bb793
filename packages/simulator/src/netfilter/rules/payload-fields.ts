/** Fields of headers by nft's names: where they lie, and what they hold. */
import * as names from './names.js';
import { address, flags, number, type ScalarType } from './value.js';

export interface PayloadField {
  /** In bits, from the beginning of the header. */
  readonly offset: number;
  readonly type: ScalarType;
}

const port = number(16);
const at = (offset: number, type: ScalarType): PayloadField => ({ offset, type });

const IP: Readonly<Record<string, PayloadField>> = {
  version: at(0, number(4)),
  hdrlength: at(4, number(4)),
  dscp: at(8, number(6, names.DSCP)),
  ecn: at(14, number(2, names.ECN)),
  length: at(16, number(16)),
  id: at(32, number(16)),
  'frag-off': at(48, number(16)),
  ttl: at(64, number(8)),
  protocol: at(72, number(8, names.PROTOCOLS)),
  checksum: at(80, number(16)),
  saddr: at(96, address(4)),
  daddr: at(128, address(4)),
};

const IP6: Readonly<Record<string, PayloadField>> = {
  version: at(0, number(4)),
  dscp: at(4, number(6, names.DSCP)),
  ecn: at(10, number(2, names.ECN)),
  flowlabel: at(12, number(20)),
  length: at(32, number(16)),
  nexthdr: at(48, number(8, names.PROTOCOLS)),
  hoplimit: at(56, number(8)),
  saddr: at(64, address(6)),
  daddr: at(192, address(6)),
};

const TH: Readonly<Record<string, PayloadField>> = { sport: at(0, port), dport: at(16, port) };

const TCP: Readonly<Record<string, PayloadField>> = {
  ...TH,
  sequence: at(32, number(32)),
  ackseq: at(64, number(32)),
  doff: at(96, number(4)),
  flags: at(104, flags(8, names.TCP_FLAGS)),
  window: at(112, number(16)),
  checksum: at(128, number(16)),
  urgptr: at(144, number(16)),
};

const UDP: Readonly<Record<string, PayloadField>> = {
  ...TH,
  length: at(32, number(16)),
  checksum: at(48, number(16)),
};

const icmp = (types: Readonly<Record<string, number>>, codes: Readonly<Record<string, number>>) => ({
  type: at(0, number(8, types)),
  code: at(8, number(8, codes)),
  checksum: at(16, number(16)),
  id: at(32, number(16)),
  sequence: at(48, number(16)),
});

/** By nft's name of the header; `protocol`: of the transports, which one has it. */
export const HEADERS: Readonly<
  Record<
    string,
    {
      readonly fields: Readonly<Record<string, PayloadField>>;
      readonly family?: 4 | 6;
      readonly protocol?: number;
      readonly isNetwork?: true;
    }
  >
> = {
  ip: { fields: IP, family: 4, isNetwork: true },
  ip6: { fields: IP6, family: 6, isNetwork: true },
  th: { fields: TH },
  tcp: { fields: TCP, protocol: 6 },
  udp: { fields: UDP, protocol: 17 },
  sctp: { fields: TH, protocol: 132 },
  icmp: { fields: icmp(names.ICMP_TYPES, names.ICMP_CODES), family: 4, protocol: 1 },
  icmpv6: { fields: icmp(names.ICMPV6_TYPES, names.ICMPV6_CODES), family: 6, protocol: 58 },
};

/** `bits` from bit `offset` of what begins at `from`; undefined where they are not there. */
export function readBits(
  bytes: Uint8Array,
  from: number,
  end: number,
  offset: number,
  bits: number,
): bigint | undefined {
  const first = from + (offset >> 3);
  const last = from + ((offset + bits - 1) >> 3);
  if (last >= Math.min(end, bytes.length)) return undefined;
  let value = 0n;
  for (let at = first; at <= last; at++) value = (value << 8n) | BigInt(bytes[at]!);
  const behind = (8 - ((offset + bits) & 7)) & 7;
  return (value >> BigInt(behind)) & ((1n << BigInt(bits)) - 1n);
}
