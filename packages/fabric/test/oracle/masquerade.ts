/** Whether a packet is masqueraded: by rules in nft's JSON, and by flannel's as `iptables -S` has them. */
import { contains } from '@podlan/linux/prefix';
import { familyOf, type IpPrefix, parseIpAddress, parseIpPrefix } from '@podlan/wire';

export interface Packet {
  readonly family: 4 | 6;
  readonly source: string;
  readonly destination: string;
  readonly mark: number;
}

interface Match {
  readonly op: '==' | '!=';
  readonly left: { payload?: { protocol: string; field: 'saddr' | 'daddr' }; '&'?: [unknown, number] };
  readonly right: number | string | { prefix: { addr: string; len: number } };
}
interface Expression {
  readonly match?: Match;
  readonly return?: null;
  readonly masquerade?: unknown;
}

const within = (prefix: string, address: string): boolean =>
  contains(parseIpPrefix(prefix)!, parseIpAddress(address)!);

/** The first rule whose matches all hold says it; none says no. */
export function masquerades(rules: readonly (readonly unknown[])[], packet: Packet): boolean {
  for (const rule of rules as Expression[][]) {
    if (!rule.every(({ match }) => match === undefined || holds(match, packet))) continue;
    return rule.some((one) => 'masquerade' in one);
  }
  return false;
}

function holds({ op, left, right }: Match, packet: Packet): boolean {
  if (left['&']) return (packet.mark & left['&'][1]) === right;
  const { protocol, field } = left.payload!;
  if ((protocol === 'ip') !== (packet.family === 4)) return false;
  const { addr, len } = (right as { prefix: { addr: string; len: number } }).prefix;
  const inside = within(`${addr}/${len}`, field === 'saddr' ? packet.source : packet.destination);
  return op === '==' ? inside : !inside;
}

/** pkg/trafficmngr/iptables, in iptables mode: the chain FLANNEL-POSTRTG of each family. */
const flannelChain = (network: string, subnet: string, multicast: string) => `
  --mark 0x4000/0x4000 RETURN
  -s ${subnet} -d ${network} RETURN
  -s ${network} -d ${subnet} RETURN
  ! -s ${network} -d ${subnet} RETURN
  -s ${network} ! -d ${multicast} MASQUERADE
  ! -s ${network} -d ${network} MASQUERADE`;

export function flannelMasquerades(
  { network, subnet }: { network: IpPrefix; subnet: IpPrefix },
  packet: Packet,
): boolean {
  if (familyOf(network) !== packet.family) return false;
  const chain = flannelChain(network, subnet, packet.family === 4 ? '224.0.0.0/4' : 'ff00::/8');
  for (const line of chain.trim().split('\n')) {
    const words = line.trim().split(' ');
    const target = words.pop();
    if (flannelMatches(words, packet)) return target === 'MASQUERADE';
  }
  return false;
}

function flannelMatches(words: readonly string[], packet: Packet): boolean {
  return words.every((option, i) => {
    const value = words[i + 1]!;
    if (option === '--mark')
      return (packet.mark & Number(value.split('/')[1])) === Number(value.split('/')[0]);
    if (option !== '-s' && option !== '-d') return true;
    const inside = within(value, option === '-s' ? packet.source : packet.destination);
    return words[i - 1] === '!' ? !inside : inside;
  });
}
