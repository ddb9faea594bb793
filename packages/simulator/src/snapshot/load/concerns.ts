/** Which packets a row that is left out would have had a say about. */
import { addressBits, contains } from '@podlan/linux/prefix';
import { type IpAddress, type IpPrefix, parseIpPrefix } from '@podlan/wire';
import { readIp } from '../../kernel/ip-packet.js';
import type { LeftOut } from '../../trace/doubts.js';
import type { RouteSnapshot, RuleSnapshot } from '../types.js';

export type Concerns = LeftOut['concerns'];

/** Told besides which packets a row decides about, where it decides about any. */
export type Note = (text: string, concerns?: Concerns) => void;

export const allPackets: Concerns = () => true;

export function packetsOfRoute({ dst, from, family }: RouteSnapshot): Concerns {
  const [to, source] = [prefixFrom(dst, family), prefixFrom(from ?? 'all', family)];
  return within(source, to);
}

/** Ports and marks are not looked at: rather one too many than one too few. */
export function packetsOfRule({
  src = 'all',
  srclen,
  dst = 'all',
  dstlen,
  family,
  ...rule
}: RuleSnapshot): Concerns {
  const everyone = prefixFrom('all', family);
  if (rule.not !== undefined) return within(everyone, everyone);
  return within(prefixFrom(withLength(src, srclen), family), prefixFrom(withLength(dst, dstlen), family));
}

export const withLength = (text: string, length: number | undefined): string =>
  length === undefined ? text : `${text}/${length}`;

function within(from: IpPrefix, to: IpPrefix): Concerns {
  return (packet) => {
    const ip = readIp(packet);
    return ip !== undefined && contains(from, ip.source) && contains(to, ip.destination);
  };
}

/** `default` and `all`, an address, a prefix. */
export function prefixFrom(text: string, family: 'inet' | 'inet6'): IpPrefix {
  if (text === 'default' || text === 'all') return (family === 'inet' ? '0.0.0.0/0' : '::/0') as IpPrefix;
  const whole = text.includes('/') ? text : `${text}/${addressBits(text as IpAddress)}`;
  return parseIpPrefix(whole)!;
}
