/** `ip route show` and `flush`: routes of a table that are asked for. */
import { addressValue, contains } from '@podlan/linux/prefix';
import { type Family, familyOf, type IpPrefix, prefixAddress, prefixLength } from '@podlan/wire';
import { type FibRoute, TABLE_MAIN } from '../kernel/fib.js';
import { routeText } from '../kernel/fib-text.js';
import type { Netns } from '../kernel/netns.js';
import { type Arguments, type Keywords, readKeywords } from './arguments.js';
import { notSimulated, refused } from './command-error.js';
import {
  type FamilyChoice,
  readAddress,
  readDevice,
  readPrefix,
  readProtocol,
  readTable,
} from './operands.js';
import { isAsked, type RouteRequest } from './route-request.js';

interface Selection extends Partial<Omit<RouteRequest, 'table'>> {
  table: number | 'all';
  isIn?: (prefix: IpPrefix) => boolean;
}

const KNOWN = ['dev', 'table', 'proto', 'via', 'type', 'root', 'match', 'exact', 'PREFIX'];

function readSelection(netns: Netns, args: Arguments, family: FamilyChoice): Selection {
  const selection: Selection = { table: TABLE_MAIN };
  const exactly = (word: string) => {
    const wanted = readPrefix(word, family);
    selection.isIn = (prefix) => prefix === wanted;
  };
  const other = (word: string) => {
    if (!/^(?:default|any|all|[0-9a-f]*[.:/].*|[0-9a-f]+)$/i.test(word))
      throw notSimulated('what routes can be chosen by', word, KNOWN);
    exactly(word);
  };
  readKeywords(args, keywordsOf(netns, selection, family, exactly), other);
  return selection;
}

function keywordsOf(
  netns: Netns,
  selection: Selection,
  family: FamilyChoice,
  exactly: (word: string) => void,
): Keywords {
  return {
    dev(args) {
      selection.dev = readDevice(netns, args.value()).name;
    },
    table(args) {
      const word = args.value();
      selection.table = word === 'all' ? 'all' : readTable(word, 'table id value is invalid\n');
    },
    proto(args) {
      selection.protocol = readProtocol(args.value());
    },
    via(args) {
      selection.via = readAddress(args.value(), family);
    },
    type(args) {
      selection.type = args.value() as FibRoute['type'];
    },
    root(args) {
      const wanted = readPrefix(args.value(), family);
      selection.isIn = (prefix) => contains(wanted, prefix);
    },
    match(args) {
      const wanted = readPrefix(args.value(), family);
      selection.isIn = (prefix) => contains(prefix, wanted);
    },
    exact: (args) => exactly(args.value()),
    to: (args) => exactly(args.value()),
  };
}

interface Found {
  readonly route: FibRoute;
  readonly table: number;
}

function selected(netns: Netns, selection: Selection, family: FamilyChoice): Found[] {
  const tables = selection.table === 'all' ? tablesOf(netns, family ?? 4) : [selection.table];
  const { isIn = () => true } = selection;
  return tables.flatMap((table) =>
    routesInOrder(netns, family ?? 4, table)
      .filter((route) => isAsked(route, selection) && isIn(route.prefix))
      .map((route) => ({ route, table })),
  );
}

/** As the kernel walks its trie: by address, the longer prefix of two first. */
function routesInOrder(netns: Netns, family: Family, table: number): FibRoute[] {
  const address = ({ prefix }: FibRoute) => addressValue(prefixAddress(prefix));
  return [...netns.fib.routes(family, table)].sort(
    (a, b) =>
      Number(address(a) - address(b)) ||
      prefixLength(b.prefix) - prefixLength(a.prefix) ||
      a.metric - b.metric,
  );
}

function tablesOf(netns: Netns, family: 4 | 6): number[] {
  const found = [...netns.fib.all()].filter(({ route }) => familyOf(route.prefix) === family);
  return [...new Set(found.map(({ table }) => table))].sort((a, b) => a - b);
}

export function showRoutes(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  const selection = readSelection(netns, args, family);
  return selected(netns, selection, family).map((found) => line(netns, found, selection));
}

/** What was asked for is not printed again. */
function line(netns: Netns, { route, table }: Found, { dev, protocol, ...asked }: Selection): string {
  const { dev: routesDev, protocol: routesProtocol, ...rest } = route;
  const shown: FibRoute = {
    ...rest,
    ...(dev === undefined && { dev: routesDev }),
    ...(protocol === undefined && { protocol: routesProtocol }),
  };
  const text = routeText({ route: shown, table: asked.table === 'all' ? table : TABLE_MAIN });
  const device = netns.device(routesDev ?? '');
  const isDown = device?.up && !device.carrier;
  const pref = familyOf(route.prefix) === 6 && 'pref medium';
  return [text, isDown && 'linkdown', pref].filter(Boolean).join(' ');
}

/** As many as are asked for, and not without being asked. */
export function flushRoutes(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  if (args.isEmpty) throw refused('"ip route flush" requires arguments.');
  const selection = readSelection(netns, args, family);
  for (const { route, table } of selected(netns, selection, family))
    netns.fib.delete(route.prefix, (one) => one === route, table);
  netns.watchers.wake('route');
  return [];
}
