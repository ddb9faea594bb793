/** A rule: its statements in order, until one says that it does not match, or decides. */
import { nftRuleText } from '@podlan/linux/model';
import type { RuleMatch } from '../passage.js';
import { members, NotUnderstood, tagged } from './not-understood.js';
import type { PacketContext } from './packet-context.js';
import { compileStatement, type Statement, type Surroundings, type Verdict } from './statement.js';

export class Rule {
  readonly #match: RuleMatch;
  readonly #statements: readonly Statement[];
  readonly #isUnderstood: boolean;
  readonly #onlyTells: boolean;

  constructor(table: string, chain: string, expr: readonly unknown[], at: Surroundings) {
    this.#match = { table, chain, rule: ruleTextOf(expr) };
    const compiled = expr.map((json) => understood(json, at));
    this.#statements = compiled.filter((one) => one !== undefined);
    this.#isUnderstood = this.#statements.length === compiled.length;
    this.#onlyTells = expr.every(onlyTells);
  }

  /** The verdict; undefined where there is none, and the next rule's turn. */
  meet(context: PacketContext): Verdict | undefined {
    if (!this.#isUnderstood) {
      this.#report(context);
      return undefined;
    }
    let counts = false;
    for (const { step, counts: itCounts } of this.#statements) {
      const outcome = step(context);
      if (outcome === 'break') return undefined;
      counts ||= itCounts;
      if (outcome === 'next') continue;
      context.matches.push(this.#match);
      return outcome;
    }
    if (counts) context.matches.push(this.#match);
    return undefined;
  }

  /** Unless what is understood of it tells that it does not match, or that nothing comes of it. */
  #report(context: PacketContext): void {
    if (this.#onlyTells) return;
    const conditions = this.#statements.filter(({ isCondition }) => isCondition);
    if (conditions.every(({ step }) => step(context) === 'next')) context.notUnderstood.push(this.#match);
  }
}

/** They ask, count and tell. */
const WITHOUT_CONSEQUENCE = new Set(['match', 'counter', 'log', 'limit', 'quota', 'ct count', 'last']);

function onlyTells(json: unknown): boolean {
  const [tag = '', body] = tagged(json) ?? [];
  if (tag !== 'xt') return WITHOUT_CONSEQUENCE.has(tag);
  const { type, name } = members(body);
  return type === 'match' || (type === 'target' && (name === 'LOG' || name === 'NFLOG'));
}

/** In nft's words, without the counts: how often it counted before is another host's story. */
export const ruleTextOf = (expr: readonly unknown[]): string => nftRuleText(expr.map(withoutCount));

const withoutCount = (json: unknown): unknown => (tagged(json)?.[0] === 'counter' ? { counter: null } : json);

function understood(json: unknown, at: Surroundings): Statement | undefined {
  try {
    return compileStatement(json, at);
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    throw error;
  }
}
