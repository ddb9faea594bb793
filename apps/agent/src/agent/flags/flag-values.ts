/** What flags hold, checked. A mistake is answered with what was expected and what was found. */
import { type Family, familyOf, type IpAddress, parseIpAddress } from '@podlan/wire';
import { UsageError } from '../../usage-error.js';

export const DATAPLANES = ['wasm', 'kernel'] as const;
export type Dataplane = (typeof DATAPLANES)[number];

/** Go's strconv.ParseBool. */
const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

export function parseDataplane(text: string): Dataplane {
  return parseOneOf('--dataplane', text, DATAPLANES);
}

export function parseOneOf<T extends string>(flag: string, text: string, names: readonly T[]): T {
  const found = names.find((name) => name === text);
  const expected = names.length > 2 ? names.join(', ') : names.join(' or ');
  return found ?? refuse(flag, expected, text);
}

export function parseNumber(flag: string, text: string, min: number, max: number): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  return refuse(flag, `a whole number from ${min} to ${max}`, text);
}

export function parseBoolean(flag: string, text: string): boolean {
  if (TRUE.includes(text)) return true;
  return FALSE.includes(text) ? false : refuse(flag, 'true or false', text);
}

export function parseAddress(flag: string, text: string, family?: Family): IpAddress {
  const address = parseIpAddress(text);
  if (address !== undefined && (family === undefined || familyOf(address) === family)) return address;
  return refuse(flag, family === undefined ? 'an IP address' : `an IPv${family} address`, text);
}

export function parsePattern(flag: string, text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (cause) {
    return refuse(flag, 'a regular expression', `${text} (${(cause as Error).message})`);
  }
}

function refuse(flag: string, expected: string, found: string): never {
  throw new UsageError(`${flag}: expected ${expected}, found ${found}`);
}
