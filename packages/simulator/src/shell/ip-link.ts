/** `ip link`: to show, change, make and delete devices. */
import { Bridge } from '../devices/bridge.js';
import type { Device } from '../devices/device.js';
import type { Netns } from '../kernel/netns.js';
import { type Arguments, readKeywords, startingWith } from './arguments.js';
import { notSimulated, refused, rtnetlink } from './command-error.js';
import { addLink } from './ip-link-add.js';
import { linkLines } from './link-text.js';
import { readDevice, readMac, readNumber } from './operands.js';

type Verb = (netns: Netns, args: Arguments, showsDetails: boolean) => string[];

const VERBS: Readonly<Record<string, Verb>> = {
  add: addLink,
  set: setLink,
  show: showLinks,
  list: showLinks,
  delete: deleteLink,
};

export function ipLink(netns: Netns, args: Arguments, showsDetails: boolean): string[] {
  if (args.isEmpty) return showLinks(netns, args, showsDetails);
  const word = args.next()!;
  const verb = startingWith(word, VERBS);
  if (verb === undefined) throw notSimulated('a command of ip link', word, Object.keys(VERBS));
  return verb(netns, args, showsDetails);
}

function showLinks(netns: Netns, args: Arguments, showsDetails: boolean): string[] {
  return linksAsked(netns, args).flatMap((device) => linkLines(device, { showsDetails }));
}

/** `dev NAME` or NAME, `master`, `type`, `up`: of `ip link` and `ip address`. */
export function linksAsked(netns: Netns, args: Arguments): Device[] {
  const asked: ((device: Device) => boolean)[] = [];
  const named = (name: string) => {
    if (netns.device(name) === undefined) throw refused(`Device "${name}" does not exist.`);
    asked.push((device) => device.name === name);
  };
  readKeywords(
    args,
    {
      dev: (rest) => named(rest.value()),
      up: () => void asked.push(({ up }) => up),
      master(rest) {
        const master = readDevice(netns, rest.value());
        asked.push((device) => device.master === master);
      },
      type(rest) {
        const type = rest.value();
        asked.push((device) => device.type === type);
      },
    },
    named,
  );
  return [...netns.devices].filter((device) => asked.every((isAsked) => isAsked(device)));
}

function deleteLink(netns: Netns, args: Arguments): string[] {
  args.take('dev');
  const device = readDevice(netns, args.value());
  if (device.type === 'nic' || device.name === 'lo') throw rtnetlink('Operation not supported');
  netns.deleteDevice(device.name);
  wakeAll(netns, ['link', 'address', 'route', 'neighbor', 'fdb']);
  return [];
}

const wakeAll = (netns: Netns, tables: readonly ('link' | 'address' | 'route' | 'neighbor' | 'fdb')[]) => {
  for (const table of tables) netns.watchers.wake(table);
};

type Change = () => void;
const SETTINGS = ['up', 'down', 'mtu N', 'address MAC', 'master BRIDGE', 'nomaster'];

/** All that it asks for is looked at before anything is changed. */
function setLink(netns: Netns, args: Arguments): string[] {
  args.take('dev');
  const device = readDevice(netns, args.value());
  const changes: Change[] = [];
  readKeywords(
    args,
    {
      mtu: (rest) => void changes.push(mtuChange(device, rest.value())),
      address: (rest) => void changes.push(macChange(netns, device, rest.value())),
      master: (rest) => void changes.push(masterChange(netns, device, rest.value())),
      nomaster: () => void changes.push(() => device.master?.removePort(device)),
      up: () => void changes.push(() => netns.setUp(device, true)),
      down: () => void changes.push(() => netns.setUp(device, false)),
    },
    (word) => {
      throw notSimulated('a setting of ip link set', word, SETTINGS);
    },
  );
  for (const change of changes) change();
  wakeAll(netns, ['link', 'address', 'route', 'neighbor']);
  return [];
}

function mtuChange(device: Device, word: string): Change {
  const mtu = readNumber(word, 'Invalid "mtu" value\n');
  if (mtu < 68) throw refused('Error: mtu less than device minimum.');
  if (mtu > 65_535) throw refused('Error: mtu greater than device maximum.');
  return () => {
    device.mtu = mtu;
  };
}

function macChange(netns: Netns, device: Device, word: string): Change {
  const mac = readMac(word);
  if (mac === undefined) throw refused(`"${word}" is invalid lladdr.`);
  if (!device.hasLinkLayer || device.name === 'lo') throw rtnetlink('Operation not supported');
  return () => {
    device.mac = mac;
    if (device instanceof Bridge) device.hasOwnMac = true;
    // NETDEV_CHANGEADDR, though it is the same one: even permanent neighbors are forgotten.
    netns.neighbors.deleteOf(device.name);
  };
}

function masterChange(netns: Netns, device: Device, word: string): Change {
  const master = netns.device(word);
  if (master === undefined) throw refused(`Error: argument "${word}" is wrong: Device does not exist\n`);
  if (!(master instanceof Bridge)) throw rtnetlink('Operation not supported');
  if (device instanceof Bridge) throw rtnetlink('Too many levels of symbolic links');
  if (!device.hasLinkLayer || device.name === 'lo') throw rtnetlink('Invalid argument');
  return () => {
    if (device.master !== master) master.addPort(device);
  };
}
