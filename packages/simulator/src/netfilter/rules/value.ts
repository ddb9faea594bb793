/** Values that rules compare, and their types: how nft's JSON writes a constant of each. */
import { addressValue } from '@podlan/linux/prefix';
import { type Family, familyOf, parseIpAddress } from '@podlan/wire';
import { NotUnderstood, tagged } from './not-understood.js';

/** Numbers and addresses are numbers, names of devices are text; a concatenation has several. */
export type Scalar = bigint | string;
export type Value = Scalar | readonly Scalar[];

export interface ScalarType {
  readonly kind: 'number' | 'flags' | 'text' | 'address';
  /** Of numbers, where nft prints some by name. */
  readonly names?: Readonly<Record<string, number>>;
  /** Of an address. */
  readonly family?: Family;
  readonly bits: number;
}
export type Type = ScalarType | readonly ScalarType[];

export const number = (bits: number, names?: Readonly<Record<string, number>>): ScalarType => ({
  kind: 'number',
  bits,
  ...(names && { names }),
});
export const flags = (bits: number, names: Readonly<Record<string, number>>): ScalarType => ({
  kind: 'flags',
  bits,
  names,
});
export const TEXT: ScalarType = { kind: 'text', bits: 128 };
export const address = (family: Family): ScalarType => ({
  kind: 'address',
  family,
  bits: family === 4 ? 32 : 128,
});

export const isScalarType = (type: Type): type is ScalarType => !Array.isArray(type);

/** A constant of a type. Several in a list are flags that are set together. */
export function constant(json: unknown, type: ScalarType): Scalar {
  if (Array.isArray(json)) return json.map((one) => constant(one, type)).reduce(either(json), 0n);
  const [tag, body] = tagged(json) ?? [];
  if (tag === '|' && Array.isArray(body)) return constant(body, type);
  if (type.kind === 'text') return typeof json === 'string' && json !== '' ? json : refuse(json);
  if (typeof json === 'number') return Number.isSafeInteger(json) && json >= 0 ? BigInt(json) : refuse(json);
  if (typeof json === 'boolean') return json ? 1n : 0n;
  if (typeof json !== 'string') throw new NotUnderstood(json);
  return type.kind === 'address' ? addressConstant(json, type) : named(json, type);
}

const refuse = (json: unknown): never => {
  throw new NotUnderstood(json);
};

const either = (json: unknown) => (sum: Scalar, one: Scalar) =>
  typeof sum === 'bigint' && typeof one === 'bigint' ? sum | one : refuse(json);

function addressConstant(json: string, { family }: ScalarType): bigint {
  const parsed = parseIpAddress(json);
  if (parsed === undefined || (family !== undefined && familyOf(parsed) !== family)) return refuse(json);
  return addressValue(parsed);
}

function named(json: string, { names = {} }: ScalarType): bigint {
  if (Object.hasOwn(names, json)) return BigInt(names[json]!);
  return /^(?:0x[0-9a-f]{1,32}|\d{1,39})$/i.test(json) ? BigInt(json) : refuse(json);
}

/** As a key of a map: no two values of one type have the same. */
export const valueKey = (value: Value): string => (Array.isArray(value) ? value.join(' ') : `${value}`);
