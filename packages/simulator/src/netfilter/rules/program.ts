/** A ruleset made ready to meet packets: base chains by hook and family in the kernel's order, and what they jump to. */
import type { Family } from '@podlan/wire';
import type { Hook } from '../passage.js';
import type { NftChain, NftRule, Ruleset } from '../ruleset.js';
import type { Sets } from './lookup.js';
import type { PacketContext } from './packet-context.js';
import { Rule } from './rule.js';
import type { Surroundings, Verdict } from './statement.js';

const HOOKS: readonly Hook[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
const FAMILIES: Readonly<Record<string, readonly Family[]>> = { ip: [4], ip6: [6], inet: [4, 6] };
/** NFT_JUMP_STACK_SIZE */
const MOST_JUMPS = 16;

/** `endless`: it may meet no more rules. */
export type BaseVerdict = 'accept' | 'drop' | 'reject' | 'endless';

interface CompiledChain {
  readonly rules: readonly Rule[];
  /** Of the same table, by name. */
  readonly chains: ReadonlyMap<string, CompiledChain>;
  readonly leadsTo: ReadonlySet<string>;
}

export class BaseChain {
  readonly type: string;
  readonly priority: number;
  readonly hook: Hook;
  readonly families: readonly Family[];
  readonly #chain: CompiledChain;
  readonly #name: { readonly table: string; readonly chain: string };
  readonly #drops: boolean;

  constructor(listed: NftChain, hook: Hook, chain: CompiledChain) {
    this.type = listed.type ?? 'filter';
    this.hook = hook;
    this.priority = listed.prio ?? 0;
    this.families = FAMILIES[listed.family]!;
    this.#chain = chain;
    this.#name = { table: `${listed.family} ${listed.table}`, chain: listed.name };
    this.#drops = listed.policy === 'drop';
  }

  run(context: PacketContext): BaseVerdict {
    const verdict = runChain(this.#chain, context);
    if (verdict !== undefined) return verdict;
    if (!this.#drops) return 'accept';
    context.matches.push({ ...this.#name, rule: 'policy drop' });
    return 'drop';
  }
}

/** Undefined where nothing is decided: the chain that jumped here goes on, or the policy decides. */
function runChain(chain: CompiledChain, context: PacketContext): BaseVerdict | undefined {
  const { budget } = context.traversal;
  for (const rule of chain.rules) {
    if (budget !== undefined && budget.rules-- <= 0) return 'endless';
    const verdict = rule.meet(context);
    if (verdict === undefined) continue;
    if (verdict.kind === 'return') return undefined;
    if (!isJump(verdict)) return verdict.kind;
    const decided = runChain(chain.chains.get(verdict.chain)!, context);
    if (decided !== undefined || verdict.kind === 'goto') return decided;
  }
  return undefined;
}

const isJump = (verdict: Verdict): verdict is Extract<Verdict, { chain: string }> => 'chain' in verdict;

export class Program {
  readonly #filters = new Map<string, BaseChain[]>();
  readonly #nat = new Map<string, BaseChain[]>();
  readonly #natFamilies = new Set<Family>();
  readonly isEmpty: boolean;

  /** Throws TypeError where a rule names a chain or set that is not there, or chains jump in a circle. */
  constructor(ruleset: Ruleset) {
    const bases = baseChains(ruleset);
    this.isEmpty = bases.length === 0;
    // Of chains of equal priority the kernel asks the one that came last first.
    const ordered = [...bases].reverse().sort((a, b) => a.priority - b.priority);
    for (const chain of ordered) {
      for (const family of chain.families) this.#place(chain, family);
    }
  }

  /** Chains of other types than nat, in order. */
  filters(hook: Hook, family: Family): readonly BaseChain[] {
    return this.#filters.get(`${hook} ${family}`) ?? [];
  }

  nat(hook: Hook, family: Family): readonly BaseChain[] {
    return this.#nat.get(`${hook} ${family}`) ?? [];
  }

  /** Whether connections are kept apart by their ports: as soon as there is any nat chain. */
  translates(family: Family): boolean {
    return this.#natFamilies.has(family);
  }

  #place(chain: BaseChain, family: Family): void {
    const key = `${chain.hook} ${family}`;
    const chains = chain.type === 'nat' ? this.#nat : this.#filters;
    chains.set(key, [...(chains.get(key) ?? []), chain]);
    if (chain.type === 'nat') this.#natFamilies.add(family);
  }
}

function baseChains(ruleset: Ruleset): BaseChain[] {
  const tables = new Map<string, Map<string, CompiledChain>>();
  return ruleset.chains.flatMap((listed) => {
    const table = `${listed.family} ${listed.table}`;
    if (!Object.hasOwn(FAMILIES, listed.family)) return [];
    if (!tables.has(table)) tables.set(table, compileTable(ruleset, listed));
    const hook = HOOKS.find((one) => one === listed.hook);
    // Without a type it is no base chain; other hooks (ingress) are none of IP's.
    if (listed.type === undefined || hook === undefined) return [];
    return [new BaseChain(listed, hook, tables.get(table)!.get(listed.name)!)];
  });
}

function compileTable(ruleset: Ruleset, { family, table }: NftChain): Map<string, CompiledChain> {
  const own = ruleset.chains.filter((one) => one.family === family && one.table === table);
  const names = new Set(own.map(({ name }) => name));
  const sets = setsOf(ruleset, family, table);
  const listed = rulesByChain(ruleset, family, table);
  const chains = new Map<string, CompiledChain>();
  for (const name of names) {
    const leadsTo = new Set<string>();
    const at: Surroundings = {
      family: family === 'ip' ? 4 : family === 'ip6' ? 6 : 0,
      sets,
      leadsTo(target) {
        if (!names.has(target)) throw absent(`chain ${target}`, `${family} ${table} ${name}`);
        leadsTo.add(target);
      },
    };
    const rules = (listed.get(name) ?? []).map(({ expr }) => new Rule(`${family} ${table}`, name, expr, at));
    chains.set(name, { rules, chains, leadsTo });
  }
  const known = new Map<string, number>();
  for (const name of names) depthOf(chains, name, [], known);
  return chains;
}

function rulesByChain(ruleset: Ruleset, family: string, table: string): Map<string, NftRule[]> {
  const rules = new Map<string, NftRule[]>();
  for (const rule of ruleset.rules) {
    if (rule.family !== family || rule.table !== table) continue;
    const before = rules.get(rule.chain);
    if (before === undefined) rules.set(rule.chain, [rule]);
    else before.push(rule);
  }
  return rules;
}

function setsOf(ruleset: Ruleset, family: string, table: string): Sets {
  const sets = new Map<string, readonly unknown[]>();
  for (const one of ruleset.sets) {
    if (one.family === family && one.table === table) sets.set(one.name, one.elements);
  }
  return {
    elements(name) {
      const elements = sets.get(name);
      if (elements === undefined) throw absent(`set @${name}`, `${family} ${table}`);
      return elements;
    },
  };
}

const absent = (what: string, where: string): TypeError =>
  new TypeError(
    `ruleset: ${where} names the ${what}, which is not there: expected all of \`nft -j list ruleset\``,
  );

/**
 * Of jumps from here on; refused are circles, as the kernel does, and more jumps in a row than it allows. Each chain is
 * looked at once: the ways through them can be more than can be counted.
 */
function depthOf(
  chains: ReadonlyMap<string, CompiledChain>,
  name: string,
  path: readonly string[],
  known: Map<string, number>,
): number {
  const way = [...path, name];
  if (path.includes(name)) throw new TypeError(`ruleset: chains jump in a circle: ${way.join(' -> ')}`);
  const depth = known.get(name) ?? deepest(chains, name, way, known);
  if (path.length + depth > MOST_JUMPS)
    throw new TypeError(`ruleset: expected at most ${MOST_JUMPS} jumps in a row, got ${way.join(' -> ')}`);
  known.set(name, depth);
  return depth;
}

function deepest(
  chains: ReadonlyMap<string, CompiledChain>,
  name: string,
  way: readonly string[],
  known: Map<string, number>,
): number {
  let depth = 0;
  for (const next of chains.get(name)!.leadsTo)
    depth = Math.max(depth, depthOf(chains, next, way, known) + 1);
  return depth;
}
