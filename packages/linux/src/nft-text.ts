/**
 * Rules of nftables in nft's own words: from the expressions of `nft -j list` to the line that `nft list` prints and
 * `nft add rule` reads. What has no words here (the targets of iptables' own, say) is known to have none.
 */
type Values = Readonly<Record<string, unknown>>;
/** How the values beside an expression are written: a packet mark in hex, a device's name in quotes. */
type Form = 'plain' | 'mark' | 'name';

class Unsayable extends Error {}

/**
 * One rule as `nft list` prints it, but for flags under a mask (`tcp flags & (syn | ack) == syn`). Total: an expression that it has no words for is printed as JSON, which is readable,
 * but nothing that `nft add rule` takes.
 * @example
 * ```ts
 * import { nftRuleText } from '@podlan/linux/model';
 *
 * const mark = { '&': [{ meta: { key: 'mark' } }, 0x4000] };
 * const isMarked = { match: { op: '==', left: mark, right: 0x4000 } };
 * nftRuleText([isMarked, { return: null }]); // => 'meta mark & 0x00004000 == 0x00004000 return'
 *
 * const left = { payload: { protocol: 'ip', field: 'saddr' } };
 * const right = { prefix: { addr: '10.244.0.0', len: 16 } };
 * const fromPods = { match: { op: '==', left, right } };
 * nftRuleText([fromPods, { masquerade: { flags: 'fully-random' } }]);
 * // => 'ip saddr 10.244.0.0/16 masquerade fully-random'
 * nftRuleText([{ xt: { type: 'target', name: 'REJECT' } }]); // => '{"xt":{"type":"target","name":"REJECT"}}'
 * ```
 */
export function nftRuleText(expr: readonly unknown[]): string {
  return expr.map((one) => statementText(one) ?? JSON.stringify(one) ?? 'undefined').join(' ');
}

/** The rule as `nft add rule` takes it; undefined where an expression has no words. */
export function sayableRuleText(expr: readonly unknown[]): string | undefined {
  const texts = expr.map(statementText);
  return texts.includes(undefined) ? undefined : texts.join(' ');
}

function statementText(statement: unknown): string | undefined {
  try {
    const [name, value] = onlyEntry(statement);
    const say = Object.hasOwn(STATEMENTS, name) ? STATEMENTS[name] : undefined;
    return say?.(value);
  } catch (error) {
    if (error instanceof Unsayable) return undefined;
    throw error;
  }
}

const verdict = (name: string) => (value: unknown) => (value === null ? name : unsayable());
const toChain = (verb: string) => (value: unknown) => `${verb} ${plain(only(value, 'target').target)}`;
const nat = (verb: string) => (value: unknown) => natText(verb, value ?? {});

const STATEMENTS: Readonly<Record<string, (value: unknown) => string>> = {
  match: matchText,
  accept: verdict('accept'),
  drop: verdict('drop'),
  return: verdict('return'),
  continue: verdict('continue'),
  notrack: verdict('notrack'),
  jump: toChain('jump'),
  goto: toChain('goto'),
  counter: counterText,
  masquerade: nat('masquerade'),
  snat: nat('snat'),
  dnat: nat('dnat'),
  redirect: nat('redirect'),
  mangle: mangleText,
  vmap: (value) => mapText('vmap', value),
  reject: rejectText,
  log: logText,
};

function matchText(value: unknown): string {
  const { op, left, right } = only(value, 'op', 'left', 'right');
  const asked = expressionText(left, 'plain');
  const answer = expressionText(right, formOf(left));
  if (op === 'in' || (op === '==' && !isOperation(left))) return `${asked} ${answer}`;
  return OPERATORS.includes(op) ? `${asked} ${op} ${answer}` : unsayable();
}

const OPERATORS: readonly unknown[] = ['==', '!=', '<', '>', '<=', '>='];
const BITWISE = ['&', '|', '^', '<<', '>>'];
const isOperation = (value: unknown): boolean =>
  isObject(value) && BITWISE.some((operator) => operator in value);

function counterText(value: unknown): string {
  if (value === null) return 'counter';
  const { packets, bytes } = only(value, 'packets', 'bytes');
  return `counter packets ${plain(packets)} bytes ${plain(bytes)}`;
}

function natText(verb: string, value: unknown): string {
  const { family, addr, port, flags } = only(value, 'family', 'addr', 'port', 'flags');
  const target = addr === undefined ? '' : bracketed(expressionText(addr, 'plain'), port !== undefined);
  const ports = port === undefined ? '' : `:${expressionText(port, 'plain')}`;
  return words(
    verb,
    family !== undefined && plain(family),
    target + ports !== '' && `to ${target}${ports}`,
    flags !== undefined && list(flags),
  );
}

/** Beside a port an IPv6 address needs its brackets. */
const bracketed = (address: string, withPort: boolean): string =>
  withPort && address.includes(':') ? `[${address}]` : address;

function mangleText(value: unknown): string {
  const { key, value: wanted } = only(value, 'key', 'value');
  return `${expressionText(key, 'plain')} set ${expressionText(wanted, formOf(key))}`;
}

function rejectText(value: unknown): string {
  if (value === null) return 'reject';
  const { type, expr } = only(value, 'type', 'expr');
  if (type === 'tcp reset') return 'reject with tcp reset';
  return `reject with ${plain(type)} ${plain(expr)}`;
}

function logText(value: unknown): string {
  const { prefix, level, group } = only(value ?? {}, 'prefix', 'level', 'group');
  return words(
    'log',
    prefix !== undefined && `prefix ${quoted(prefix)}`,
    level !== undefined && `level ${plain(level)}`,
    group !== undefined && `group ${plain(group)}`,
  );
}

function expressionText(value: unknown, form: Form): string {
  if (Array.isArray(value)) return list(value);
  if (!isObject(value)) return atom(value, form);
  const [name, parts] = onlyEntry(value);
  if (BITWISE.includes(name)) return operationText(name, parts);
  switch (name) {
    case 'meta':
      return metaText(only(parts, 'key').key);
    case 'payload':
      return payloadText(parts);
    case 'ct':
      return ctText(parts);
    case 'fib':
      return fibText(parts);
    case 'prefix':
      return prefixText(parts);
    case 'range':
      return elements(parts, form).join('-');
    case 'set':
      return `{ ${elements(parts, form).join(', ')} }`;
    case 'concat':
      return elements(parts, form).join(' . ');
    case 'map':
      return mapText('map', parts);
    case 'numgen':
      return numgenText(parts);
    default:
      return unsayable();
  }
}

/** What stands for a key: a verdict, or a value. */
function mapText(verb: string, value: unknown): string {
  const { key, data } = only(value, 'key', 'data');
  const [asked, form] = [expressionText(key, 'plain'), formOf(key)];
  if (typeof data === 'string') return `${asked} ${verb} ${atom(data, 'plain')}`;
  const pairs = only(data, 'set').set;
  if (!Array.isArray(pairs) || pairs.length === 0) return unsayable();
  const texts = pairs.map((pair) => {
    if (!Array.isArray(pair) || pair.length !== 2) return unsayable();
    const [from, to] = pair as [unknown, unknown];
    return `${expressionText(from, form)} : ${statementText(to) ?? expressionText(to, 'plain')}`;
  });
  return `${asked} ${verb} { ${texts.join(', ')} }`;
}

function numgenText(value: unknown): string {
  const { mode, mod, offset = 0 } = only(value, 'mode', 'mod', 'offset');
  return words(`numgen ${plain(mode)} mod ${plain(mod)}`, offset !== 0 && `offset ${plain(offset)}`);
}

function operationText(operator: string, value: unknown): string {
  if (!Array.isArray(value) || value.length !== 2) return unsayable();
  const [left, right] = value.map((one) => {
    const text = Array.isArray(one) ? one.map(plain).join(' | ') : expressionText(one, formOf(value[0]));
    return isOperation(one) || Array.isArray(one) ? `(${text})` : text;
  });
  return `${left} ${operator} ${right}`;
}

/** Of the keys of `meta`, those that nft says without that word. */
const BARE_META: readonly unknown[] = ['iif', 'oif', 'iifname', 'oifname', 'iiftype', 'oiftype'];

function metaText(key: unknown): string {
  return BARE_META.includes(key) ? plain(key) : `meta ${plain(key)}`;
}

function payloadText(value: unknown): string {
  const { protocol, field } = only(value, 'protocol', 'field');
  return `${plain(protocol)} ${plain(field)}`;
}

function ctText(value: unknown): string {
  const { dir, family, key } = only(value, 'dir', 'family', 'key');
  return words('ct', dir !== undefined && plain(dir), family !== undefined && plain(family), plain(key));
}

function fibText(value: unknown): string {
  const { flags, result } = only(value, 'flags', 'result');
  return `fib ${(Array.isArray(flags) ? flags : [flags]).map(plain).join(' . ')} ${plain(result)}`;
}

function prefixText(value: unknown): string {
  const { addr, len } = only(value, 'addr', 'len');
  return `${plain(addr)}/${plain(len)}`;
}

function elements(value: unknown, form: Form): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.length === 0 ? unsayable() : values.map((one) => expressionText(one, form));
}

const list = (value: unknown): string => (Array.isArray(value) ? value : [value]).map(plain).join(',');

function formOf(expression: unknown): Form {
  if (!isObject(expression)) return 'plain';
  for (const operator of BITWISE) {
    const operands = expression[operator];
    if (Array.isArray(operands)) return formOf(operands[0]);
  }
  const { key } = (expression.meta ?? expression.ct ?? {}) as Values;
  if (key === 'mark') return 'mark';
  return key === 'iifname' || key === 'oifname' || key === 'iif' || key === 'oif' ? 'name' : 'plain';
}

/** A named set or map. */
const REFERENCE = /^@[a-zA-Z][a-zA-Z0-9_.-]*$/;

function atom(value: unknown, form: Form): string {
  if (typeof value === 'string' && REFERENCE.test(value)) return value;
  if (form === 'name') return quoted(value);
  if (form === 'mark' && typeof value === 'number') return `0x${value.toString(16).padStart(8, '0')}`;
  return plain(value);
}

/** A word that nft's grammar takes as one, or a number. */
const WORD = /^[a-zA-Z0-9:][a-zA-Z0-9_.:/*-]*$/;

function plain(value: unknown): string {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return String(value);
  return typeof value === 'string' && WORD.test(value) ? value : unsayable();
}

/** nft knows no escapes inside quotes. */
function quoted(value: unknown): string {
  return typeof value === 'string' && /^[^"\\\p{Cc}]*$/u.test(value) ? `"${value}"` : unsayable();
}

const words = (...parts: (string | false)[]): string => parts.filter(Boolean).join(' ');

const isObject = (value: unknown): value is Values => typeof value === 'object' && value !== null;

function onlyEntry(value: unknown): [string, unknown] {
  const entries = isObject(value) ? Object.entries(value) : [];
  return entries.length === 1 ? entries[0]! : unsayable();
}

/** The members of an object that has no others: one that is not understood changes what a rule means. */
function only<Key extends string>(value: unknown, ...keys: Key[]): Partial<Record<Key, unknown>> {
  const isKnown = isObject(value) && Object.keys(value).every((key) => (keys as string[]).includes(key));
  return isKnown ? (value as Partial<Record<Key, unknown>>) : unsayable();
}

function unsayable(): never {
  throw new Unsayable();
}
