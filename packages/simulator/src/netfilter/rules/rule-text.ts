/** Rules in nft's words, from its JSON: `ip saddr 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random`. */
import { members, tagged } from './not-understood.js';

/** What has no words here stays JSON. */
export const ruleText = (expr: readonly unknown[]): string =>
  expr.map(statementText).filter(Boolean).join(' ');

function statementText(json: unknown): string {
  const [tag, body] = tagged(json) ?? [];
  const print = tag !== undefined && Object.hasOwn(STATEMENTS, tag) ? STATEMENTS[tag] : undefined;
  if (print !== undefined) return print(body);
  return tag !== undefined && body === null ? tag : JSON.stringify(json);
}

type Print = (body: unknown) => string;

const STATEMENTS: Readonly<Record<string, Print>> = {
  match: matchText,
  vmap: (body) => `${valueText(members(body).key)} vmap ${valueText(members(body).data)}`,
  counter: () => 'counter',
  log: (body) => words('log', optional('prefix', quoted(members(body).prefix))),
  jump: (body) => `jump ${members(body).target}`,
  goto: (body) => `goto ${members(body).target}`,
  reject: rejectText,
  mangle: (body) => `${valueText(members(body).key)} set ${valueText(members(body).value)}`,
  masquerade: (body) => natText('masquerade', body),
  redirect: (body) => natText('redirect', body),
  snat: (body) => natText('snat', body),
  dnat: (body) => natText('dnat', body),
  limit: (body) => `limit rate ${members(body).rate}/${members(body).per ?? 'second'}`,
  xt: (body) => words('xt', asText(members(body).type), asText(members(body).name)),
};

const words = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(' ');
const asText = (json: unknown): string | undefined => (typeof json === 'string' ? json : undefined);
const quoted = (json: unknown): string | undefined => (json === undefined ? undefined : JSON.stringify(json));
const optional = (name: string, text: string | undefined) =>
  text === undefined ? undefined : `${name} ${text}`;

/** `==` and `in` are not written. */
function matchText(body: unknown): string {
  const { op, left, right } = members(body);
  return words(valueText(left), op === '==' || op === 'in' ? undefined : `${op}`, valueText(right));
}

function rejectText(body: unknown): string {
  const { type, expr } = members(body);
  return words('reject', optional('with', type === undefined ? undefined : words(`${type}`, asText(expr))));
}

function natText(name: string, body: unknown): string {
  const { family, addr, port, flags } = members(body);
  const both = addr === undefined ? '' : bracketed(valueText(addr), port !== undefined);
  const to = `${both}${port === undefined ? '' : `:${valueText(port)}`}`;
  const options = flags === undefined ? undefined : [flags].flat().join(',');
  return words(name, asText(family), to === '' ? undefined : `to ${to}`, options);
}

const bracketed = (address: string, hasPort: boolean): string =>
  hasPort && address.includes(':') ? `[${address}]` : address;

function valueText(json: unknown): string {
  if (typeof json === 'number') return `${json}`;
  if (typeof json === 'string') return json;
  if (Array.isArray(json)) return json.map(valueText).join(',');
  const [tag, body] = tagged(json) ?? [];
  const print = tag !== undefined && Object.hasOwn(VALUES, tag) ? VALUES[tag] : undefined;
  if (print !== undefined) return print(body);
  // Verdicts in maps.
  if (tag !== undefined && (body === null || Object.hasOwn(STATEMENTS, tag))) return statementText(json);
  return JSON.stringify(json) ?? 'nothing';
}

const list = (body: unknown): readonly unknown[] => (Array.isArray(body) ? body : [body]);
const joined = (separator: string) => (body: unknown) => list(body).map(valueText).join(separator);
const operation = (sign: string) => joined(` ${sign} `);

const VALUES: Readonly<Record<string, Print>> = {
  payload: payloadText,
  meta: (body) => metaText(members(body).key),
  ct: (body) => words('ct', asText(members(body).dir), asText(members(body).key)),
  fib: (body) => words('fib', list(members(body).flags).join(' . '), asText(members(body).result)),
  numgen: (body) => `numgen ${members(body).mode} mod ${members(body).mod}`,
  prefix: (body) => `${members(body).addr}/${members(body).len}`,
  range: joined('-'),
  concat: joined(' . '),
  set: (body) => `{ ${list(body).map(elementText).join(', ')} }`,
  elem: (body) => valueText(members(body).val),
  map: (body) => `${valueText(members(body).key)} map ${valueText(members(body).data)}`,
  '&': operation('&'),
  '|': operation('|'),
  '^': operation('^'),
  '<<': operation('<<'),
  '>>': operation('>>'),
};

function payloadText(body: unknown): string {
  const { protocol, field, base, offset, len } = members(body);
  return base === undefined ? `${protocol} ${field}` : `@${base},${offset},${len}`;
}

/** nft leaves `meta` away for what stands for itself. */
const metaText = (key: unknown): string => (/^[io]if(name)?$/.test(`${key}`) ? `${key}` : `meta ${key}`);

/** Of a map, the pair. */
const elementText = (json: unknown): string =>
  Array.isArray(json) ? json.map(valueText).join(' : ') : valueText(json);
