/** A packet at a netfilter hook, and what the trace tells of it. */
import type { Hook, Passage, RuleMatch } from '../netfilter/passage.js';
import { sendError } from './icmp.js';
import { readIp } from './ip-packet.js';
import type { Netns } from './netns.js';
import { type Packet, withBytes } from './packet.js';

interface Devices {
  readonly iif?: string;
  readonly oif?: string;
}

/** Undefined where a rule kept it. */
export function passHook(netns: Netns, hook: Hook, packet: Packet, devices: Devices): Packet | undefined {
  return meet(netns, hook, packet, devices)?.packet;
}

/** With the mark it is to be routed anew by, where its first route holds no more. */
export function passOutput(netns: Netns, packet: Packet, oif: string): Met | undefined {
  return meet(netns, 'output', packet, { oif });
}

interface Met {
  readonly packet: Packet;
  readonly rerouteMark?: number | undefined;
}

function meet(netns: Netns, hook: Hook, packet: Packet, devices: Devices): Met | undefined {
  const { netfilter } = netns;
  if (netfilter.isEmpty) return { packet };
  const passage = netfilter.pass(hook, {
    packet: packet.bytes,
    mark: packet.mark,
    ...(packet.budget && { budget: packet.budget }),
    ...devices,
    ...surroundings(netns, hook, packet, devices),
  });
  tell(netns, hook, packet, passage);
  if (passage.verdict !== 'accept') {
    if (passage.verdict === 'reject') reject(netns, packet, passage.rejectWith);
    return undefined;
  }
  const { mark, rerouteMark } = passage;
  if (passage.packet === packet.bytes && mark === packet.mark) return { packet, rerouteMark };
  return { packet: { ...withBytes(packet, passage.packet), mark }, rerouteMark };
}

function surroundings(netns: Netns, hook: Hook, { bytes }: Packet, { oif }: Devices) {
  const ip = readIp(bytes);
  if (ip === undefined) return {};
  if (hook === 'prerouting') return { toLocal: netns.fib.isLocal(ip.destination) };
  if (hook !== 'postrouting' || oif === undefined) return {};
  const masqueradeSource = netns.sourceAddress(oif, ip.family, ip.destination);
  return masqueradeSource === undefined ? {} : { masqueradeSource };
}

function tell(netns: Netns, hook: Hook, packet: Packet, passage: Passage): void {
  if (packet.trace === undefined) return;
  const { verdict, matches, notUnderstood, translation } = passage;
  // As many as there are then, nobody reads them.
  if (passage.isEndless) {
    netns.drop(packet, 'forwarding-loop', `${hook}: it and what it gave rise to have met too many rules`);
    return;
  }
  for (const match of notUnderstood) {
    const text = `${hook}: a rule that is not modelled is taken not to match`;
    netns.tell(packet, 'filter', text, { row: rowOf(match), isSkipped: true });
  }
  const deciding = verdict === 'accept' ? undefined : matches.at(-1);
  for (const match of matches)
    if (match !== deciding) netns.tell(packet, 'filter', `${hook}: ${match.rule}`, { row: rowOf(match) });
  if (translation !== undefined) netns.tell(packet, 'translate', translation, { after: passage.packet });
  if (verdict === 'accept') return;
  const row = rowOf(deciding ?? { table: '', chain: '', rule: verdict });
  netns.drop(packet, 'filtered', `${hook}: ${row.text}`, { row });
}

const rowOf = ({ table, chain, rule }: RuleMatch) =>
  ({ table: 'nftables', text: `${table} ${chain}: ${rule}`, chain: `${table} ${chain}`, rule }) as const;

function reject(netns: Netns, packet: Packet, rejectWith: string | undefined): void {
  const ip = readIp(packet.bytes);
  if (rejectWith === 'tcp reset' && ip !== undefined) netns.sockets.rejectTcp(packet, ip);
  else sendError(netns, packet, rejection(rejectWith));
}

function rejection(rejectWith = 'icmp port-unreachable') {
  if (rejectWith.includes('host-unreachable') || rejectWith.includes('addr-unreachable'))
    return { kind: 'host-unreachable' } as const;
  if (rejectWith.includes('admin-prohibited')) return { kind: 'prohibited' } as const;
  if (rejectWith.includes('net-unreachable') || rejectWith.includes('no-route'))
    return { kind: 'no-route' } as const;
  return { kind: 'port-unreachable' } as const;
}
