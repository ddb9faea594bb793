/** `ip address`: what devices have. */
import { type Family, familyOf, type InterfaceAddress, prefixAddress } from '@podlan/wire';
import type { DeviceAddress } from '../kernel/interface-address.js';
import { isIpv6Off } from '../kernel/ipv6-switch.js';
import type { Netns } from '../kernel/netns.js';
import { type Arguments, readKeywords, startingWith } from './arguments.js';
import { notSimulated, refused } from './command-error.js';
import { linksAsked } from './ip-link.js';
import { linkLines } from './link-text.js';
import { type FamilyChoice, readDevice, readInterfaceAddress } from './operands.js';

type Verb = (netns: Netns, args: Arguments, family: FamilyChoice) => string[];

const VERBS: Readonly<Record<string, Verb>> = {
  add: (netns, args, family) => add(netns, readRequest(netns, args, family), 'add'),
  change: (netns, args, family) => add(netns, readRequest(netns, args, family), 'replace'),
  replace: (netns, args, family) => add(netns, readRequest(netns, args, family), 'replace'),
  delete: (netns, args, family) => remove(netns, readRequest(netns, args, family)),
  show,
  list: show,
  flush,
};

export function ipAddress(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  if (args.isEmpty) return show(netns, args, family);
  const word = args.next()!;
  const verb = startingWith(word, VERBS);
  if (verb === undefined) throw notSimulated('a command of ip address', word, Object.keys(VERBS));
  return verb(netns, args, family);
}

interface Request {
  readonly dev: string;
  readonly address: InterfaceAddress;
  readonly scope: DeviceAddress['scope'] | undefined;
}

const SCOPES: readonly string[] = ['global', 'link', 'host'];

function readRequest(netns: Netns, args: Arguments, family: FamilyChoice): Request {
  let [dev, text, scope]: (string | undefined)[] = [];
  const local = (word: string) => {
    if (text !== undefined) throw refused(`Error: either "local" is duplicate, or "${word}" is a garbage.`);
    text = word;
  };
  readKeywords(
    args,
    {
      dev(rest) {
        dev = rest.value();
      },
      local: (rest) => local(rest.value()),
      scope(rest) {
        scope = readScope(rest.value());
      },
      // Nothing here sends to all of a subnet.
      ...{ brd: (rest) => void rest.value(), broadcast: (rest) => void rest.value() },
      ...{ nodad: () => {}, label: (rest) => void rest.value() },
    },
    local,
  );
  if (text === undefined) throw refused('Cannot use wildcard deletion of an address');
  const address = readInterfaceAddress(text, family);
  if (dev === undefined) throw refused('Not enough information: "dev" argument is required.');
  return { dev: readDevice(netns, dev).name, address, scope: scope as Request['scope'] };
}

function readScope(word: string): string {
  if (SCOPES.includes(word)) return word;
  throw notSimulated('a scope', word, SCOPES);
}

function add(netns: Netns, { dev, address, scope }: Request, verb: 'add' | 'replace'): string[] {
  const isThere = netns.addressesOf(dev).some((one) => one.address === address);
  if (isThere && verb === 'add') {
    const family = familyOf(address) === 4 ? 'ipv4: Address' : 'ipv6: address';
    throw refused(`Error: ${family} already assigned.`);
  }
  if (familyOf(address) === 6 && isIpv6Off(netns, dev))
    throw refused('Error: ipv6: IPv6 is disabled on this device.');
  netns.addAddress(dev, address, scope);
  wake(netns);
  return [];
}

function remove(netns: Netns, { dev, address }: Request): string[] {
  if (!netns.deleteAddress(dev, address))
    throw refused(`Error: ${familyOf(address) === 4 ? 'ipv4: Address' : 'ipv6: address'} not found.`);
  wake(netns);
  return [];
}

const wake = ({ watchers }: Netns) => {
  watchers.wake('address');
  watchers.wake('route');
};

function show(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  return linksAsked(netns, args).flatMap((device) => {
    const addresses = inOrder(netns, device.name, family);
    if (family !== undefined && addresses.length === 0) return [];
    const head = linkLines(device);
    return [...(family === undefined ? head : head.slice(0, 1)), ...addresses.flatMap(linesOf(netns))];
  });
}

/** IPv4 first, and of it what is the first of its subnet. */
function inOrder(netns: Netns, dev: string, family: FamilyChoice): DeviceAddress[] {
  const rank = (one: DeviceAddress) => (familyOf(one.address) === 6 ? 2 : Number(netns.isSecondary(one)));
  return netns.addressesOf(dev, family).sort((a, b) => rank(a) - rank(b));
}

const FAMILY_WORDS: Readonly<Record<Family, string>> = { 4: 'inet', 6: 'inet6' };

const linesOf = (netns: Netns) => (one: DeviceAddress) => {
  const { dev, address, scope } = one;
  const family = familyOf(prefixAddress(address));
  const words = [`    ${FAMILY_WORDS[family]} ${address} scope ${scope}`];
  if (netns.isSecondary(one)) words.push('secondary');
  if (family === 4) words.push(dev);
  return [words.join(' '), '       valid_lft forever preferred_lft forever'];
};

function flush(netns: Netns, args: Arguments, family: FamilyChoice): string[] {
  if (args.isEmpty) throw refused('Flush requires arguments.');
  for (const { name } of linksAsked(netns, args))
    for (const { address } of netns.addressesOf(name, family)) netns.deleteAddress(name, address);
  wake(netns);
  return [];
}
