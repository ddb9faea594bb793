/** What `ip` prints of a simulated namespace, as far as the simulation knows it: no queues, no groups, no indices. */
import { addressValue } from '@podlan/linux/prefix';
import { prefixAddress, prefixLength } from '@podlan/wire';
import type { Device } from '../devices/device.js';
import { type FibRoute, TABLE_MAIN } from './fib.js';
import { routeText } from './fib-text.js';
import type { NeighborEntry } from './neighbors.js';
import type { Netns } from './netns.js';

/**
 * The output of `ip link`, `ip route` (of IPv4) or `ip neigh`, each with `show` and `dev NAME` where one asks for them.
 * Throws RangeError for any other command, and for a device that is not there.
 * @example
 * ```ts
 * import { ipShow, SimCluster } from '@podlan/simulator';
 *
 * const cluster = new SimCluster();
 * const host = await cluster.join();
 * await cluster.join();
 * ipShow(host.netns, ['ip', 'route']);
 * // => ['default via 192.168.77.1 dev eth0',
 * //     '10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
 * //     '192.168.77.0/24 dev eth0 proto kernel scope link src 192.168.77.11']
 * ipShow(host.netns, ['ip', 'route', 'show', 'dev', 'flannel.1']);
 * // => ['10.244.2.0/24 via 10.244.2.0 proto 80 onlink']
 * await cluster.stop();
 * ```
 */
export function ipShow(netns: Netns, command: readonly string[]): string[] {
  const [words, dev] = withDevice(command);
  if (dev !== undefined && netns.device(dev) === undefined)
    throw new RangeError(`Device "${dev}" does not exist.`);
  const isAsked = (name: string | undefined) => dev === undefined || name === dev;
  switch (words) {
    case 'ip link':
      return [...netns.devices].filter(({ name }) => isAsked(name)).flatMap(linkLines);
    case 'ip route':
      return mainRoutes(netns)
        .filter((route) => isAsked(route.dev))
        .map((route) =>
          routeText({ route: dev === undefined ? route : withoutDevice(route), table: TABLE_MAIN }),
        );
    case 'ip neigh':
      return [...netns.neighbors]
        .filter(({ device }) => isAsked(device.name))
        .map((entry) => neighborLine(entry, dev === undefined));
    default:
      throw new RangeError(
        `expected ip link, route or neigh, with show dev NAME or without, got ${command.join(' ')}`,
      );
  }
}

/** What is asked for, and of which device; `ip link show` takes its name alone. */
function withDevice(command: readonly string[]): [words: string, dev?: string] {
  const text = command.join(' ').replace(/^ip link show (?!dev )/, 'ip link show dev ');
  const [, words, dev] = /^(ip \w+)(?: show(?: dev (\S+))?)?$/.exec(text) ?? [];
  return dev === undefined ? [words ?? text] : [words!, dev];
}

function linkLines(device: Device): string[] {
  const { name, mtu, mac, hasLinkLayer } = device;
  const link = name === 'lo' ? 'loopback' : 'ether';
  const flags = `${flagsOf(device).join(',')}`;
  const second = hasLinkLayer ? `link/${link} ${mac} brd ${broadcastOf(name)}` : 'link/none';
  return [`${name}: <${flags}> mtu ${mtu} state ${stateOf(device)}`, `    ${second}`];
}

const broadcastOf = (name: string) => (name === 'lo' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff');

function flagsOf({ name, hasLinkLayer, up, carrier }: Device): string[] {
  const ofEthernet = hasLinkLayer ? ['BROADCAST', 'MULTICAST'] : ['POINTOPOINT', 'MULTICAST', 'NOARP'];
  return [
    ...(up && !carrier ? ['NO-CARRIER'] : []),
    ...(name === 'lo' ? ['LOOPBACK'] : ofEthernet),
    ...(up ? ['UP'] : []),
    ...(up && carrier ? ['LOWER_UP'] : []),
  ];
}

/** Drivers that tell of no carrier leave it open (`operstate` of lo, vxlan and tun). */
function stateOf({ name, type, up, carrier }: Device): string {
  if (!up || !carrier) return 'DOWN';
  return name === 'lo' || type === 'vxlan' || type === 'tun' ? 'UNKNOWN' : 'UP';
}

/** As the kernel walks its trie: by address, the longer prefix of two first. */
function mainRoutes(netns: Netns): FibRoute[] {
  const address = ({ prefix }: FibRoute) => addressValue(prefixAddress(prefix));
  return [...netns.fib.routes(4, TABLE_MAIN)].sort(
    (a, b) =>
      Number(address(a) - address(b)) ||
      prefixLength(b.prefix) - prefixLength(a.prefix) ||
      a.metric - b.metric,
  );
}

function withoutDevice({ dev: _, ...route }: FibRoute): FibRoute {
  return route;
}

function neighborLine({ address, device, mac, state }: NeighborEntry, hasDevice: boolean): string {
  const shown = state.toUpperCase();
  return [`${address}`, hasDevice && `dev ${device.name}`, mac && `lladdr ${mac}`, shown]
    .filter(Boolean)
    .join(' ');
}
