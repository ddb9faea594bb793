/** Sets, maps and single values to compare with: what stands on the right of a match, and in the maps of a rule. */
import { boundsOf } from '@podlan/linux/prefix';
import { type IpPrefix, parseIpPrefix } from '@podlan/wire';
import { members, NotUnderstood, tagged } from './not-understood.js';
import {
  constant,
  isScalarType,
  type Scalar,
  type ScalarType,
  type Type,
  type Value,
  valueKey,
} from './value.js';

/** The elements of the named sets and maps of a table. Of a map each is a pair. */
export interface Sets {
  readonly elements: (name: string) => readonly unknown[];
}

type Test = (value: Scalar) => boolean;

/** One element: a single value, to be found at once, or a test. */
interface Pattern {
  readonly exact?: Scalar;
  readonly test: Test;
}

/** Whether a value is what stands there: a constant, range, prefix, set, or named set. */
export function compilePattern(json: unknown, type: Type, sets: Sets): (value: Value) => boolean {
  const elements = elementsOf(json, sets);
  if (elements === undefined) return singlePattern(json, type);
  const found = compileElements<true>(
    elements.map((element) => [element, true]),
    type,
  );
  return (value) => found(value) === true;
}

function singlePattern(json: unknown, type: Type): (value: Value) => boolean {
  const found = compileElements<true>([[json, true]], type);
  return (value) => found(value) === true;
}

/** What a map gives for a value. `meaningOf` makes what its elements stand for. */
export function compileLookup<T>(
  json: unknown,
  type: Type,
  sets: Sets,
  meaningOf: (json: unknown) => T,
): (value: Value) => T | undefined {
  const elements = elementsOf(json, sets);
  if (elements === undefined) throw new NotUnderstood(json);
  const pairs = elements.map((element): [unknown, T] => {
    if (!Array.isArray(element) || element.length !== 2) throw new NotUnderstood(element);
    return [element[0], meaningOf(element[1])];
  });
  return compileElements(pairs, type);
}

/** Undefined where it is no set. */
function elementsOf(json: unknown, sets: Sets): readonly unknown[] | undefined {
  if (typeof json === 'string' && json.startsWith('@')) return sets.elements(json.slice(1));
  const { set } = members(json);
  if (set === undefined) return undefined;
  return Array.isArray(set) ? set : [set];
}

function compileElements<T>(
  pairs: readonly (readonly [unknown, T])[],
  type: Type,
): (value: Value) => T | undefined {
  const exact = new Map<string, T>();
  const tests: [(value: Value) => boolean, T][] = [];
  let otherwise: { readonly value: T } | undefined;
  for (const [json, value] of pairs) {
    const element = withoutWrapper(json);
    if (element === '*') {
      otherwise = { value };
      continue;
    }
    const patterns = patternsOf(element, type);
    const single = patterns.map((pattern) => pattern.exact);
    if (single.every((one) => one !== undefined)) exact.set(valueKey(single as Scalar[]), value);
    else tests.push([allOf(patterns), value]);
  }
  return (value) => {
    const found = exact.get(valueKey(value));
    if (found !== undefined) return found;
    return tests.find(([test]) => test(value))?.[1] ?? otherwise?.value;
  };
}

/** Elements with a comment, timeout or counter. */
function withoutWrapper(json: unknown): unknown {
  const [tag, body] = tagged(json) ?? [];
  return tag === 'elem' ? members(body).val : json;
}

function patternsOf(json: unknown, type: Type): Pattern[] {
  if (isScalarType(type)) return [patternOf(json, type)];
  const [tag, parts] = tagged(json) ?? [];
  if (tag !== 'concat' || !Array.isArray(parts) || parts.length !== type.length)
    throw new NotUnderstood(json);
  return parts.map((part, i) => patternOf(part, type[i]!));
}

const allOf =
  (patterns: readonly Pattern[]) =>
  (value: Value): boolean => {
    const values = Array.isArray(value) ? value : [value];
    return values.length === patterns.length && patterns.every(({ test }, i) => test(values[i]));
  };

function patternOf(json: unknown, type: ScalarType): Pattern {
  const [tag, body] = tagged(json) ?? [];
  if (tag === 'range') return rangePattern(body, type);
  if (tag === 'prefix') return prefixPattern(body, type);
  const value = constant(json, type);
  if (typeof value === 'string' && value.endsWith('*')) return { test: wildcard(value) };
  return { exact: value, test: (other) => other === value };
}

/** nft writes a star that is meant as such behind a backslash. */
function wildcard(text: string): Test {
  if (text.endsWith('\\*')) {
    const literal = `${text.slice(0, -2)}*`;
    return (value) => value === literal;
  }
  const start = text.slice(0, -1);
  return (value) => typeof value === 'string' && value.startsWith(start);
}

function rangePattern(json: unknown, type: ScalarType): Pattern {
  if (!Array.isArray(json) || json.length !== 2 || type.kind === 'text')
    throw new NotUnderstood({ range: json });
  return between(constant(json[0], type), constant(json[1], type));
}

function prefixPattern(json: unknown, type: ScalarType): Pattern {
  const { addr, len } = members(json);
  if (type.kind !== 'address') return numberPrefix(addr, len, type);
  const prefix = prefixOf(addr, len);
  const isOther = prefix === undefined || prefix.includes(':') !== (type.family === 6);
  if (isOther) throw new NotUnderstood({ prefix: json });
  const { first, last } = boundsOf(prefix);
  return between(first, last);
}

/** Undefined for what is none. */
export const prefixOf = (addr: unknown, len: unknown): IpPrefix | undefined =>
  typeof addr === 'string' && typeof len === 'number' ? parseIpPrefix(`${addr}/${len}`) : undefined;

function numberPrefix(addr: unknown, len: unknown, type: ScalarType): Pattern {
  const isLength = typeof len === 'number' && Number.isInteger(len) && len >= 0 && len <= type.bits;
  if (!isLength || type.kind === 'text') throw new NotUnderstood({ prefix: { addr, len } });
  const host = BigInt(type.bits - len);
  const first = ((constant(addr, type) as bigint) >> host) << host;
  return between(first, first + (1n << host) - 1n);
}

function between(first: Scalar, last: Scalar): Pattern {
  return { test: (value) => first <= value && value <= last };
}
