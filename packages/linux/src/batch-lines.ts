/**
 * From a change to the lines of `ip -batch` or `bridge -batch` that make it. Every word is a number, a fixed word, or
 * a value that was checked right here: text from a lease or a file never reaches a line otherwise.
 */
import {
  type MacAddress,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
} from '@podlan/wire';
import { deviceName as device, netnsName, unexpected } from './checked-names.js';
import type { Address, Change, FdbEntry, Link, Neighbor, Route } from './model.js';
import { defaultMetric } from './rows.js';

export type Tool = 'ip' | 'bridge';
export interface Lines {
  readonly tool: Tool;
  readonly lines: readonly string[];
}

/** What a change leaves open. */
export interface LineChoices {
  /** For a bridge that is told none; without it the bridge takes its ports'. */
  readonly bridgeMac?: () => MacAddress;
  /** Nothing of what is added is there yet: there is no earlier state to undo. */
  readonly afresh?: boolean;
}

export function batchLines({ op, row }: Change, choices: LineChoices = {}): Lines {
  switch (row.kind) {
    case 'link':
      return {
        tool: 'ip',
        lines: op === 'delete' ? [`link del dev ${device(row.name)}`] : linkLines(op, row, choices),
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

function linkLines(op: Op, link: Link, choices: LineChoices): string[] {
  const afresh = op === 'add' && choices.afresh === true;
  const add = op === 'add' ? addLinkLine(link, choices) : undefined;
  const change = op === 'replace' && link.type === 'vxlan' ? [vxlanChangeLine(link)] : [];
  const port = link.master === undefined || (afresh && !link.hairpin) ? [] : [hairpinLine(link)];
  return [...(add === undefined ? [] : [add]), ...change, linkSetLine(link, afresh), ...port];
}

function addLinkLine(link: Link, { bridgeMac }: LineChoices): string | undefined {
  const name = device(link.name);
  const identity = link.mac === undefined ? '' : ` address ${mac(link.mac)}`;
  switch (link.type) {
    case 'tap':
    case 'tun':
      return `tuntap add dev ${name} mode ${link.type} vnet_hdr`;
    case 'bridge': {
      const chosen = link.mac ?? bridgeMac?.();
      return `link add dev ${name}${chosen === undefined ? '' : ` address ${mac(chosen)}`} type bridge`;
    }
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
  return netns === undefined ? device(name) : `${device(name)} netns ${netnsName(netns)}`;
}

function linkSetLine(link: Link, afresh: boolean): string {
  const identity = link.mac === undefined || link.type === 'tun' ? '' : ` address ${mac(link.mac)}`;
  const free = afresh ? '' : ' nomaster';
  const master = link.master === undefined ? free : ` master ${device(link.master)}`;
  const state = link.up ? 'up' : 'down';
  return `link set dev ${device(link.name)}${identity} mtu ${integer(link.mtu, 65535)}${master} ${state}`;
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
