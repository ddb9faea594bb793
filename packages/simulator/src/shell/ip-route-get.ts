/** `ip route get`: which route a packet would take. */
import { familyOf, type IpAddress } from '@podlan/wire';
import type { FibMatch, Flow } from '../kernel/fib.js';
import type { Netns } from '../kernel/netns.js';
import { type Arguments, readKeywords } from './arguments.js';
import { notSimulated, refused, rtnetlink } from './command-error.js';
import { type FamilyChoice, readAddress, readDevice, readNumber } from './operands.js';

const REFUSALS: Readonly<Record<string, string>> = {
  blackhole: 'Invalid argument',
  unreachable: 'No route to host',
  prohibit: 'Permission denied',
};
const KNOWN = ['from', 'iif', 'oif', 'mark', 'ADDRESS'];

export function getRoute(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  const flow = readFlow(netns, args, family);
  const match = netns.fib.lookup(flow);
  if (match === undefined)
    throw rtnetlink(flow.iif === undefined ? 'Network is unreachable' : 'No route to host');
  const errno = REFUSALS[match.route.type];
  if (errno !== undefined) throw rtnetlink(errno);
  const isFromOutside = flow.iif !== undefined && match.route.type !== 'local';
  if (isFromOutside && !netns.sysctls.isForwarding(familyOf(flow.destination), flow.iif))
    throw rtnetlink('No route to host');
  return linesOf(netns, flow, match);
}

function readFlow(netns: Netns, args: Arguments, family: FamilyChoice): Flow {
  const flow: { -readonly [Key in keyof Flow]?: Flow[Key] } = {};
  const destination = (word: string) => {
    if (flow.destination !== undefined) throw notSimulated('what a route is chosen by', word, KNOWN);
    flow.destination = addressOf(word, family);
  };
  readKeywords(
    args,
    {
      to: (rest) => destination(rest.value()),
      from(rest) {
        flow.source = addressOf(rest.value(), family);
      },
      iif(rest) {
        flow.iif = readDevice(netns, rest.value()).name;
      },
      oif(rest) {
        flow.oif = readDevice(netns, rest.value()).name;
      },
      dev(rest) {
        flow.oif = readDevice(netns, rest.value()).name;
      },
      mark(rest) {
        flow.mark = readNumber(rest.value(), 'mark value is invalid\n');
      },
    },
    destination,
  );
  if (flow.destination === undefined) throw refused('need at least a destination address');
  return { ...flow, destination: flow.destination };
}

/** iproute2 reads a prefix there. */
function addressOf(word: string, family: FamilyChoice): IpAddress {
  try {
    return readAddress(word, family);
  } catch {
    throw refused(`Error: any valid prefix is expected rather than "${word}".`);
  }
}

function linesOf(netns: Netns, flow: Flow, { route, table }: FibMatch): string[] {
  const { destination, source, iif, mark } = flow;
  const isLocal = route.type === 'local';
  const chosen =
    source ??
    (isLocal
      ? destination
      : (route.source ?? netns.sourceAddress(route.dev, familyOf(destination), route.via ?? destination)));
  const first = [
    isLocal && 'local',
    destination,
    source && `from ${source}`,
    route.via && `via ${route.via}`,
    `dev ${isLocal && familyOf(destination) === 4 ? 'lo' : route.dev}`,
    table !== 254 && table !== 255 && `table ${table}`,
    iif === undefined && source === undefined && chosen && `src ${chosen}`,
    mark !== undefined && `mark 0x${mark.toString(16)}`,
    iif === undefined && 'uid 0',
  ];
  const second = ['    cache', isLocal && '<local>', iif && `iif ${iif}`];
  return [first, second].map((words) => words.filter(Boolean).join(' '));
}
