/** What a rule does once it matches: count, mark, translate, decide. */
import type { Family } from '@podlan/wire';
import { compileMatch } from './condition.js';
import { compileExpression, type Read } from './expression.js';
import { compileLookup, type Sets } from './lookup.js';
import { compileMasquerade, compileTranslation, type NatStep } from './nat-statement.js';
import { members, NotUnderstood, tagged } from './not-understood.js';
import type { PacketContext } from './packet-context.js';
import { number } from './value.js';

export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'reject' }
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

/** `next`: on to the next statement; `break`: the rule does not match. */
export type Outcome = Verdict | 'next' | 'break';
export type Step = (context: PacketContext) => Outcome;

export interface Statement {
  readonly step: Step;
  /** Whether it only asks: it can be asked without consequence. */
  readonly isCondition: boolean;
  /** Whether a rule that came so far has done something worth telling. */
  readonly counts: boolean;
}

/** Where a rule stands, as far as its meaning depends on it. */
export interface Surroundings {
  readonly family: Family | 0;
  readonly sets: Sets;
  /** Told of every chain that the rule may go on to. */
  readonly leadsTo: (chain: string) => void;
}

/** Throws NotUnderstood. */
export function compileStatement(json: unknown, at: Surroundings): Statement {
  const [tag, body] = tagged(json) ?? [];
  const compile = tag !== undefined && Object.hasOwn(COMPILERS, tag) ? COMPILERS[tag] : undefined;
  if (compile === undefined) throw new NotUnderstood(json);
  return compile(body, at);
}

type Compile = (body: unknown, at: Surroundings) => Statement;

const doing = (step: Step): Statement => ({ step, isCondition: false, counts: true });
const nothing: Statement = { step: () => 'next', isCondition: true, counts: false };
const deciding = (verdict: Verdict): Statement => doing(() => verdict);

const COMPILERS: Readonly<Record<string, Compile>> = {
  match: (body, { sets }) => {
    const matches = compileMatch(body, sets);
    return { step: (context) => (matches(context) ? 'next' : 'break'), isCondition: true, counts: false };
  },
  vmap: compileVmap,
  counter: () => doing(() => 'next'),
  log: () => nothing,
  accept: () => deciding({ kind: 'accept' }),
  drop: () => deciding({ kind: 'drop' }),
  return: () => deciding({ kind: 'return' }),
  continue: () => doing(() => 'next'),
  jump: (body, at) => deciding(verdictOf({ jump: body }, at)),
  goto: (body, at) => deciding(verdictOf({ goto: body }, at)),
  reject: compileReject,
  mangle: compileMangle,
  masquerade: (body, { sets }) => translating(compileMasquerade(body, sets)),
  snat: (body, { family, sets }) => translating(compileTranslation(body, family, sets)),
  dnat: (body, { family, sets }) => translating(compileTranslation(body, family, sets)),
  xt: compileXt,
};

function translating(step: NatStep): Statement {
  return doing((context) => {
    const kind = step(context);
    return kind === 'next' ? 'break' : { kind };
  });
}

/** `{"accept": null}`, `{"jump": {"target": "chain"}}`. */
function verdictOf(json: unknown, { leadsTo }: Surroundings): Verdict {
  const [tag, body] = tagged(json) ?? [];
  if (tag === 'accept' || tag === 'drop' || tag === 'return') return { kind: tag };
  const { target } = members(body);
  if ((tag !== 'jump' && tag !== 'goto') || typeof target !== 'string') throw new NotUnderstood(json);
  leadsTo(target);
  return { kind: tag, chain: target };
}

function compileVmap(body: unknown, at: Surroundings): Statement {
  const { key, data } = members(body);
  const { type, read } = compileExpression(key, at.sets);
  const lookup = compileLookup<Outcome>(data, type, at.sets, (json) =>
    tagged(json)?.[0] === 'continue' ? 'next' : verdictOf(json, at),
  );
  return doing((context) => {
    const value = read(context);
    return (value === undefined ? undefined : lookup(value)) ?? 'break';
  });
}

/** The families and protocols that an answer exists for; of others the rule does not match. */
const ANSWERS_TO: Readonly<Record<string, (context: PacketContext) => boolean>> = {
  icmp: ({ head }) => head.family === 4,
  icmpv6: ({ head }) => head.family === 6,
  icmpx: () => true,
  'tcp reset': ({ head }) => head.protocol === 6,
};

function compileReject(body: unknown): Statement {
  const { type, expr } = members(body);
  if (type === undefined) return doing((context) => reject(context, plainReject(context)));
  const isKnown = typeof type === 'string' && Object.hasOwn(ANSWERS_TO, type);
  if (!isKnown || (expr !== undefined && typeof expr !== 'string')) throw new NotUnderstood({ reject: body });
  const text = expr === undefined ? type : `${type} ${expr}`;
  return doing((context) => (ANSWERS_TO[type]!(context) ? reject(context, text) : 'break'));
}

const plainReject = ({ head }: PacketContext): string =>
  head.family === 4 ? 'icmp port-unreachable' : 'icmpv6 port-unreachable';

function reject(context: PacketContext, text: string): Verdict {
  context.rejectWith = text;
  return { kind: 'reject' };
}

/** `meta mark set`, `ct mark set`. */
function compileMangle(body: unknown, { sets }: Surroundings): Statement {
  const { key, value } = members(body);
  const [tag, of] = tagged(key) ?? [];
  if ((tag !== 'meta' && tag !== 'ct') || members(of).key !== 'mark')
    throw new NotUnderstood({ mangle: key });
  const { read } = compileExpression(value, sets, number(32));
  return doing(tag === 'meta' ? settingMark(read) : settingConnectionMark(read));
}

function settingMark(read: Read): Step {
  return (context) => {
    const mark = read(context);
    if (typeof mark !== 'bigint') return 'break';
    context.mark = Number(mark & 0xffffffffn);
    return 'next';
  };
}

function settingConnectionMark(read: Read): Step {
  return (context) => {
    const { connection } = context.tracked;
    const mark = read(context);
    if (typeof mark !== 'bigint') return 'break';
    if (connection !== undefined) connection.mark = Number(mark & 0xffffffffn);
    return 'next';
  };
}

/**
 * What iptables-nft has left in its own form: nft's JSON tells no more than the name. That is enough where the name says
 * what becomes of the packet, if not how: a port drawn at random, the kind of an answer.
 */
function compileXt(body: unknown, at: Surroundings): Statement {
  const { type, name } = members(body);
  if (type === 'match' && name === 'comment') return nothing;
  if (type === 'target' && name === 'LOG') return nothing;
  if (type === 'target' && name === 'REJECT') return compileReject(null);
  if (type === 'target' && name === 'MASQUERADE') return COMPILERS.masquerade!(null, at);
  throw new NotUnderstood({ xt: body });
}
