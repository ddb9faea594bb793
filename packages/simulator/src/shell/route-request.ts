/** The words behind `ip route add` and its like. */
import type { IpAddress, IpPrefix } from '@podlan/wire';
import { type FibRoute, type RouteType, TABLE_MAIN } from '../kernel/fib.js';
import { type Arguments, type Keywords, readKeywords } from './arguments.js';
import { notSimulated, refused } from './command-error.js';
import {
  type FamilyChoice,
  hasHostBits,
  readAddress,
  readNumber,
  readPrefix,
  readProtocol,
  readTable,
} from './operands.js';

/** What is not said is not there: `del` takes any. */
export interface RouteRequest {
  prefix?: IpPrefix;
  type?: RouteType;
  via?: IpAddress;
  dev?: string;
  onlink?: boolean;
  metric?: number;
  protocol?: FibRoute['protocol'];
  source?: IpAddress;
  mtu?: number;
  table: number;
}

const TYPES: ReadonlySet<string> = new Set(['unicast', 'blackhole', 'unreachable', 'prohibit', 'throw']);
const KNOWN = ['PREFIX', 'via', 'dev', 'onlink', 'metric', 'proto', 'src', 'mtu', 'table', ...TYPES];
/** Of real routes, and not of these. */
const NOT_SIMULATED: ReadonlySet<string> = new Set([
  ...['nexthop', 'nhid', 'encap', 'tos', 'dsfield', 'realms', 'advmss', 'rtt', 'window', 'initcwnd', 'pref'],
  ...['congctl', 'features', 'expires', 'quickack', 'hoplimit', 'ttl-propagate', 'local', 'broadcast', 'nat'],
]);

export function readRoute(args: Arguments, family: FamilyChoice): RouteRequest {
  const request: RouteRequest = { table: TABLE_MAIN };
  const type = args.peek();
  if (type !== undefined && TYPES.has(type)) request.type = args.next() as RouteType;
  let text: string | undefined;
  const destination = (word: string) => {
    if (NOT_SIMULATED.has(word)) throw notSimulated('a route of one next hop', word, KNOWN);
    if (text !== undefined) throw refused(`Error: either "to" is duplicate, or "${word}" is a garbage.`);
    text = word;
  };
  readKeywords(
    args,
    { ...keywordsOf(request, family), to: (rest) => destination(rest.value()) },
    destination,
  );
  if (text !== undefined) readDestination(text, request, family);
  return request;
}

/** `default` is of the family of whatever else has one. */
function readDestination(text: string, request: RouteRequest, family: FamilyChoice): void {
  const other = request.via ?? request.source;
  request.prefix = readPrefix(text, family ?? (other?.includes(':') ? 6 : undefined));
  if (hasHostBits(text)) throw refused('Error: Invalid prefix for given prefix length.');
}

function keywordsOf(request: RouteRequest, family: FamilyChoice): Keywords {
  const metric = (args: Arguments) => {
    request.metric = readNumber(args.value(), '"metric" value is invalid\n');
  };
  const protocol = (args: Arguments) => {
    request.protocol = readProtocol(args.value());
  };
  const source = (args: Arguments) => {
    request.source = readAddress(args.value(), family);
  };
  return {
    via(args) {
      args.take('inet', 'inet6');
      request.via = readAddress(args.value(), family);
    },
    dev(args) {
      request.dev = args.value();
    },
    oif(args) {
      request.dev = args.value();
    },
    onlink() {
      request.onlink = true;
    },
    ...{ metric, priority: metric, preference: metric, proto: protocol, protocol, src: source },
    table(args) {
      request.table = readTable(args.value(), '"table" value is invalid\n');
    },
    mtu(args) {
      args.take('lock');
      request.mtu = readNumber(args.value(), '"mtu" value is invalid\n');
    },
    // It follows of the rest.
    scope: (args) => void args.value(),
  };
}

const ASKED = ['type', 'dev', 'via', 'protocol', 'source'] as const;

/** Metric 0 is that of any route. */
export const isAsked = (route: FibRoute, request: Partial<Omit<RouteRequest, 'table'>>): boolean =>
  ASKED.every((key) => request[key] === undefined || request[key] === route[key]) &&
  (!request.metric || request.metric === route.metric);
