/**
 * From a change to the lines of `ip -batch` or `bridge -batch` that make it. Every word is a number, a fixed word, or
 * a value that was checked right here: text from a lease or a file never reaches a line otherwise.
 */
import { randomBytes } from 'node:crypto';
import {
  macFromBytes,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
} from '@podlan/wire';
import type { Address, Change, FdbEntry, Link, Neighbor, Route } from './model.js';
import { defaultMetric } from './rows.js';

export type Tool = 'ip' | 'bridge';
export interface Lines {
  readonly tool: Tool;
  readonly lines: readonly string[];
}

/** A device name as podlan accepts it: a subset of the kernel's (dev_valid_name), shorter than IFNAMSIZ. */
const DEVICE_NAME = /^[a-zA-Z0-9_.-]{1,15}$/;
const NETNS = /^[a-zA-Z0-9_./-]{1,255}$/;

export function batchLines({ op, row }: Change): Lines {
  switch (row.kind) {
    case 'link':
      return {
        tool: 'ip',
        lines: op === 'delete' ? [`link del dev ${device(row.name)}`] : linkLines(op, row),
      };
    case 'address':
      return { tool: 'ip', lines: [addressLine(op, row)] };
    case 'neighbor':
      return { tool: 'ip', lines: [neighborLine(op, row)] };
    case 'route':
      return { tool: 'ip', lines: [routeLine(op, row)] };
    case 'fdb':
      return { tool: 'bridge', lines: [fdbLine(op, row)] };
    default:
      throw new TypeError(`row: no batch line makes a ${row.kind}`);
  }
}

type Op = Change['op'];

function linkLines(op: Op, link: Link): string[] {
  const add = op === 'add' ? addLinkLine(link) : undefined;
  const change = op === 'replace' && link.type === 'vxlan' ? [vxlanChangeLine(link)] : [];
  const port = link.master === undefined ? [] : [hairpinLine(link)];
  return [...(add === undefined ? [] : [add]), ...change, linkSetLine(link), ...port];
}

function addLinkLine(link: Link): string | undefined {
  const name = device(link.name);
  const identity = link.mac === undefined ? '' : ` address ${mac(link.mac)}`;
  switch (link.type) {
    case 'tap':
    case 'tun':
      return `tuntap add dev ${name} mode ${link.type} vnet_hdr`;
    case 'bridge':
      return `link add dev ${name} address ${mac(link.mac ?? randomMac())} type bridge`;
    case 'vxlan':
      return `link add dev ${name}${identity} mtu ${integer(link.mtu, 65535)} type vxlan ${vxlanWords(link)}`;
    case 'veth':
      // The other end of a pair is there already when its own kernel is told of it.
      return link.peer && `link add dev ${name}${identity} type veth peer name ${peerWords(link.peer)}`;
  }
}

function vxlanWords(link: Link & { type: 'vxlan' }): string {
  const id = integer(link.vni, 0xffffff);
  const outer = `local ${ip(link.local)} dev ${device(link.dev)} dstport ${integer(link.port, 65535)}`;
  return `id ${id} ${outer} ${learningWord(link)}${link.gbp ? ' gbp' : ''}`;
}

const learningWord = (link: Link & { type: 'vxlan' }): string => (link.learning ? 'learning' : 'nolearning');

const vxlanChangeLine = (link: Link & { type: 'vxlan' }): string =>
  `link set dev ${device(link.name)} type vxlan ${learningWord(link)}`;

function peerWords({ name, netns }: { readonly name: string; readonly netns?: string }): string {
  if (netns === undefined) return device(name);
  if (!NETNS.test(netns)) throw unexpected('netns', 'a namespace name or path', netns);
  return `${device(name)} netns ${netns}`;
}

/**
 * A bridge that was given no address takes its lowest port's, and changes it as ports come and go; pods that had
 * resolved their gateway would lose it.
 */
function randomMac(): string {
  const bytes = Uint8Array.from(randomBytes(6));
  bytes[0] = (bytes[0]! & 0xfe) | 0x02; // locally administered, unicast
  return macFromBytes(bytes);
}

function linkSetLine(link: Link): string {
  const identity = link.mac === undefined || link.type === 'tun' ? '' : ` address ${mac(link.mac)}`;
  const master = link.master === undefined ? 'nomaster' : `master ${device(link.master)}`;
  const state = link.up ? 'up' : 'down';
  return `link set dev ${device(link.name)}${identity} mtu ${integer(link.mtu, 65535)} ${master} ${state}`;
}

const hairpinLine = (link: Link): string =>
  `link set dev ${device(link.name)} type bridge_slave hairpin ${link.hairpin ? 'on' : 'off'}`;

function addressLine(op: Op, row: Address): string {
  const address = checked('address', 'an address with its prefix length', row.address, parseInterfaceAddress);
  // Pod addresses are handed out once: duplicate address detection would only hold packets back.
  const flags = op !== 'delete' && address.includes(':') ? ' nodad' : '';
  return `addr ${op === 'delete' ? 'del' : 'replace'} ${address} dev ${device(row.dev)}${flags}`;
}

function neighborLine(op: Op, row: Neighbor): string {
  const where = `${ip(row.address)} dev ${device(row.dev)}`;
  return op === 'delete'
    ? `neigh del ${where}`
    : `neigh replace ${where} lladdr ${mac(row.mac)} nud permanent`;
}

function fdbLine(op: Op, row: FdbEntry): string {
  const verb = op === 'delete' ? 'del' : 'replace';
  return `fdb ${verb} ${mac(row.mac)} dev ${device(row.dev)} dst ${ip(row.dst)} self permanent`;
}

function routeLine(op: Op, row: Route): string {
  const words = [
    op === 'delete' ? 'route del' : 'route replace',
    checked('prefix', 'a prefix', row.prefix, parseIpPrefix),
    row.via === undefined ? undefined : `via ${ip(row.via)}`,
    `dev ${device(row.dev)}`,
    row.protocol === undefined ? undefined : `proto ${integer(row.protocol, 255)}`,
    row.metric === undefined ? undefined : `metric ${integer(row.metric, 0xffffffff)}`,
    row.onlink ? 'onlink' : undefined,
  ];
  return words.filter((word) => word !== undefined).join(' ');
}

/** Deletes whichever route has the prefix and the metric. */
export function vacateRouteLine(route: Route): string {
  const prefix = checked('prefix', 'a prefix', route.prefix, parseIpPrefix);
  return `route del ${prefix} metric ${integer(route.metric ?? defaultMetric(route), 0xffffffff)}`;
}

export function device(name: string): string {
  if (!DEVICE_NAME.test(name) || name === '.' || name === '..')
    throw unexpected('device', 'a device name', name);
  return name;
}

const ip = (text: string): string => checked('address', 'an IP address', text, parseIpAddress);
const mac = (text: string): string => checked('mac', 'a MAC address', text, parseMacAddress);

function integer(value: number, max: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= max) return value;
  throw unexpected('number', `0 to ${max}`, value);
}

function checked(
  what: string,
  expected: string,
  text: string,
  parse: (text: string) => string | undefined,
): string {
  const value = parse(text);
  if (value === undefined) throw unexpected(what, expected, text);
  return value;
}

const unexpected = (what: string, expected: string, got: unknown): TypeError =>
  new TypeError(`${what}: expected ${expected}, got ${JSON.stringify(got)}`);
