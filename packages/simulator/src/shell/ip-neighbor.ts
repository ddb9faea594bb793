/** `ip neigh`: the ARP and ND tables. */
import type { Neighbor } from '@podlan/linux/model';
import { familyOf, type IpAddress } from '@podlan/wire';
import type { Device } from '../devices/device.js';
import type { NeighborEntry, NeighborState } from '../kernel/neighbors.js';
import type { Netns } from '../kernel/netns.js';
import { type Arguments, readKeywords, startingWith } from './arguments.js';
import { notSimulated, refused, rtnetlink } from './command-error.js';
import { type FamilyChoice, readAddress, readDevice, readMac } from './operands.js';

type Verb = (netns: Netns, args: Arguments, family: FamilyChoice) => string[];

const VERBS: Readonly<Record<string, Verb>> = {
  add: (netns, args, family) => set(netns, args, family, 'add'),
  change: (netns, args, family) => set(netns, args, family, 'change'),
  replace: (netns, args, family) => set(netns, args, family, 'replace'),
  delete: remove,
  show,
  list: show,
  flush,
};
const STATES: ReadonlySet<string> = new Set(['permanent', 'noarp', 'reachable', 'stale']);
/** What `nud` may ask for, besides. */
const OPEN_STATES: ReadonlySet<string> = new Set(['incomplete', 'probe', 'delay', 'failed', 'none']);

export function ipNeighbor(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  if (args.isEmpty) return show(netns, args, family);
  const word = args.next()!;
  const verb = startingWith(word, VERBS);
  if (verb === undefined) throw notSimulated('a command of ip neigh', word, Object.keys(VERBS));
  return verb(netns, args, family);
}

interface Request {
  address?: IpAddress;
  dev?: string;
  lladdr?: string;
  state: NeighborState;
}

const KNOWN = ['ADDRESS', 'dev', 'lladdr', 'nud'];

function readRequest(args: Arguments, family: FamilyChoice): Request {
  const request: Request = { state: 'permanent' };
  const destination = (word: string) => {
    if (request.address !== undefined) throw notSimulated('what a neighbor entry has', word, KNOWN);
    request.address = readAddress(word, family);
  };
  readKeywords(
    args,
    {
      dev(rest) {
        request.dev = rest.value();
      },
      lladdr(rest) {
        request.lladdr = rest.value();
      },
      nud(rest) {
        request.state = readState(rest.value());
      },
      to: (rest) => destination(rest.value()),
      router: () => {},
    },
    destination,
  );
  return request;
}

function readState(word: string): NeighborState {
  if (STATES.has(word)) return word as NeighborState;
  if (OPEN_STATES.has(word)) throw notSimulated('a state that lasts', word, [...STATES]);
  throw refused(`Error: argument "${word}" is wrong: nud state is bad`);
}

function placeOf(netns: Netns, { address, dev }: Request): { device: Device; address: IpAddress } {
  if (dev === undefined || address === undefined)
    throw refused('Device and destination are required arguments.');
  return { device: readDevice(netns, dev), address };
}

function set(
  netns: Netns,
  args: Arguments,
  family: FamilyChoice,
  verb: 'add' | 'change' | 'replace',
): string[] {
  const request = readRequest(args, family);
  const { device, address } = placeOf(netns, request);
  const { state, lladdr } = request;
  const isThere = netns.neighbors.get(device.name, address) !== undefined;
  const mac = lladdr === undefined ? undefined : readMac(lladdr);
  if (lladdr !== undefined && mac === undefined) throw refused('Error: Invalid link address.');
  if (mac === undefined && state !== 'noarp') throw refused('Error: No link layer address given.');
  if (verb === 'add' && isThere) throw rtnetlink('File exists');
  if (verb === 'change' && !isThere) throw rtnetlink('No such file or directory');
  const row: Neighbor | undefined =
    state === 'permanent' && mac !== undefined
      ? { kind: 'neighbor', dev: device.name, address, mac }
      : undefined;
  netns.neighbors.replace(device, address, mac, state, row);
  netns.watchers.wake('neighbor');
  return [];
}

function remove(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  const { device, address } = placeOf(netns, readRequest(args, family));
  if (netns.neighbors.get(device.name, address) === undefined) throw rtnetlink('No such file or directory');
  netns.neighbors.delete(device.name, address);
  netns.watchers.wake('neighbor');
  return [];
}

interface Selection {
  readonly entries: readonly NeighborEntry[];
  readonly dev: string | undefined;
}

function select(netns: Netns, args: Arguments, family: FamilyChoice, hidden: readonly string[]): Selection {
  let address: IpAddress | undefined;
  let [dev, state]: (string | undefined)[] = [];
  const to = (word: string) => {
    address = readAddress(word, family);
  };
  readKeywords(
    args,
    {
      dev(rest) {
        dev = readDevice(netns, rest.value()).name;
      },
      nud(rest) {
        state = rest.value();
      },
      to: (rest) => to(rest.value()),
    },
    to,
  );
  const isAsked = (entry: NeighborEntry) =>
    (dev === undefined || entry.device.name === dev) &&
    (address === undefined || entry.address === address) &&
    (family === undefined || familyOf(entry.address) === family) &&
    (state === 'all' || (state === undefined ? !hidden.includes(entry.state) : entry.state === state));
  return { entries: [...netns.neighbors].filter(isAsked), dev };
}

function show(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  const { entries, dev } = select(netns, args, family, ['noarp']);
  return entries.map((entry) => line(entry, dev === undefined));
}

function line({ address, device, mac, state }: NeighborEntry, withDevice: boolean): string {
  const words = [`${address}`, withDevice && `dev ${device.name}`, mac && `lladdr ${mac}`];
  return [...words, state.toUpperCase()].filter(Boolean).join(' ');
}

/** Permanent ones stay. */
function flush(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  if (args.isEmpty) throw refused('Flush requires arguments.');
  const { entries } = select(netns, args, family, ['permanent', 'noarp']);
  for (const { device, address } of entries) netns.neighbors.delete(device.name, address);
  netns.watchers.wake('neighbor');
  return [];
}
