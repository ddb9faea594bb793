/** `bridge`: forwarding databases, and the ports of bridges. */
import type { Netns } from '../kernel/netns.js';
import { type Arguments, readKeywords, startingWith } from './arguments.js';
import { bridgeFdb } from './bridge-fdb.js';
import { notSimulated, refused, rtnetlink } from './command-error.js';
import { linkHead } from './link-text.js';
import { readDevice } from './operands.js';

const OBJECTS: Readonly<Record<string, (netns: Netns, args: Arguments) => string[]>> = {
  link: bridgeLink,
  fdb: bridgeFdb,
};

export function bridgeCommand(netns: Netns, args: Arguments): string[] {
  const word = args.next() ?? '';
  const object = startingWith(word, OBJECTS);
  if (object === undefined) throw notSimulated('an object of bridge', word, Object.keys(OBJECTS));
  return object(netns, args);
}

const LINK_VERBS = { show: 'show', list: 'show', set: 'set' } as const;

function bridgeLink(netns: Netns, args: Arguments): string[] {
  const verb = args.isEmpty ? 'show' : startingWith(args.peek()!, LINK_VERBS);
  if (verb === undefined) throw notSimulated('a command of bridge link', args.peek()!, ['show', 'set']);
  args.next();
  return verb === 'show' ? showPorts(netns, args) : setPort(netns, args);
}

function showPorts(netns: Netns, args: Arguments): string[] {
  const name = args.take('dev') || !args.isEmpty ? readDevice(netns, args.value()).name : undefined;
  const ports = [...netns.devices].filter((one) => one.master && (name === undefined || one.name === name));
  return ports.map((port) => {
    const state = port.isRunning ? port.portSettings.state : 'disabled';
    return `${linkHead(port)} state ${state} priority 32 cost 2`;
  });
}

const FLAGS = ['isolated', 'hairpin', 'learning', 'flood', 'mcast_flood', 'bcast_flood'];

function setPort(netns: Netns, args: Arguments): string[] {
  if (!args.take('dev')) throw refused('Device is a required argument.');
  const name = args.value();
  const port = netns.device(name);
  if (port === undefined) throw refused(`Cannot find bridge device "${name}"`);
  const { portSettings: before } = port;
  let [settings, isolated, hairpin] = [before, port.isolated, port.hairpin];
  const floods = (kind: keyof typeof before.floods) => (rest: Arguments) => {
    settings = { ...settings, floods: { ...settings.floods, [kind]: readSwitch(rest, 'flood') } };
  };
  readKeywords(
    args,
    {
      isolated(rest) {
        isolated = readSwitch(rest, 'isolated');
      },
      hairpin(rest) {
        hairpin = readSwitch(rest, 'hairpin');
      },
      learning(rest) {
        settings = { ...settings, learning: readSwitch(rest, 'learning') };
      },
      ...{ flood: floods('unicast'), mcast_flood: floods('multicast'), bcast_flood: floods('broadcast') },
    },
    (word) => {
      throw notSimulated('a setting of a port', word, FLAGS);
    },
  );
  if (port.master === undefined) throw rtnetlink('Operation not supported');
  Object.assign(port, { isolated, hairpin, portSettings: settings });
  netns.watchers.wake('link');
  return [];
}

function readSwitch(args: Arguments, what: string): boolean {
  const word = args.value();
  if (word === 'on' || word === 'off') return word === 'on';
  throw refused(`Error: argument of "${what}" must be one of "on" or "off", not "${word}"`);
}
