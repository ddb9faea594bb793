/**
 * What a namespace has, row by row, in the words of the tools that show it. A row and the hop that it decided have the same
 * key, so that one can be marked for the other.
 */
import type { NftListing } from '@podlan/linux/model';
import { addressValue } from '@podlan/linux/prefix';
import { familyOf, prefixAddress, prefixLength } from '@podlan/wire';
import { Bridge } from './devices/bridge.js';
import type { Device } from './devices/device.js';
import { ForwarderProgram, tunnelText } from './devices/forwarder-program.js';
import { Tun } from './devices/tun.js';
import { remotesOf, Vxlan, vxlanFdbText } from './devices/vxlan.js';
import { type FibRoute, TABLE_LOCAL } from './kernel/fib.js';
import { routeText, ruleText } from './kernel/fib-text.js';
import { neighborText } from './kernel/neighbors.js';
import type { Netns } from './kernel/netns.js';
import { ruleTextOf } from './netfilter/rules/rule.js';
import { socketKey, sysctlKey } from './row-keys.js';

/** What rows are kept in. */
export type TableName = 'rule' | 'route' | 'neighbor' | 'fdb' | 'tunnel' | 'nftables' | 'sysctl' | 'socket';

/** A row of a namespace. */
export interface TableRow {
  readonly table: TableName;
  /** `10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink`. */
  readonly text: string;
  /** Of the object that the row is about: a neighbor entry stays the same one as its state changes. */
  readonly key: string;
}

/**
 * The rows of a namespace in the order in which a packet may meet them; routes of the local table left out, which are its
 * addresses once more.
 * @example
 * ```ts
 * import { SimCluster, tablesOf } from '@podlan/simulator';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * const { netns } = await cluster.join();
 * await cluster.join();
 * tablesOf(netns).find(({ table }) => table === 'fdb');
 * // => { table: 'fdb', text: '02:b8:82:00:00:05 dev flannel.1 dst 192.168.77.12 self permanent', key: 'fdb 02:b8:82:00:00:05 flannel.1' }
 * await cluster.stop();
 * ```
 */
export function tablesOf(netns: Netns): TableRow[] {
  return [
    ...ruleRows(netns),
    ...routeRows(netns),
    ...neighborRows(netns),
    ...[...netns.devices].flatMap(deviceRows),
    ...nftablesRows(netns.netfilter.listing),
    ...sysctlRows(netns),
    ...socketRows(netns),
  ];
}

const named = (table: TableName, text: string): TableRow => ({ table, text, key: `${table} ${text}` });

function ruleRows({ fib }: Netns): TableRow[] {
  return ([4, 6] as const).flatMap((family) =>
    fib.rules(family).map((rule) => named('rule', ruleText(rule))),
  );
}

/** As the kernel walks its trie: by address, the longer prefix of two first. */
function routeRows({ fib }: Netns): TableRow[] {
  const routes = [...fib.all()].filter(({ table }) => table !== TABLE_LOCAL);
  return routes
    .sort((a, b) => a.table - b.table || byPrefix(a.route, b.route))
    .map(({ route, table }) => named('route', routeText({ route, table })));
}

function byPrefix(a: FibRoute, b: FibRoute): number {
  return (
    familyOf(a.prefix) - familyOf(b.prefix) ||
    Number(addressValue(prefixAddress(a.prefix)) - addressValue(prefixAddress(b.prefix))) ||
    prefixLength(b.prefix) - prefixLength(a.prefix) ||
    a.metric - b.metric
  );
}

function neighborRows({ neighbors }: Netns): TableRow[] {
  return [...neighbors].map((entry) => ({
    table: 'neighbor',
    text: neighborText(entry),
    key: `neighbor ${entry.address} ${entry.device.name}`,
  }));
}

function deviceRows(device: Device): TableRow[] {
  if (device instanceof Vxlan)
    return [...device.fdb].flatMap(([mac, entry]) =>
      remotesOf(entry).map((remote) => ({
        table: 'fdb' as const,
        text: vxlanFdbText(device, mac, { ...entry, ...remote }),
        key: `fdb ${mac} ${device.name}`,
      })),
    );
  if (device instanceof Bridge)
    return device
      .fdbRows()
      .map(({ mac, text }) => ({ table: 'fdb', text, key: `fdb ${mac} ${device.name}` }));
  const program = device instanceof Tun ? device.reader : undefined;
  if (!(program instanceof ForwarderProgram)) return [];
  return [...program.tunnels].map((tunnel) => named('tunnel', tunnelText(tunnel)));
}

/** A chain that drops has a row for its policy, which decides where no rule does. */
function nftablesRows({ chains, rules }: NftListing): TableRow[] {
  return chains.flatMap(({ family, table, name, policy }) => {
    const isInIt = (rule: NftListing['rules'][number]) =>
      rule.family === family && rule.table === table && rule.chain === name;
    const texts = rules.filter(isInIt).map(({ expr }) => ruleTextOf(expr));
    if (policy === 'drop') texts.push('policy drop');
    return texts.map((text) => named('nftables', `${family} ${table} ${name}: ${text}`));
  });
}

function sysctlRows({ sysctls }: Netns): TableRow[] {
  const named = [...sysctls].map(([key, value]) => ({ name: key.replaceAll('/', '.'), value }));
  return named.map(({ name, value }) => ({
    table: 'sysctl',
    text: `${name} = ${value}`,
    key: sysctlKey(name),
  }));
}

function socketRows({ sockets }: Netns): TableRow[] {
  const udp = sockets.udpListeners.map(
    ({ address, port, owner }) => `udp ${address ?? '*'}:${port}${owner === undefined ? '' : ` ${owner}`}`,
  );
  const tcp = sockets.tcpListeners.map(({ address, port }) => `tcp ${address ?? '*'}:${port} LISTEN`);
  return [...udp, ...tcp].map((text) => ({ table: 'socket', text, key: socketKey(text) }));
}
