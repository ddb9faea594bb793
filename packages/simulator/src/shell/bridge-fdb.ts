/** `bridge fdb`: behind which host a MAC is, of vxlan devices, and behind which port, of bridges. */
import type { FdbEntry } from '@podlan/linux/model';
import type { MacAddress } from '@podlan/wire';
import { Bridge, type EntryKind } from '../devices/bridge.js';
import type { Device } from '../devices/device.js';
import { remotesOf, Vxlan, type VxlanDestination, type VxlanRemote, vxlanFdbText } from '../devices/vxlan.js';
import type { Netns } from '../kernel/netns.js';
import { type Arguments, readKeywords, startingWith } from './arguments.js';
import { notSimulated, refused, rtnetlink } from './command-error.js';
import { readAddress, readDevice, readMac, readNumber } from './operands.js';

type Change = 'add' | 'append' | 'replace' | 'delete';
const VERBS: Readonly<Record<string, Change | 'show'>> = {
  add: 'add',
  append: 'append',
  replace: 'replace',
  delete: 'delete',
  show: 'show',
  list: 'show',
};

export function bridgeFdb(netns: Netns, args: Arguments): string[] {
  const verb = args.isEmpty ? 'show' : startingWith(args.peek()!, VERBS);
  if (verb === undefined) throw notSimulated('a command of bridge fdb', args.peek()!, Object.keys(VERBS));
  args.next();
  if (verb === 'show') return show(netns, args);
  change(netns, verb, readRequest(args));
  netns.watchers.wake('fdb');
  return [];
}

interface Request {
  mac?: MacAddress;
  dev?: string;
  remote: Partial<VxlanRemote>;
  isOfMaster: boolean;
  kind: EntryKind;
}

const KNOWN = ['MAC', 'dev', 'dst', 'port', 'vni', 'via', 'self', 'master', 'permanent', 'static', 'dynamic'];

function readRequest(args: Arguments): Request {
  const request: Request = { remote: {}, isOfMaster: false, kind: 'local' };
  const remember = (more: Partial<VxlanRemote>) => {
    request.remote = { ...request.remote, ...more };
  };
  const kind = (value: EntryKind) => () => {
    request.kind = value;
  };
  readKeywords(
    args,
    {
      dev(rest) {
        request.dev = rest.value();
      },
      dst: (rest) => remember({ dst: readAddress(rest.value()) }),
      port: (rest) => remember({ port: readNumber(rest.value(), 'invalid port', 65_535) }),
      vni: (rest) => remember({ vni: readNumber(rest.value(), 'invalid VNI', 2 ** 24 - 1) }),
      via: (rest) => remember({ via: rest.value() }),
      self: () => {},
      master() {
        request.isOfMaster = true;
      },
      ...{ permanent: kind('local'), local: kind('local'), static: kind('static'), temp: kind('static') },
      dynamic: kind('learned'),
    },
    (word) => {
      if (request.mac !== undefined) throw notSimulated('what an entry has', word, KNOWN);
      const mac = readMac(word);
      if (mac === undefined) throw refused(`Invalid mac address ${word}`);
      request.mac = mac;
    },
  );
  return request;
}

function change(netns: Netns, verb: Change, { mac, dev, remote, isOfMaster, kind }: Request): void {
  if (mac === undefined || dev === undefined) throw refused('Device and address are required arguments.');
  const device = readDevice(netns, dev);
  if (remote.via !== undefined) readDevice(netns, remote.via);
  if (isOfMaster) changeBridge(device, verb, mac, kind);
  else if (device instanceof Vxlan) changeVxlan(device, verb, mac, remote, kind);
  else
    throw notSimulated('a vxlan device, or a port with master', dev, [
      'dev VXLAN dst ADDRESS',
      'dev PORT master',
    ]);
}

function changeBridge(port: Device, verb: Change, mac: MacAddress, kind: EntryKind): void {
  const { master } = port;
  if (!(master instanceof Bridge)) throw rtnetlink('Operation not supported');
  if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 1) throw rtnetlink('Invalid argument');
  const isThere = master.knows(mac);
  if (verb === 'delete') {
    if (!isThere || !master.forget(mac, port)) throw rtnetlink('No such file or directory');
    return;
  }
  if (isThere && verb !== 'replace') throw rtnetlink('File exists');
  master.know(mac, port, kind);
}

function changeVxlan(
  device: Vxlan,
  verb: Change,
  mac: MacAddress,
  remote: Partial<VxlanRemote>,
  kind: EntryKind,
): void {
  const { dst } = remote;
  const known = device.fdb.get(mac);
  if (verb === 'delete') {
    removeRemote(device, mac, dst);
    return;
  }
  if (dst === undefined) throw rtnetlink('Invalid argument');
  if (dst.includes(':') !== device.local.includes(':'))
    throw rtnetlink('Address family not supported by protocol');
  const isForSeveral = mac === '00:00:00:00:00:00' || (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
  if (verb === 'add' && known !== undefined) throw rtnetlink('File exists');
  if (verb === 'append' && known !== undefined) {
    if (isForSeveral) appendRemote(device, mac, known, { ...remote, dst });
    return;
  }
  if (verb === 'replace' && known !== undefined && isForSeveral) throw rtnetlink('Operation not supported');
  const isPlain = Object.keys(remote).length === 1;
  const row: FdbEntry = { kind: 'fdb', dev: device.name, mac, dst };
  device.fdb.set(mac, { ...remote, dst, isPermanent: kind !== 'learned', ...(isPlain && { row }) });
}

function appendRemote(device: Vxlan, mac: MacAddress, known: VxlanDestination, remote: VxlanRemote): void {
  if (remotesOf(known).some(({ dst }) => dst === remote.dst)) return;
  device.fdb.set(mac, { ...known, others: [...(known.others ?? []), remote] });
}

/** Without `dst`, all of the MAC's. */
function removeRemote(device: Vxlan, mac: MacAddress, dst: VxlanRemote['dst'] | undefined): void {
  const known = device.fdb.get(mac);
  const remotes = known === undefined ? [] : remotesOf(known);
  const rest = dst === undefined ? [] : remotes.filter((one) => one.dst !== dst);
  if (rest.length === remotes.length) throw rtnetlink('No such file or directory');
  const [first, ...others] = rest;
  if (first === undefined) device.fdb.delete(mac);
  else
    device.fdb.set(mac, {
      ...{
        dst: first.dst,
        isPermanent: known!.isPermanent,
        row: { kind: 'fdb', dev: device.name, mac, dst: first.dst },
      },
      ...(others.length > 0 && { others }),
    });
}

interface Selection {
  dev?: Device;
  bridge?: Device;
}

function show(netns: Netns, args: Arguments): string[] {
  const asked: Selection = {};
  const dev = (rest: Arguments) => {
    asked.dev = readDevice(netns, rest.value());
  };
  const bridge = (rest: Arguments) => {
    asked.bridge = readDevice(netns, rest.value());
  };
  readKeywords(args, { dev, brport: dev, br: bridge }, (word) => {
    throw notSimulated('whose entries to show', word, ['dev', 'br']);
  });
  return [...netns.devices].flatMap((device) => [...linesOf(device, asked)]);
}

function* linesOf(device: Device, { dev, bridge }: Selection): Generator<string> {
  if (bridge !== undefined && device !== bridge && device.master !== bridge) return;
  const isShown = (one: Device) => dev === undefined || dev === one;
  if (device instanceof Vxlan && isShown(device)) {
    for (const [mac, entry] of device.fdb)
      for (const remote of remotesOf(entry))
        yield withoutDevice(vxlanFdbText(device, mac, { ...remote, isPermanent: entry.isPermanent }), dev);
  }
  if (!(device instanceof Bridge)) return;
  for (const port of device.ports)
    if (isShown(port))
      yield withoutDevice(`${port.mac} dev ${port.name} master ${device.name} permanent`, dev);
  for (const { port, text } of device.fdbRows()) if (isShown(port)) yield withoutDevice(text, dev);
}

/** What was asked for is not printed again. */
const withoutDevice = (text: string, dev: Device | undefined): string =>
  dev === undefined ? text : text.replace(` dev ${dev.name}`, '');
