/** `ip link add`: bridges, veth pairs and vxlan devices. */
import type { Link } from '@podlan/linux/model';
import { familyOf, type IpAddress, type MacAddress, macFromBytes } from '@podlan/wire';
import { Vxlan } from '../devices/vxlan.js';
import type { Netns } from '../kernel/netns.js';
import { LinkTable } from '../link-table.js';
import { type Arguments, readKeywords } from './arguments.js';
import { notSimulated, refused, rtnetlink } from './command-error.js';
import { readAddress, readDevice, readMac, readNumber } from './operands.js';

interface Request {
  name?: string;
  mac?: MacAddress;
  mtu?: number;
  up?: true;
  lower?: string;
  type?: string;
}

const TYPES = ['bridge', 'veth', 'vxlan'];
const MOST_NAME = 15;
const ANY_MAC = '00:00:00:00:00:00' as MacAddress;

export function addLink(netns: Netns, args: Arguments): string[] {
  const request = readRequest(netns, args);
  const { name, type } = request;
  if (type === undefined || name === undefined)
    throw refused(`Not enough information: "${type === undefined ? 'type' : 'dev'}" argument is required`);
  requireNewName(netns, name);
  const base = { kind: 'link', name, mtu: request.mtu ?? 1500, up: false } as const;
  const made = request.mac === undefined ? base : { ...base, mac: request.mac };
  make(netns, args, request, made);
  if (request.up) netns.setUp(netns.device(name)!, true);
  for (const table of ['link', 'address', 'route'] as const) netns.watchers.wake(table);
  return [];
}

/** What is of every type; the words of the type itself are left. */
function readRequest(netns: Netns, args: Arguments): Request {
  const request: Request = {};
  while (request.type === undefined && !args.isEmpty) {
    const word = args.next()!;
    if (word === 'type') request.type = args.value();
    else if (word === 'link') request.lower = readDevice(netns, args.value()).name;
    else if (word === 'address') request.mac = readMac(args.value()) ?? throwIt(`"address" value is invalid`);
    else if (word === 'mtu') request.mtu = readNumber(args.value(), 'Invalid "mtu" value\n', 65_535);
    else if (word === 'up') request.up = true;
    else request.name = word === 'dev' || word === 'name' ? args.value() : word;
  }
  return request;
}

const throwIt = (message: string): never => {
  throw refused(`Error: ${message}`);
};

function requireNewName(netns: Netns, name: string): void {
  if (name.length > MOST_NAME) throw refused('Error: Attribute failed policy validation.');
  if (!/^[^\s/:]+$/.test(name) || name === '.' || name === '..')
    throw refused(`Error: argument "${name}" is wrong: "name" not a valid ifname\n`);
  if (netns.device(name) !== undefined) throw rtnetlink('File exists');
}

type Made = Omit<Link, 'type'> & { readonly kind: 'link'; readonly name: string };

function make(netns: Netns, args: Arguments, request: Request, base: Made): void {
  const links = new LinkTable({ nextMac: () => randomMac(netns), netns: () => undefined }, netns);
  switch (request.type) {
    case 'bridge':
      requireNoMore(args);
      links.set({ ...base, type: 'bridge' } as Link);
      return;
    case 'veth':
      links.set({ ...base, type: 'veth', peer: { name: readPeer(netns, args, base.name) } } as Link);
      return;
    case 'vxlan':
      addVxlan(netns, args, request, base, links);
      return;
    default:
      throw notSimulated('a type of device', request.type!, TYPES);
  }
}

function requireNoMore(args: Arguments): void {
  if (!args.isEmpty) throw notSimulated('no more about a bridge', args.peek()!, TYPES);
}

function readPeer(netns: Netns, args: Arguments, name: string): string {
  let peer: string | undefined;
  readKeywords(
    args,
    {
      peer(rest) {
        rest.take('name');
        peer = rest.value();
      },
    },
    (word) => {
      throw notSimulated('what a veth pair has', word, ['peer name NAME']);
    },
  );
  const chosen = peer ?? nextVeth(netns);
  requireNewName(netns, chosen);
  if (chosen === name) throw rtnetlink('File exists');
  return chosen;
}

function nextVeth(netns: Netns): string {
  let number = 0;
  while (netns.device(`veth${number}`) !== undefined) number++;
  return `veth${number}`;
}

const VXLAN_WORDS = ['id', 'dev', 'local', 'remote', 'dstport', 'learning', 'nolearning'];

function addVxlan(netns: Netns, args: Arguments, request: Request, base: Made, links: LinkTable): void {
  let [vni, port, learning, dev] = [undefined as number | undefined, 8472, true, request.lower];
  let [local, remote]: (IpAddress | undefined)[] = [];
  const vniOf = (rest: Arguments) => {
    vni = readNumber(rest.value(), 'id value is invalid\n', 2 ** 24 - 1);
  };
  readKeywords(
    args,
    {
      ...{ id: vniOf, vni: vniOf },
      dev(rest) {
        dev = readDevice(netns, rest.value()).name;
      },
      local(rest) {
        local = readAddress(rest.value());
      },
      remote(rest) {
        remote = readAddress(rest.value());
      },
      dstport(rest) {
        port = readNumber(rest.value(), 'dst port value is invalid\n', 65_535);
      },
      learning() {
        learning = true;
      },
      nolearning() {
        learning = false;
      },
    },
    (word) => {
      throw notSimulated('what a vxlan device has', word, VXLAN_WORDS);
    },
  );
  if (vni === undefined) throw refused('vxlan: missing virtual network identifier');
  if (dev === undefined || local === undefined)
    throw notSimulated('a vxlan device with dev and local', base.name, VXLAN_WORDS);
  requireNewNetwork(netns, vni, port, local);
  links.set({ ...base, type: 'vxlan', vni, port, local, dev, learning, gbp: false } as Link);
  const made = netns.device(base.name);
  if (remote !== undefined && made instanceof Vxlan)
    made.fdb.set(ANY_MAC, { dst: remote, isPermanent: true });
}

/** Each family has sockets of its own. */
function requireNewNetwork(netns: Netns, vni: number, port: number, local: IpAddress): void {
  const isSame = (one: Vxlan) =>
    one.vni === vni && one.port === port && familyOf(one.local) === familyOf(local);
  for (const device of netns.devices)
    if (device instanceof Vxlan && isSame(device))
      throw refused('Error: A VXLAN device with the specified VNI already exists.');
}

/** Locally administered, as the kernel draws one. */
function randomMac({ random }: Netns): MacAddress {
  const bytes = Uint8Array.from({ length: 6 }, () => Math.floor(random() * 256));
  bytes[0] = (bytes[0]! & 0xfe) | 2;
  return macFromBytes(bytes);
}
