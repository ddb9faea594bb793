/** Routing tables and the rules that choose among them (`ip route`, `ip rule`; net/ipv4/fib_trie.c, fib_rules.c). */
import type { Route } from '@podlan/linux/model';
import { addressBits, addressValue } from '@podlan/linux/prefix';
import {
  type Family,
  familyOf,
  type IpAddress,
  type IpPrefix,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';

export const TABLE_DEFAULT = 253;
export const TABLE_MAIN = 254;
export const TABLE_LOCAL = 255;

export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'multicast'
  | 'anycast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw';

/** A route of any table. */
export interface FibRoute {
  readonly prefix: IpPrefix;
  readonly type: RouteType;
  readonly dev?: string | undefined;
  /** Those of its further next hops, of which none is taken: what comes in by them is no martian. */
  readonly otherDevs?: readonly string[];
  readonly via?: IpAddress | undefined;
  readonly onlink?: boolean | undefined;
  readonly metric: number;
  /** Preferred source address. */
  readonly source?: IpAddress | undefined;
  /** `kernel` for what the kernel made with an address. */
  readonly protocol?: number | 'kernel' | undefined;
  /** Bytes; absent for the device's. */
  readonly mtu?: number | undefined;
  /** As it was put there. */
  readonly row?: Route | undefined;
}

/** Any of its next hops will do (fib_info_nh_uses_dev). */
export const leadsBy = ({ dev, otherDevs = [] }: FibRoute, name: string): boolean =>
  dev === name || otherDevs.includes(name);

/** A rule of the policy database. */
export interface FibRule {
  readonly priority: number;
  readonly table: number;
  /** Absent: any. */
  readonly from?: IpPrefix;
  readonly to?: IpPrefix;
  readonly iif?: string;
  readonly oif?: string;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly action: 'lookup' | 'blackhole' | 'unreachable' | 'prohibit';
}

/** What is to be routed. */
export interface Flow {
  readonly destination: IpAddress;
  readonly source?: IpAddress;
  readonly iif?: string;
  /** The device it must leave by, where one is asked for. */
  readonly oif?: string;
  readonly mark?: number;
}

export interface FibMatch {
  readonly route: FibRoute;
  readonly table: number;
  /** Where a rule says no by itself, before any table is looked at. */
  readonly rule?: FibRule;
}

const DEFAULT_RULES: Readonly<Record<Family, readonly FibRule[]>> = {
  4: [
    { priority: 0, table: TABLE_LOCAL, action: 'lookup' },
    { priority: 32766, table: TABLE_MAIN, action: 'lookup' },
    { priority: 32767, table: TABLE_DEFAULT, action: 'lookup' },
  ],
  6: [
    { priority: 0, table: TABLE_LOCAL, action: 'lookup' },
    { priority: 32766, table: TABLE_MAIN, action: 'lookup' },
  ],
};

/** One table of one family: longest prefix first, then lowest metric. */
class FibTable {
  readonly #bits: number;
  readonly #byLength = new Map<number, Map<bigint, FibRoute[]>>();
  /** Longest first. */
  #lengths: number[] = [];

  constructor(family: Family) {
    this.#bits = family === 4 ? 32 : 128;
  }

  *[Symbol.iterator](): Generator<FibRoute> {
    for (const byNetwork of this.#byLength.values()) for (const routes of byNetwork.values()) yield* routes;
  }

  at(prefix: IpPrefix): readonly FibRoute[] {
    return this.#byLength.get(prefixLength(prefix))?.get(this.#networkOf(prefix)) ?? [];
  }

  /** Replaces those of the same prefix and metric. */
  set(route: FibRoute): void {
    const others = this.at(route.prefix).filter(({ metric }) => metric !== route.metric);
    this.#put(route.prefix, inOrder(others, route));
  }

  /** Beside those of the same prefix and metric. */
  append(route: FibRoute): void {
    this.#put(route.prefix, inOrder(this.at(route.prefix), route));
  }

  delete(prefix: IpPrefix, matches: (route: FibRoute) => boolean): boolean {
    const before = this.at(prefix);
    const after = before.filter((route) => !matches(route));
    if (after.length === before.length) return false;
    this.#put(prefix, after);
    return true;
  }

  lookup(destination: bigint, accepts: (route: FibRoute) => boolean): FibRoute | undefined {
    for (const length of this.#lengths) {
      const routes = this.#byLength.get(length)!.get(destination >> BigInt(this.#bits - length));
      const route = routes?.find(accepts);
      if (route !== undefined) return route;
    }
    return undefined;
  }

  #networkOf(prefix: IpPrefix): bigint {
    return addressValue(prefixAddress(prefix)) >> BigInt(this.#bits - prefixLength(prefix));
  }

  #put(prefix: IpPrefix, routes: FibRoute[]): void {
    const length = prefixLength(prefix);
    const network = this.#networkOf(prefix);
    const byNetwork = this.#byLength.get(length) ?? new Map<bigint, FibRoute[]>();
    if (routes.length === 0) byNetwork.delete(network);
    else byNetwork.set(network, routes);
    if (byNetwork.size === 0) this.#byLength.delete(length);
    else this.#byLength.set(length, byNetwork);
    if (byNetwork.size <= 1) this.#lengths = [...this.#byLength.keys()].sort((a, b) => b - a);
  }
}

/** One is what most prefixes have, and an array that is built up takes room for more. */
function inOrder(others: readonly FibRoute[], route: FibRoute): FibRoute[] {
  return others.length === 0 ? [route] : [...others, route].sort((a, b) => a.metric - b.metric);
}

let lastAddress: IpAddress | undefined;
let lastValue = 0n;

/** What is asked of one host is mostly asked of the next one, too: a frame for all comes to thousands. */
function numberOf(address: IpAddress): bigint {
  if (address !== lastAddress) {
    lastValue = addressValue(address);
    lastAddress = address;
  }
  return lastValue;
}

/** All tables and rules of a network namespace, of both families. */
export class Fib {
  readonly #tables: Readonly<Record<Family, Map<number, FibTable>>> = { 4: new Map(), 6: new Map() };
  readonly #rules: Record<Family, readonly FibRule[]> = { ...DEFAULT_RULES };

  rules(family: Family): readonly FibRule[] {
    return this.#rules[family];
  }

  setRules(family: Family, rules: readonly FibRule[]): void {
    this.#rules[family] = [...rules].sort((a, b) => a.priority - b.priority);
  }

  routes(family: Family, table: number): Iterable<FibRoute> {
    return this.#table(family, table);
  }

  at(prefix: IpPrefix, table = TABLE_MAIN): readonly FibRoute[] {
    return this.#table(familyOf(prefix), table).at(prefix);
  }

  set(route: FibRoute, table = TABLE_MAIN): void {
    this.#table(familyOf(route.prefix), table).set(route);
  }

  append(route: FibRoute, table = TABLE_MAIN): void {
    this.#table(familyOf(route.prefix), table).append(route);
  }

  delete(prefix: IpPrefix, matches: (route: FibRoute) => boolean, table = TABLE_MAIN): boolean {
    return this.#table(familyOf(prefix), table).delete(prefix, matches);
  }

  /** Of all tables. */
  *all(): Generator<{ readonly route: FibRoute; readonly table: number }> {
    for (const [number, table] of [...this.#tables[4], ...this.#tables[6]])
      for (const route of table) yield { route, table: number };
  }

  /** Deletes what matches in all tables; returns what went. */
  deleteWhere(matches: (route: FibRoute, table: number) => boolean): FibRoute[] {
    const gone: FibRoute[] = [];
    for (const [number, table] of [...this.#tables[4], ...this.#tables[6]]) {
      for (const route of [...table]) {
        if (!matches(route, number)) continue;
        table.delete(route.prefix, (one) => one === route);
        gone.push(route);
      }
    }
    return gone;
  }

  isLocal(address: IpAddress): boolean {
    return this.#localType(address) === 'local';
  }

  isBroadcast(address: IpAddress): boolean {
    return this.#localType(address) === 'broadcast';
  }

  #localType(address: IpAddress): RouteType | undefined {
    return this.#table(familyOf(address), TABLE_LOCAL).lookup(numberOf(address), () => true)?.type;
  }

  /** The route of a packet; undefined where no table has one. */
  lookup(flow: Flow): FibMatch | undefined {
    const family = familyOf(flow.destination);
    const destination = numberOf(flow.destination);
    const accepts = (route: FibRoute) =>
      flow.oif === undefined || route.dev === undefined || route.dev === flow.oif;
    for (const rule of this.#rules[family]) {
      if (!ruleMatches(rule, flow)) continue;
      if (rule.action !== 'lookup') return { route: refusalOf(rule, family), table: rule.table, rule };
      const route = this.#table(family, rule.table).lookup(destination, accepts);
      if (route !== undefined && route.type !== 'throw') return { route, table: rule.table };
    }
    return undefined;
  }

  #table(family: Family, number: number): FibTable {
    const known = this.#tables[family].get(number);
    if (known !== undefined) return known;
    const table = new FibTable(family);
    this.#tables[family].set(number, table);
    return table;
  }
}

function ruleMatches(rule: FibRule, flow: Flow): boolean {
  const { mark = 0 } = flow;
  return (
    (rule.iif === undefined || rule.iif === (flow.iif ?? 'lo')) &&
    (rule.oif === undefined || rule.oif === flow.oif) &&
    (rule.mark === undefined || ((mark ^ rule.mark.value) & rule.mark.mask) === 0) &&
    isIn(rule.from, flow.source) &&
    isIn(rule.to, flow.destination)
  );
}

function isIn(prefix: IpPrefix | undefined, address: IpAddress | undefined): boolean {
  if (prefix === undefined || prefixLength(prefix) === 0) return true;
  if (address === undefined) return false;
  const shift = BigInt(addressBits(prefix) - prefixLength(prefix));
  return addressValue(prefixAddress(prefix)) >> shift === addressValue(address) >> shift;
}

function refusalOf({ action }: FibRule, family: Family): FibRoute {
  const prefix = (family === 4 ? '0.0.0.0/0' : '::/0') as IpPrefix;
  return { prefix, type: action as RouteType, metric: 0 };
}

/** As a row of the main table; undefined for what no row is: a route of the kernel's own, or one without a device. */
export function routeRow(route: FibRoute): Route | undefined {
  const { prefix, type, dev, via, onlink, metric, protocol } = route;
  if (type !== 'unicast' || dev === undefined || protocol === 'kernel') return undefined;
  const isDefaultMetric = metric === (familyOf(prefix) === 4 ? 0 : 1024);
  return {
    kind: 'route',
    prefix,
    dev,
    ...(via && { via }),
    ...(onlink && { onlink }),
    ...(!isDefaultMetric && { metric }),
    ...(protocol !== undefined && { protocol }),
  };
}
