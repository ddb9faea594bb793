/** Addresses, prefixes, numbers and devices as iproute2 reads them, and what it says of those that are none. */
import { addressBits } from '@podlan/linux/prefix';
import {
  type Family,
  familyOf,
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  type MacAddress,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
} from '@podlan/wire';
import type { Device } from '../devices/device.js';
import { TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from '../kernel/fib.js';
import type { Netns } from '../kernel/netns.js';
import { PROTOCOL_NAMES } from '../kernel/route-protocols.js';
import { cannotFind, refused } from './command-error.js';

/** Which family the command is for, where `-4`, `-6` or an address says so. */
export type FamilyChoice = Family | undefined;

const nameOf = (family: FamilyChoice): string => (family === undefined ? 'any valid' : FAMILY_NAMES[family]);
const FAMILY_NAMES = { 4: 'inet', 6: 'inet6' } as const;

export function readAddress(word: string, family?: FamilyChoice): IpAddress {
  const address = parseIpAddress(word);
  if (address !== undefined && (family === undefined || familyOf(address) === family)) return address;
  throw refused(`Error: ${nameOf(family)} address is expected rather than "${word}".`);
}

/** An address alone has its whole length. */
export function readInterfaceAddress(word: string, family?: FamilyChoice): InterfaceAddress {
  const parsed = parseInterfaceAddress(withLength(word));
  if (parsed !== undefined && (family === undefined || familyOf(parsed) === family)) return parsed;
  throw refused(`Error: ${nameOf(family)} prefix is expected rather than "${word}".`);
}

/** `default`, a prefix or an address. Bits of hosts may be set, which the kernel complains of. */
export function readPrefix(word: string, family: FamilyChoice = undefined): IpPrefix {
  if (['default', 'any', 'all'].includes(word)) return (family === 6 ? '::/0' : '0.0.0.0/0') as IpPrefix;
  return parseIpPrefix(readInterfaceAddress(word, family))!;
}

/** Whether it is the canonical text of a prefix, but for its way of writing IPv6. */
export const hasHostBits = (word: string): boolean => {
  const address = parseInterfaceAddress(withLength(word));
  return address !== undefined && parseIpPrefix(address) !== (address as string);
};

function withLength(word: string): string {
  const address = parseIpAddress(word);
  return address === undefined ? word : `${address}/${addressBits(address)}`;
}

export function readMac(word: string): MacAddress | undefined {
  return parseMacAddress(word);
}

/** `what`: how the tool calls it where it is wrong. */
export function readNumber(word: string, what: string, most = 2 ** 32 - 1): number {
  const number = /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(word) ? Number(word) : Number.NaN;
  if (number <= most) return number;
  throw refused(`Error: argument "${word}" is wrong: ${what}`);
}

export function readDevice(netns: Netns, name: string): Device {
  const device = netns.device(name);
  if (device === undefined) throw cannotFind(name);
  return device;
}

const TABLES: Readonly<Record<string, number>> = {
  default: TABLE_DEFAULT,
  main: TABLE_MAIN,
  local: TABLE_LOCAL,
};

export const tableName = (table: number): string =>
  Object.entries(TABLES).find(([, number]) => number === table)?.[0] ?? String(table);

export const readTable = (word: string, what = '"table" value is invalid'): number =>
  Object.hasOwn(TABLES, word) ? TABLES[word]! : readNumber(word, what);

/** Of a route: who made it. */
export function readProtocol(word: string): number | 'kernel' {
  if (word === 'kernel' || word === '2') return 'kernel';
  const named = Object.entries(PROTOCOL_NAMES).find(([, name]) => name === word)?.[0];
  return named === undefined ? readNumber(word, '"protocol" value is invalid', 255) : Number(named);
}
