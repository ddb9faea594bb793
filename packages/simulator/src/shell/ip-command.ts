/** `ip`: its options, and the objects that it is about. */
import type { Netns } from '../kernel/netns.js';
import { type Arguments, startingWith } from './arguments.js';
import { notSimulated, refused } from './command-error.js';
import { ipAddress } from './ip-address.js';
import { ipLink } from './ip-link.js';
import { ipNeighbor } from './ip-neighbor.js';
import { ipRoute } from './ip-route.js';
import { ipRule } from './ip-rule.js';
import type { FamilyChoice } from './operands.js';

interface Options {
  family: FamilyChoice;
  showsDetails: boolean;
}

type IpObject = (netns: Netns, args: Arguments, options: Options) => string[];

const neighbor: IpObject = (netns, args, { family }) => ipNeighbor(netns, args, family);

/** In iproute2's order, where `ip r` is `ip route`. */
const OBJECTS: Readonly<Record<string, IpObject>> = {
  address: (netns, args, { family }) => ipAddress(netns, args, family),
  route: (netns, args, { family }) => ipRoute(netns, args, family),
  rule: (netns, args, { family }) => ipRule(netns, args, family),
  neighbor,
  neighbour: neighbor,
  link: (netns, args, { showsDetails }) => ipLink(netns, args, showsDetails),
};

export function ipCommand(netns: Netns, args: Arguments): string[] {
  const options = readOptions(args);
  const word = args.next();
  if (word === undefined)
    throw refused(`Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }\nwhere  OBJECT := { ${known()} }`);
  const object = startingWith(word, OBJECTS);
  if (object === undefined) throw notSimulated('an object of ip', word, Object.keys(OBJECTS));
  return object(netns, args, options);
}

const known = () => Object.keys(OBJECTS).join(' | ');

function readOptions(args: Arguments): Options {
  const options: Options = { family: undefined, showsDetails: false };
  while (args.peek()?.startsWith('-')) {
    const word = args.next()!;
    if (word === '-4') options.family = 4;
    else if (word === '-6') options.family = 6;
    else if (word === '-d' || word === '-details') options.showsDetails = true;
    else throw notSimulated('an option of ip', word, ['-4', '-6', '-d']);
  }
  return options;
}
