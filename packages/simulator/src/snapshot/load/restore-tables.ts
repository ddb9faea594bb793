/** Tables of a snapshot's namespace: routes, rules, neighbors, forwarding databases, sockets, sysctls, nftables. */

import { type Family, familyOf, type MacAddress, parseMacAddress } from '@podlan/wire';
import { Bridge, type EntryKind } from '../../devices/bridge.js';
import { Vxlan } from '../../devices/vxlan.js';
import { type FibRoute, type FibRule, TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from '../../kernel/fib.js';
import type { NeighborState } from '../../kernel/neighbors.js';
import type { Netns } from '../../kernel/netns.js';
import type { NamespaceSnapshot } from '../namespace-schema.js';
import type { FdbSnapshot, LinkSnapshot, NeighborSnapshot, RouteSnapshot, RuleSnapshot } from '../types.js';
import { allPackets, type Note, packetsOfRoute, packetsOfRule, prefixFrom, withLength } from './concerns.js';

/** `note` hears of what is not simulated. */
export function restoreTables(netns: Netns, snapshot: NamespaceSnapshot, note: Note): void {
  const tables = tableNumbers(note);
  for (const route of snapshot.routes) restoreRoute(netns, route, tables, note);
  restoreRules(netns, snapshot.rules, tables, note);
  for (const neighbor of snapshot.neighbors) restoreNeighbor(netns, neighbor);
  for (const entry of snapshot.fdb) restoreFdbEntry(netns, entry);
  netns.sysctls.restore(snapshot.sysctls);
  for (const link of snapshot.links) restoreRulesCalled(netns, link);
  noteChains(snapshot, note);
  if (snapshot.nftables.length > 0) netns.netfilter.load({ nftables: snapshot.nftables });
  for (const table of snapshot.unknown ?? [])
    note(`its ${table} could not be read`, table === 'sockets' ? undefined : allPackets);
}

/** `nf_call_iptables` of a bridge: its frames meet the rules of IP. */
function restoreRulesCalled(netns: Netns, { ifname, linkinfo }: LinkSnapshot): void {
  const bridge = netns.device(ifname);
  const { nf_call_iptables = 0, nf_call_ip6tables = 0 } = linkinfo?.info_data ?? {};
  if (bridge instanceof Bridge) bridge.rulesCalled = { 4: nf_call_iptables > 0, 6: nf_call_ip6tables > 0 };
}

const FAMILIES_OF_IP: ReadonlySet<string> = new Set(['ip', 'ip6', 'inet']);

/** Base chains that see frames, which no hook of IP asks. */
function noteChains({ nftables }: NamespaceSnapshot, note: Note): void {
  for (const { chain } of nftables) {
    if (chain?.hook === undefined) continue;
    const { family, table, name, hook, policy } = chain;
    if (FAMILIES_OF_IP.has(family) && hook !== 'ingress') continue;
    const text = `chain ${name} of table ${family} ${table} is left out: hook ${hook} of ${family} is not simulated`;
    const hasRules = nftables.some(
      ({ rule }) => rule?.family === family && rule.table === table && rule.chain === name,
    );
    note(text, family !== 'arp' && (hasRules || policy === 'drop') ? allPackets : undefined);
  }
}

const TABLES: Readonly<Record<string, number>> = {
  default: TABLE_DEFAULT,
  main: TABLE_MAIN,
  local: TABLE_LOCAL,
};

/** Of names that the host's rt_tables has, and that no snapshot knows: beyond what a number there can be. */
const FIRST_NAMED_TABLE = 2 ** 32;

type TableNumbers = (name?: string) => number;

function tableNumbers(note: Note): TableNumbers {
  const named = new Map<string, number>();
  return (name = 'main') => {
    const number = TABLES[name] ?? Number(name);
    if (Number.isInteger(number)) return number;
    const known = named.get(name) ?? FIRST_NAMED_TABLE + named.size;
    if (!named.has(name)) note(`routing table ${name} is shown as table ${known}`);
    named.set(name, known);
    return known;
  };
}

const familyNumber = (family: 'inet' | 'inet6'): Family => (family === 'inet' ? 4 : 6);

const TYPES: ReadonlySet<string> = new Set<FibRoute['type']>([
  ...(['unicast', 'local', 'broadcast', 'multicast', 'anycast'] as const),
  ...(['blackhole', 'unreachable', 'prohibit', 'throw'] as const),
]);

function restoreRoute(netns: Netns, route: RouteSnapshot, tables: TableNumbers, note: Note): void {
  const { type = 'unicast', dst, dev, metric = 0, prefsrc, protocol, flags, nexthops = [] } = route;
  const table = tables(route.table);
  if (!TYPES.has(type)) {
    note(`route ${dst} of table ${route.table} and type ${type} is left out`, packetsOfRoute(route));
    return;
  }
  const asked = (['tos', 'from'] as const).filter((key) => route[key] !== undefined);
  if (asked.length > 0) {
    note(`route ${dst} is left out: ${asked.join(', ')} is not simulated`, packetsOfRoute(route));
    return;
  }
  if (flags.includes('dead')) return;
  const alive = nexthops.filter((one) => !one.flags.includes('dead'));
  const [hop, ...others] = alive;
  if (nexthops.length > 1) note(`of the ${nexthops.length} next hops of route ${dst} the first is taken`);
  const via = route.gateway ?? route.via?.host ?? hop?.gateway ?? hop?.via?.host;
  const out = dev ?? hop?.dev;
  const onlink = flags.includes('onlink') || (hop?.flags.includes('onlink') ?? false);
  const mtu = mtuIn(route);
  netns.fib.append(
    {
      ...{ prefix: prefixFrom(dst, route.family), type: type as FibRoute['type'], metric },
      ...(out !== undefined && { dev: out }),
      ...(others.length > 0 && { otherDevs: others.flatMap((one) => one.dev ?? []) }),
      ...(via !== undefined && { via }),
      ...(onlink && { onlink }),
      ...(prefsrc !== undefined && { source: prefsrc }),
      ...(protocol !== undefined && protocolOf(protocol)),
      ...(mtu !== undefined && { mtu }),
    },
    table,
  );
}

function protocolOf(text: string): Pick<FibRoute, 'protocol'> {
  const number = Number(text);
  if (Number.isInteger(number)) return { protocol: number };
  return text === 'kernel' ? { protocol: 'kernel' } : {};
}

function mtuIn({ metrics = [] }: RouteSnapshot): number | undefined {
  const mtu = metrics.map((one) => one.mtu).find((one) => typeof one === 'number');
  return typeof mtu === 'number' ? mtu : undefined;
}

function restoreRules(netns: Netns, rules: readonly RuleSnapshot[], tables: TableNumbers, note: Note): void {
  for (const family of [4, 6] as const) {
    const ofFamily = rules.filter((rule) => familyNumber(rule.family) === family);
    const restored = ofFamily.flatMap((rule) => ruleOf(rule, tables, note) ?? []);
    if (ofFamily.length > 0) netns.fib.setRules(family, restored);
  }
}

const ACTIONS: ReadonlySet<string> = new Set(['lookup', 'blackhole', 'unreachable', 'prohibit']);
/** What a rule may ask, and is not simulated. */
const UNMODELLED = [
  'not',
  'ipproto',
  'sport',
  'sport_start',
  'dport',
  'dport_start',
  'suppress_prefixlen',
  'suppress_ifgroup',
  'l3mdev',
  'goto',
  'tos',
] as const;

function ruleOf(rule: RuleSnapshot, tables: TableNumbers, note: Note): FibRule | undefined {
  const { priority, iif, oif, fwmark, fwmask, action = 'lookup' } = rule;
  // The kernel is who forwards: user 0.
  if (rule.uid_start !== undefined && rule.uid_start > 0) {
    note(`rule ${priority} is left out: it is for programs of users ${rule.uid_start} to ${rule.uid_end}`);
    return undefined;
  }
  const table = tables(rule.table ?? 'main');
  const strange = UNMODELLED.filter((key) => rule[key] !== undefined);
  const isPlain = strange.length === 0 && ACTIONS.has(action);
  if (!isPlain) {
    const text = `rule ${priority} is left out: ${strange.join(', ') || action} is not simulated`;
    note(text, packetsOfRule(rule));
    return undefined;
  }
  return {
    ...{ priority, table, action: action as FibRule['action'] },
    ...sideOf('from', rule.src, rule.srclen, rule.family),
    ...sideOf('to', rule.dst, rule.dstlen, rule.family),
    ...(iif !== undefined && { iif }),
    ...(oif !== undefined && { oif }),
    ...(fwmark !== undefined && { mark: { value: Number(fwmark), mask: Number(fwmask ?? 0xffffffff) } }),
  };
}

function sideOf(
  key: 'from' | 'to',
  text: string | undefined,
  length: number | undefined,
  family: RuleSnapshot['family'],
) {
  return text === undefined || text === 'all' ? {} : { [key]: prefixFrom(withLength(text, length), family) };
}

const STATES: Readonly<Record<string, NeighborState>> = {
  PERMANENT: 'permanent',
  NOARP: 'noarp',
  REACHABLE: 'reachable',
  STALE: 'stale',
  DELAY: 'stale',
  PROBE: 'stale',
};

function restoreNeighbor(netns: Netns, { dst, dev, lladdr, state, proxy }: NeighborSnapshot): void {
  const device = netns.device(dev ?? '');
  const mac = parseMacAddress(lladdr ?? '');
  const known = state.map((word) => STATES[word]).find((one) => one !== undefined);
  if (device === undefined || mac === undefined || known === undefined || proxy !== undefined) return;
  netns.neighbors.set(device, dst, mac, known);
}

function restoreFdbEntry(netns: Netns, entry: FdbSnapshot): void {
  const device = netns.device(entry.ifname);
  const mac = parseMacAddress(entry.mac);
  if (device === undefined || mac === undefined) return;
  const isPermanent = entry.state === 'permanent' || entry.state === 'static';
  if (entry.master !== undefined) {
    if (device.master instanceof Bridge && !isGroup(mac)) device.master.know(mac, device, kindOf(entry));
  } else if (device instanceof Vxlan) restoreDestination(device, mac, entry, isPermanent);
}

const kindOf = ({ state }: FdbSnapshot): EntryKind =>
  state === 'permanent' ? 'local' : state === 'static' ? 'static' : 'learned';

/** Several of one MAC are where copies go to. */
function restoreDestination(
  device: Vxlan,
  mac: MacAddress,
  { dst, port, vni, via }: FdbSnapshot,
  isPermanent: boolean,
): void {
  if (dst === undefined || familyOf(dst) !== familyOf(device.local)) return;
  const remote = {
    dst,
    ...(port !== undefined && { port }),
    ...(vni !== undefined && { vni }),
    ...(via !== undefined && { via }),
  };
  const first = device.fdb.get(mac);
  if (first === undefined) device.fdb.set(mac, { ...remote, isPermanent });
  else device.fdb.set(mac, { ...first, others: [...(first.others ?? []), remote] });
}

const isGroup = (mac: MacAddress): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
