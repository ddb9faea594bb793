/** `ip route`: to show, find, make and delete routes. */
import { familyOf, type IpPrefix } from '@podlan/wire';
import type { FibRoute } from '../kernel/fib.js';
import { isIpv6Off } from '../kernel/ipv6-switch.js';
import type { Netns } from '../kernel/netns.js';
import { requireNextHop } from '../kernel/next-hop.js';
import { type Arguments, startingWith } from './arguments.js';
import { notSimulated, refused, rtnetlink } from './command-error.js';
import { getRoute } from './ip-route-get.js';
import { flushRoutes, showRoutes } from './ip-route-show.js';
import { type FamilyChoice, readDevice } from './operands.js';
import { isAsked, type RouteRequest, readRoute } from './route-request.js';

type Verb = (netns: Netns, args: Arguments, family: FamilyChoice) => string[];

/** In the order in which beginnings of words are looked up. */
const VERBS: Readonly<Record<string, Verb>> = {
  list: showRoutes,
  show: showRoutes,
  get: getRoute,
  add: (netns, args, family) => change(netns, readRoute(args, family), 'add'),
  append: (netns, args, family) => change(netns, readRoute(args, family), 'append'),
  change: (netns, args, family) => change(netns, readRoute(args, family), 'change'),
  replace: (netns, args, family) => change(netns, readRoute(args, family), 'replace'),
  delete: (netns, args, family) => remove(netns, readRoute(args, family)),
  flush: flushRoutes,
};

export function ipRoute(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  if (args.isEmpty) return showRoutes(netns, args, family);
  const word = args.next()!;
  const verb = startingWith(word, VERBS);
  if (verb === undefined) throw notSimulated('a command of ip route', word, Object.keys(VERBS));
  return verb(netns, args, family);
}

const USAGE =
  'Usage: ip route { list | flush } SELECTOR\n       ip route { add | del | change | append | replace } ROUTE';

function prefixOf({ prefix }: RouteRequest): IpPrefix {
  if (prefix === undefined) throw refused(USAGE);
  return prefix;
}

function change(
  netns: Netns,
  request: RouteRequest,
  verb: 'add' | 'append' | 'change' | 'replace',
): string[] {
  const route = routeOf(netns, request);
  const { fib } = netns;
  const same = fib.at(route.prefix, request.table).filter(({ metric }) => metric === route.metric);
  if (verb === 'add' && same.length > 0) throw rtnetlink('File exists');
  if (verb === 'append' && same.some((one) => isSame(one, route))) throw rtnetlink('File exists');
  if (verb === 'change' && same.length === 0) throw rtnetlink('No such file or directory');
  if (verb === 'append') fib.append(route, request.table);
  else fib.set(route, request.table);
  netns.watchers.wake('route');
  return [];
}

const isSame = (a: FibRoute, b: FibRoute): boolean => a.dev === b.dev && a.via === b.via && a.type === b.type;

const REFUSALS: ReadonlySet<unknown> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);

function routeOf(netns: Netns, request: RouteRequest): FibRoute {
  const prefix = prefixOf(request);
  const { type = 'unicast', source, protocol, mtu } = request;
  const family = familyOf(prefix);
  const metric = request.metric || (family === 4 ? 0 : 1024);
  const common = { prefix, type, metric, ...(protocol !== undefined && { protocol }) };
  if (request.dev !== undefined) readDevice(netns, request.dev);
  if (REFUSALS.has(type)) return family === 4 ? common : { ...common, dev: 'lo' };
  const { dev, via, onlink } = nextHopOf(netns, request);
  if (family === 6 && isIpv6Off(netns, dev)) throw refused('Error: IPv6 is disabled on nexthop device.');
  if (source !== undefined && !netns.fib.isLocal(source)) throw refused('Error: Invalid prefsrc address.');
  return {
    ...{ ...common, dev },
    ...(via !== undefined && { via }),
    ...(onlink && { onlink }),
    ...(source !== undefined && { source }),
    ...(mtu !== undefined && { mtu }),
  };
}

function nextHopOf(netns: Netns, { prefix, via, dev, onlink }: RouteRequest) {
  if (via !== undefined && familyOf(via) !== familyOf(prefix!))
    throw notSimulated('a next hop of the same family', via, ['via ADDRESS']);
  if (dev === undefined && via === undefined) throw rtnetlink('No such device');
  try {
    return requireNextHop(netns, { dev, via, onlink });
  } catch (error) {
    throw refused((error as Error).message);
  }
}

function remove(netns: Netns, request: RouteRequest): string[] {
  const prefix = prefixOf(request);
  if (request.dev !== undefined) readDevice(netns, request.dev);
  const found = netns.fib.at(prefix, request.table).find((route) => isAsked(route, request));
  if (found === undefined) throw rtnetlink('No such process');
  netns.fib.delete(prefix, (route) => route === found, request.table);
  netns.watchers.wake('route');
  return [];
}
