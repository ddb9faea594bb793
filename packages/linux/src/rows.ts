/** What a row is called: its key among its kind, its device, its text in iproute2's words. */
import {
  type Chain,
  type ForwarderRow,
  type Link,
  ROUTE_PROTOCOL,
  type Route,
  type Row,
  type Scope,
  type Table,
  type Tunnel,
} from './model.js';

/**
 * The metric the kernel gives a route that names none: IPv4 0, IPv6 1024 (IP6_RT_PRIO_USER).
 * @example
 * ```ts
 * import { defaultMetric } from '@podlan/linux/model';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * defaultMetric({ prefix: parseIpPrefix('10.244.2.0/24')! }); // => 0
 * defaultMetric({ prefix: parseIpPrefix('fd00:244:2::/64')! }); // => 1024
 * ```
 */
export const defaultMetric = (route: Pick<Route, 'prefix'>): number =>
  route.prefix.includes(':') ? 1024 : 0;

/**
 * Two rows with the same key describe the same kernel object, and the kernel holds one of them at most.
 * @example
 * ```ts
 * import { type Route, rowKey } from '@podlan/linux/model';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * const route: Route = { kind: 'route', prefix: parseIpPrefix('10.244.2.0/24')!, dev: 'flannel.1' };
 * rowKey(route); // => 'route 10.244.2.0/24 0'
 * rowKey({ ...route, dev: 'eth0' }) === rowKey(route); // => true
 * ```
 */
export function rowKey(row: Row): string {
  switch (row.kind) {
    case 'link':
    case 'chain':
      return `${row.kind} ${row.name}`;
    case 'sysctl':
      return `sysctl ${row.key}`;
    case 'address':
    case 'neighbor':
      return `${row.kind} ${row.dev} ${row.address}`;
    case 'fdb':
      return `fdb ${row.dev} ${row.mac}`;
    case 'route':
      return `route ${row.prefix} ${row.metric ?? defaultMetric(row)}`;
    case 'forwarder':
      return `forwarder ${row.dev}`;
    case 'tunnel':
      return `tunnel ${row.dev} ${row.prefix}`;
  }
}

const DEVICE_SYSCTL = /^net\/ipv[46]\/(?:conf|neigh)\/([^/]+)\//;

/**
 * The device a row stands on and vanishes with; undefined for what stands on none.
 * @example
 * ```ts
 * import { deviceOf } from '@podlan/linux/model';
 *
 * deviceOf({ kind: 'sysctl', key: 'net/ipv6/conf/cni0/accept_ra', value: '0' }); // => 'cni0'
 * deviceOf({ kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' }); // => undefined
 * ```
 */
export function deviceOf(row: Row): string | undefined {
  if (row.kind === 'link') return row.name;
  if (row.kind === 'chain') return undefined;
  if (row.kind === 'sysctl') return DEVICE_SYSCTL.exec(row.key)?.[1];
  return row.dev;
}

/** Kinds whose rows make their device ours. A route does not: a host-gw route leaves by the host's own interface. */
const OWNING: ReadonlySet<Table> = new Set(['link', 'address', 'neighbor', 'fdb', 'forwarder', 'tunnel']);

/**
 * The scope in which `rows`, and nothing beside them, should be found.
 * @example
 * ```ts
 * import { scopeOf } from '@podlan/linux/model';
 *
 * const rows = [
 *   { kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true },
 *   { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' },
 * ] as const;
 * scopeOf(rows); // => { devices: ['cni0'], sysctls: ['net/ipv4/ip_forward'], chains: false }
 * ```
 */
export function scopeOf(rows: Iterable<Row>): Scope {
  const devices = new Set<string>();
  const sysctls = new Set<string>();
  let chains = false;
  for (const row of rows) {
    const device = OWNING.has(row.kind) ? deviceOf(row) : undefined;
    if (device !== undefined) devices.add(device);
    if (row.kind === 'sysctl') sysctls.add(row.key);
    if (row.kind === 'chain') chains = true;
  }
  return { devices: [...devices], sysctls: [...sysctls], chains };
}

/**
 * Whether a row stands in a scope, as `Scope` says it.
 * @example
 * ```ts
 * import { isInScope } from '@podlan/linux/model';
 *
 * const scope = { devices: ['cni0'], sysctls: [], chains: false };
 * isInScope({ kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true }, scope); // => true
 * isInScope({ kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' }, scope); // => false
 * ```
 */
export function isInScope(row: Row, scope: Scope): boolean {
  if (scope.tables && !scope.tables.includes(row.kind)) return false;
  if (row.kind === 'chain') return scope.chains;
  if (row.kind === 'sysctl') return scope.sysctls.includes(row.key);
  if (row.kind === 'route' && row.protocol === ROUTE_PROTOCOL) return true;
  return scope.devices.includes(deviceOf(row) ?? '');
}

/**
 * One readable line, in the words of the tool that would make the row.
 * @example
 * ```ts
 * import { rowText } from '@podlan/linux/model';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * rowText({
 *   kind: 'route',
 *   prefix: parseIpPrefix('10.244.2.0/24')!,
 *   via: parseIpAddress('10.244.2.0')!,
 *   dev: 'flannel.1',
 *   onlink: true,
 *   protocol: 80,
 * });
 * // => 'route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink'
 * ```
 */
export function rowText(row: Row): string {
  switch (row.kind) {
    case 'link':
      return linkText(row);
    case 'sysctl':
      return `sysctl ${row.key}=${row.value}`;
    case 'address':
      return `address ${row.address} dev ${row.dev}`;
    case 'neighbor':
      return `neigh ${row.address} lladdr ${row.mac} dev ${row.dev} nud permanent`;
    case 'fdb':
      return `fdb ${row.mac} dev ${row.dev} dst ${row.dst} self permanent`;
    case 'route':
      return routeText(row);
    case 'chain':
      return chainText(row);
    case 'forwarder':
      return forwarderText(row);
    case 'tunnel':
      return tunnelText(row);
  }
}

const words = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(' ');

function linkText(link: Link): string {
  return words(
    `link ${link.name}`,
    link.mac && `address ${link.mac}`,
    `mtu ${link.mtu}`,
    link.up ? 'up' : 'down',
    link.master && `master ${link.master}`,
    link.hairpin && 'hairpin on',
    `type ${link.type}`,
    linkDetail(link),
  );
}

function linkDetail(link: Link): string {
  if (link.type === 'tap' || link.type === 'tun') return 'vnet_hdr';
  if (link.type === 'veth' && link.peer) {
    return words(`peer ${link.peer.name}`, link.peer.netns && `netns ${link.peer.netns}`);
  }
  if (link.type !== 'vxlan') return '';
  const learning = link.learning ? 'learning' : 'nolearning';
  return words(
    `id ${link.vni} dev ${link.dev} local ${link.local} dstport ${link.port}`,
    learning,
    link.gbp && 'gbp',
  );
}

function routeText(route: Route): string {
  return words(
    `route ${route.prefix}`,
    route.via && `via ${route.via}`,
    `dev ${route.dev}`,
    route.protocol !== undefined && `proto ${route.protocol}`,
    route.metric !== undefined && `metric ${route.metric}`,
    route.onlink && 'onlink',
  );
}

function chainText(chain: Chain): string {
  const head = `type ${chain.type} hook ${chain.hook} priority ${chain.priority}`;
  const misplaced = chain.misplacedIn && `, misplaced in ${chain.misplacedIn.join(', ')}`;
  return `chain inet podlan ${chain.name} { ${head}; ${chain.rules.length} rules${misplaced ?? ''} }`;
}

function forwarderText(row: ForwarderRow): string {
  const detail = row.type === 'vxlan' ? `id ${row.vni}` : `from ${row.address}`;
  return `forwarder dev ${row.dev} type ${row.type} ${detail} local ${row.local} port ${row.port}`;
}

const tunnelText = (row: Tunnel): string =>
  `tunnel ${row.prefix} remote ${row.remote} port ${row.port} dev ${row.dev}`;
