/** A snapshot that may be shown: addresses and names are pseudonyms, and all relations between them are as they were. */
import { parseIpAddress } from '@podlan/wire';
import { Pseudonyms } from './pseudonyms.js';
import { redactAddressesWithin, redactAddressText, redactNetwork } from './redact-address.js';
import { RedactedNames } from './redacted-names.js';
import type { NodeSnapshot } from './types.js';

/**
 * Addresses, MACs and the names of nodes, pods and devices replaced: one by the same everywhere, and two prefixes by two
 * that have as much in common. Addresses that mean something (127.0.0.1, 0.0.0.0, multicast, `fe80::`) stay. The key
 * decides by what: snapshots of several nodes redacted under one key still agree. Draw it with {@link newRedactKey}, and
 * throw it away. Of an nftables range that is no prefix the ends alone are replaced. Throws RangeError for a short key.
 * @example
 * ```ts
 * import { newRedactKey, parseSnapshot, redactSnapshot } from '@podlan/simulator/snapshot';
 *
 * const snapshot = parseSnapshot(`{
 *   "schema": "podlan-snapshot", "version": 1, "node": "payroll-7", "takenAt": "2030-01-31T12:00:00.000Z",
 *   "podlan": "0.1.0", "kernel": "6.1.0", "namespaces": [{
 *     "name": "payroll-7", "kind": "host", "netns": 4026531840, "nsids": [], "addresses": [],
 *     "links": [{ "ifindex": 2, "ifname": "eth0", "flags": ["UP"], "mtu": 1500 }],
 *     "routes": [{ "family": "inet", "dst": "10.1.2.0/24", "gateway": "10.1.9.1", "dev": "eth0", "flags": [] }],
 *     "rules": [], "neighbors": [], "fdb": [], "sysctls": {}, "nftables": [], "sockets": []
 *   }]
 * }`);
 * const redacted = await redactSnapshot(snapshot, newRedactKey());
 * const text = JSON.stringify(redacted);
 * text.includes('payroll') || text.includes('10.1.'); // => false
 * redacted.namespaces[0]?.routes[0]?.dev; // => 'eth0'
 * ```
 */
export async function redactSnapshot(snapshot: NodeSnapshot, key: string): Promise<NodeSnapshot> {
  const pseudonyms = await Pseudonyms.under(key);
  const redaction = new Redaction(pseudonyms, new RedactedNames(snapshot, pseudonyms));
  const { node, namespaces, ...rest } = snapshot;
  const redacted = {
    ...((await redaction.value(rest, [])) as object),
    ...{ node: await redaction.names.name(node), redacted: true },
    namespaces: await Promise.all(
      namespaces.map(async ({ name, ...tables }) => ({
        ...((await redaction.value(tables, [])) as object),
        name: await redaction.names.name(name),
      })),
    ),
  };
  return inOrderOf(snapshot, redacted as NodeSnapshot);
}

/** Whoever reads the text finds the node first. */
function inOrderOf(snapshot: NodeSnapshot, redacted: NodeSnapshot): NodeSnapshot {
  const { control, namespaces, ...head } = redacted;
  const names = Object.keys(snapshot).filter((key) => key in head) as (keyof typeof head)[];
  const ordered = Object.fromEntries(names.map((key) => [key, head[key]]));
  const ofNamespaces = namespaces.map(({ name, kind, ...tables }) => ({ name, kind, ...tables }));
  return { ...ordered, ...head, namespaces: ofNamespaces, ...(control && { control }) } as NodeSnapshot;
}

/** An address whose length stands beside it, under these keys, is that of a network. */
const NETWORKS: readonly (readonly [string, string])[] = [
  ['addr', 'len'],
  ['src', 'srclen'],
  ['dst', 'dstlen'],
];

const DEVICE_KEYS = new Set(['ifname', 'dev', 'link', 'master', 'iif', 'oif', 'via', 'label']);

/** Under these the part of the machine has names. */
const NAMED_IN_MACHINE = new Set(['file', 'name', 'network', 'container']);

/** Under these nft has names of its objects, when they are text. */
const OBJECT_KEYS = new Set(['table', 'chain', 'target', 'flowtable', 'counter', 'quota', 'limit']);
/** The objects themselves have theirs under `name`. */
const OBJECTS = new Set(['table', 'chain', 'set', 'map', 'flowtable', 'counter', 'quota', 'limit']);
/** What may say anything says nothing. */
const FREE_TEXT: Readonly<Record<string, ReadonlySet<string>>> = {
  nftables: new Set(['comment', 'prefix', 'userdata']),
  control: new Set(['unready']),
};
const DEVICE_MATCHES = new Set(['iifname', 'oifname', 'iif', 'oif', 'ibrname', 'obrname', 'ifname']);
/** In a path: what is compared with a device's name, and what with 32 bits of a packet. */
const [OF_DEVICE, OF_WORD] = ['(device)', '(word)'];

/** Under these nft has data, everywhere else words of its own and names of its objects. */
const DATA_KEYS = new Set(['right', 'elem', 'dev', 'data']);

class Redaction {
  readonly #pseudonyms: Pseudonyms;
  readonly names: RedactedNames;

  constructor(pseudonyms: Pseudonyms, names: RedactedNames) {
    this.#pseudonyms = pseudonyms;
    this.names = names;
  }

  /** `path`: the keys that lead to it, without the indexes of lists. */
  async value(value: unknown, path: readonly string[]): Promise<unknown> {
    if (typeof value === 'string') return this.#string(value, path);
    if (typeof value === 'number' && isWord(path)) return this.#word(value);
    if (Array.isArray(value)) return this.#list(value, path);
    if (typeof value !== 'object' || value === null) return value;
    if (path[0] === 'sysctls') return this.#sysctls(value as Record<string, string>);
    return this.#object(value, path);
  }

  async #list(list: readonly unknown[], path: readonly string[]): Promise<unknown[]> {
    const redacted: unknown[] = [];
    for (const one of list) redacted.push(await this.value(one, path));
    return redacted;
  }

  async #object(value: object, path: readonly string[]): Promise<object> {
    const redacted: [string, unknown][] = [];
    const kind = path[0] === 'nftables' ? kindOfMatch(value as Record<string, unknown>) : [];
    for (const [key, inner] of Object.entries(value)) {
      const isFree = typeof inner === 'string' && FREE_TEXT[path[0] ?? '']?.has(key) === true;
      redacted.push([key, isFree ? '' : await this.value(inner, [...path, ...kind, key])]);
    }
    return { ...Object.fromEntries(redacted), ...(await this.#networks(value as Record<string, unknown>)) };
  }

  async #networks(value: Record<string, unknown>): Promise<Record<string, string>> {
    const redacted: Record<string, string> = {};
    for (const [addressKey, lengthKey] of NETWORKS) {
      const [text, length] = [value[addressKey], value[lengthKey]];
      const address = typeof text === 'string' ? parseIpAddress(text) : undefined;
      if (address !== undefined && isLengthOf(address, length))
        redacted[addressKey] = await redactNetwork(address, length, this.#pseudonyms);
    }
    return redacted;
  }

  async #string(text: string, path: readonly string[]): Promise<string> {
    const address = await redactAddressText(text, this.#pseudonyms);
    if (address !== undefined) return address;
    const key = path.at(-1) ?? '';
    if (path[0] === 'nftables') return this.#stringOfRule(text, path);
    if (path[0] === 'machine') return this.#stringOfMachine(text, key);
    if (key === 'table') return this.names.table(text);
    if (key === 'name' || DEVICE_KEYS.has(key)) return this.#device(text);
    return text;
  }

  /** Files and containers are called as anybody likes; words of plugins and policies are those of their programs. */
  async #stringOfMachine(text: string, key: string): Promise<string> {
    if (key === 'ifname') return this.#device(text);
    if (NAMED_IN_MACHINE.has(key)) return this.names.ofMachine(text);
    return this.names.text(await redactAddressesWithin(text, this.#pseudonyms));
  }

  /** Names of addresses may say more after a colon. */
  async #device(text: string): Promise<string> {
    const [device = '', alias] = text.split(':');
    const redacted = await this.names.device(device);
    return alias === undefined ? redacted : `${redacted}:${await this.#pseudonyms.wordFor('alias', alias)}`;
  }

  /** Bits of a packet that no field names may be those of an address. */
  async #word(value: number): Promise<number> {
    if (value > 0xffffffff) return 0;
    const octets = [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
    const redacted = await redactAddressText(octets.join('.'), this.#pseudonyms);
    return redacted!.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
  }

  async #stringOfRule(text: string, path: readonly string[]): Promise<string> {
    const key = path.at(-1)!;
    if (isWord(path)) return '0';
    if (text.startsWith('@')) return `@${await this.names.object(text.slice(1))}`;
    const isOwnName = key === 'name' && OBJECTS.has(path[1]!) && !path.includes('expr');
    if (isOwnName || OBJECT_KEYS.has(key)) return this.names.object(text);
    if (isComparedWith(OF_DEVICE, path)) return this.names.devicePattern(text);
    if (this.names.isDevice(text) && path.some((key) => DATA_KEYS.has(key))) return this.names.device(text);
    return this.names.text(await redactAddressesWithin(text, this.#pseudonyms));
  }

  /** `net/ipv4/conf/eth0/forwarding`: the device is part of the key. */
  async #sysctls(values: Record<string, string>): Promise<Record<string, string>> {
    const redacted: [string, string][] = [];
    for (const [key, value] of Object.entries(values)) {
      const [, before = '', device = '', after = ''] = /^(net\/[^/]+\/conf\/)(.+)\/([^/]+)$/.exec(key) ?? [];
      const isOfAll = device === '' || device === 'all' || device === 'default';
      redacted.push([isOfAll ? key : `${before}${await this.names.device(device)}/${after}`, value]);
    }
    return Object.fromEntries(redacted);
  }
}

/** By what stands on its left, or the type of a set. */
function kindOfMatch(value: Record<string, unknown>): string[] {
  const { left, type } = value;
  const { meta, payload } = (left ?? {}) as {
    meta?: { key?: string };
    payload?: { base?: string; len?: number };
  };
  if (DEVICE_MATCHES.has(meta?.key ?? '') || type === 'ifname') return [OF_DEVICE];
  return payload?.base !== undefined && (payload.len ?? 0) >= 32 ? [OF_WORD] : [];
}

/** On the right of such a match, or an element of such a set; not what stands on its left. */
function isComparedWith(kind: string, path: readonly string[]): boolean {
  const at = path.indexOf(kind);
  return at >= 0 && ['right', 'elem'].includes(path[at + 1]!);
}

const isWord = (path: readonly string[]): boolean => isComparedWith(OF_WORD, path);

const isLengthOf = (address: string, length: unknown): length is number =>
  typeof length === 'number' &&
  Number.isInteger(length) &&
  length >= 0 &&
  length <= (address.includes(':') ? 128 : 32);
