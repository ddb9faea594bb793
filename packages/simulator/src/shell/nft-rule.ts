/** A rule from nft's words to the expressions that `nft -j` has for it, as far as they mean something here. */
import { NotUnderstood } from '../netfilter/rules/not-understood.js';
import { compileStatement } from '../netfilter/rules/statement.js';
import { notSimulated } from './command-error.js';
import { readMatch } from './nft-match.js';
import type { NftText } from './nft-text.js';
import { readValue } from './nft-value.js';

export interface RuleSurroundings {
  readonly family: string;
  readonly hasChain: (name: string) => boolean;
}

type Read = (text: NftText, at: RuleSurroundings) => object;

const verdict = (name: string) => () => ({ [name]: null });
const jump =
  (verb: string): Read =>
  (text, { hasChain }) => {
    const token = text.next('a chain');
    if (!hasChain(token.text)) throw text.refusal('Could not process rule: No such file or directory', token);
    return { [verb]: { target: token.text } };
  };

const STATEMENTS: Readonly<Record<string, Read>> = {
  accept: verdict('accept'),
  drop: verdict('drop'),
  return: verdict('return'),
  continue: verdict('continue'),
  jump: jump('jump'),
  goto: jump('goto'),
  counter: readCounter,
  log: readLog,
  reject: readReject,
  masquerade: readMasquerade,
  snat: (text) => ({ snat: readTranslation(text) }),
  dnat: (text) => ({ dnat: readTranslation(text) }),
};
const KNOWN = [
  ...['ip|ip6|tcp|udp|icmp|icmpv6|th FIELD', 'meta KEY', 'iifname', 'oifname', 'ct KEY', 'fib daddr type'],
  ...Object.keys(STATEMENTS),
];

/** To the end of the line. Throws CommandError. */
export function readRule(text: NftText, at: RuleSurroundings): object[] {
  const statements: object[] = [];
  while (!text.isEmpty && !text.is(';')) {
    const word = text.peek()!.text;
    if (word === 'comment') {
      text.next('comment');
      text.next('a comment');
      continue;
    }
    const read = Object.hasOwn(STATEMENTS, word) ? STATEMENTS[word] : undefined;
    if (read !== undefined) text.next(word);
    statements.push(read === undefined ? readMatch(text, at, KNOWN) : read(text, at));
  }
  if (statements.length === 0) throw text.refusal('syntax error, unexpected newline', endOf(text));
  for (const statement of statements) requireMeaning(statement, at);
  return statements;
}

const endOf = ({ text }: NftText) => ({ at: text.length, text: '' });

const FAMILIES: Readonly<Record<string, 4 | 6>> = { ip: 4, ip6: 6 };

function requireMeaning(statement: object, { family }: RuleSurroundings): void {
  const elements = (name: string) => {
    throw notSimulated('a set in braces', `@${name}`, ['{ 80, 443 }']);
  };
  try {
    compileStatement(statement, { family: FAMILIES[family] ?? 0, sets: { elements }, leadsTo: () => {} });
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    throw notSimulated('what rules mean here', JSON.stringify(statement), KNOWN);
  }
}

/** What it has counted so far is nothing. */
function readCounter(text: NftText): object {
  for (const word of ['packets', 'bytes']) if (text.take(word)) text.next('a number');
  return { counter: null };
}

function readLog(text: NftText): object {
  const log: Record<string, unknown> = {};
  for (const key of ['prefix', 'level', 'group']) if (text.take(key)) log[key] = text.next(key).text;
  return { log: Object.keys(log).length === 0 ? null : log };
}

const ANSWERS: ReadonlySet<string> = new Set(['icmp', 'icmpv6', 'icmpx']);

function readReject(text: NftText): object {
  if (!text.take('with')) return { reject: null };
  const kind = text.next('icmp, icmpv6, icmpx or tcp reset').text;
  if (kind === 'tcp') {
    text.expect('reset');
    return { reject: { type: 'tcp reset' } };
  }
  if (!ANSWERS.has(kind)) throw notSimulated('how to reject', kind, [...ANSWERS, 'tcp reset']);
  text.take('type');
  return { reject: { type: kind, expr: text.next('a kind of answer').text } };
}

const FLAGS = ['random', 'fully-random', 'persistent'];

function readFlags(text: NftText): { readonly flags?: string | string[] } {
  const flags: string[] = [];
  while (FLAGS.some((flag) => text.is(flag))) {
    flags.push(text.next('a flag').text);
    text.take(',');
  }
  if (flags.length === 0) return {};
  return { flags: flags.length === 1 ? flags[0]! : flags };
}

function readMasquerade(text: NftText): object {
  const port = text.take('to') ? portOf(text) : {};
  const options = { ...port, ...readFlags(text) };
  return { masquerade: Object.keys(options).length === 0 ? null : options };
}

/** `:1024-2048`. */
function portOf(text: NftText): { readonly port: unknown } {
  const token = text.next('ports');
  return { port: readValue({ ...token, text: token.text.replace(/^:/, '') }) };
}

/** `ip to 10.0.0.1:80`, `to 10.0.0.1-10.0.0.9`, `to [fd00::1]:80`, `to :8080`. */
function readTranslation(text: NftText): object {
  const family = text.take('ip') ? 'ip' : text.take('ip6') ? 'ip6' : undefined;
  text.expect('to');
  const token = text.next('an address');
  const [, bracketed, plain, port] =
    /^(?:\[([^\]]+)\]|([^:[\]]*|[0-9a-fA-F:]*:[0-9a-fA-F:]*?))(?::(\d[\d-]*))?$/.exec(token.text) ?? [];
  const address = bracketed ?? plain;
  return {
    ...(family !== undefined && { family }),
    ...(address ? { addr: readValue({ ...token, text: address }) } : {}),
    ...(port !== undefined && { port: readValue({ ...token, text: port }) }),
    ...readFlags(text),
  };
}
