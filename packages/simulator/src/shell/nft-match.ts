/** What a rule asks of a packet: a field, and what it is compared with or looked up in. */
import { HEADERS } from '../netfilter/rules/payload-fields.js';
import { notSimulated } from './command-error.js';
import type { RuleSurroundings } from './nft-rule.js';
import type { NftText } from './nft-text.js';
import { readValue } from './nft-value.js';

/** Those that need no `meta` before them. */
const BARE_META: ReadonlySet<string> = new Set([
  'iif',
  'oif',
  'iifname',
  'oifname',
  'mark',
  'l4proto',
  'nfproto',
]);
const OPERATORS = ['==', '!=', '<=', '>=', '<', '>'];
/** Compared as a set of bits, of which any counts. */
const FLAG_FIELDS: ReadonlySet<string> = new Set(['ct state', 'ct status', 'tcp flags']);

/** A match, `vmap`, or `meta mark set`. */
export function readMatch(text: NftText, at: RuleSurroundings, known: readonly string[]): object {
  const { left, name } = readField(text, known);
  if (text.take('set')) return { mangle: { key: left, value: readRight(text) } };
  if (text.take('vmap')) return { vmap: { key: left, data: readVerdictMap(text, at) } };
  const isFlags = FLAG_FIELDS.has(name);
  const masked = text.take('&') ? { '&': [left, readMask(text)] } : left;
  const negated = isFlags && text.take('!');
  const op = OPERATORS.find((one) => text.take(one)) ?? (negated ? '!' : undefined);
  const right = readRight(text, isFlags);
  const implied = isFlags && masked === left && !isSet(right) ? 'in' : '==';
  return { match: { op: op ?? implied, left: masked, right } };
}

const isSet = (right: unknown): boolean => typeof right === 'object' && right !== null && 'set' in right;

interface Field {
  readonly left: object;
  readonly name: string;
}

function readField(text: NftText, known: readonly string[]): Field {
  const word = text.next('a rule', known).text;
  if (Object.hasOwn(HEADERS, word)) {
    const { text: field } = text.next('a field', Object.keys(HEADERS[word]!.fields));
    if (!Object.hasOwn(HEADERS[word]!.fields, field))
      throw notSimulated(`a field of ${word}`, field, Object.keys(HEADERS[word]!.fields));
    return { left: { payload: { protocol: word, field } }, name: `${word} ${field}` };
  }
  if (word === 'meta') return meta(text.next('a key of meta').text);
  if (BARE_META.has(word)) return meta(word);
  if (word === 'ct') return readCt(text);
  if (word !== 'fib') throw notSimulated('a match or a verdict', word, known);
  const flags = text.next('daddr').text;
  return { left: { fib: { result: text.next('type').text, flags: [flags] } }, name: 'fib' };
}

const meta = (key: string): Field => ({ left: { meta: { key } }, name: `meta ${key}` });

function readCt(text: NftText): Field {
  const dir = text.take('original') ? 'original' : text.take('reply') ? 'reply' : undefined;
  const key = text.next('a key of ct').text;
  const isAddress = key === 'ip' || key === 'ip6';
  const whole = isAddress ? `${key} ${text.next('saddr or daddr').text}` : key;
  return { left: { ct: { key: whole, ...(dir !== undefined && { dir }) } }, name: `ct ${whole}` };
}

/** `(fin | syn)`, `0xff`. */
function readMask(text: NftText): unknown {
  const isList = text.take('(');
  const values = [readValue(text.next('a mask'))];
  while (text.take('|')) values.push(readValue(text.next('a mask')));
  if (isList) text.expect(')');
  return values.length === 1 ? values[0] : { '|': values };
}

/** A value, `{ a, b }`, or flags as `a,b`. */
function readRight(text: NftText, isFlags = false): unknown {
  if (text.take('{')) return { set: readElements(text) };
  const values = [readValue(text.next('a value'))];
  if (isFlags) while (text.take(',') || text.take('|')) values.push(readValue(text.next('a value')));
  return values.length === 1 ? values[0] : values;
}

function readElements(text: NftText): unknown[] {
  const elements: unknown[] = [];
  do elements.push(readValue(text.next('an element')));
  while (text.take(','));
  text.expect('}');
  return elements;
}

const VERDICTS: ReadonlySet<string> = new Set(['accept', 'drop', 'return', 'continue']);

/** `{ established : accept, new : jump more }`. */
function readVerdictMap(text: NftText, { hasChain }: RuleSurroundings): object {
  text.expect('{');
  const pairs: unknown[] = [];
  do {
    const key = readValue(text.next('an element'));
    text.expect(':');
    const verb = text.next('a verdict').text;
    if (VERDICTS.has(verb)) {
      pairs.push([key, { [verb]: null }]);
      continue;
    }
    if (verb !== 'jump' && verb !== 'goto')
      throw notSimulated('a verdict', verb, [...VERDICTS, 'jump', 'goto']);
    const target = text.next('a chain');
    if (!hasChain(target.text))
      throw text.refusal('Could not process rule: No such file or directory', target);
    pairs.push([key, { [verb]: { target: target.text } }]);
  } while (text.take(','));
  text.expect('}');
  return { set: pairs };
}
