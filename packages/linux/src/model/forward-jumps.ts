/**
 * Forward chains of other tables. To accept a packet is to end one chain alone: what podlan's forward chain accepts is
 * dropped all the same by another's, such as Docker's by `iptables -P FORWARD DROP`. Such a chain is given one jump:
 *
 *     table ip filter
 *       chain FORWARD          type filter hook forward, policy drop
 *         …                                       the owner's rules, as they are
 *         jump PODLAN-FORWARD comment "podlan"    before the rule that no packet passes, else at the end
 *       chain PODLAN-FORWARD
 *         ip saddr 10.244.0.0/16 accept           podlan's rules of that family: a jump can't leave its table
 *         ip daddr 10.244.0.0/16 accept
 *
 * What the owner's rules say about a packet holds; only what they leave undecided is decided here. iptables-nft lists,
 * saves and restores both. Tables with flags are let be: of those with an owner process nobody else may change anything.
 */
import { sameValue } from '../diff.js';
import type { NftListing } from './nft-listing.js';

const COMMENT = 'podlan';
/** iptables takes names up to 28 bytes. */
const COPY_PREFIX = 'PODLAN-';
const FAMILIES = ['ip', 'ip6', 'inet'];
const OWN_TABLE = 'inet podlan';

type Rules = readonly (readonly unknown[])[];
type ListedRules = NftListing['rules'];

export interface ChainName {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
}

/** A forward chain of another table, or what is left of ours where one was. */
export interface ForeignChain extends ChainName {
  /** Its table has flags: nothing is changed there. */
  readonly isClosed: boolean;
  /** Whether it drops what its rules leave undecided. */
  readonly drops: boolean;
  /** The handle of the first rule that no packet passes; absent where there is none, and the policy decides. */
  readonly endingRule?: number;
  /** The handles of jumps to our copy. */
  readonly jumps: readonly number[];
  /** Whether the last jump stands behind that rule, where nothing comes to it. */
  readonly isCutOff: boolean;
  /** The rules of our copy, where there is one. */
  readonly copy?: Rules;
}

export const nameOf = ({ family, table, chain }: ChainName): string => `${family} ${table} ${chain}`;

/** The forward chains of other tables among `chains`, and those that have but our copy left. */
export function namesOfForeign(chains: NftListing['chains']): ChainName[] {
  const names = new Map<string, ChainName>();
  for (const { family, table, name, hook } of chains.filter(isForeign)) {
    const isCopy = name.startsWith(COPY_PREFIX);
    if (hook !== 'forward' && !isCopy) continue;
    const chain = { family, table, chain: isCopy ? name.slice(COPY_PREFIX.length) : name };
    names.set(nameOf(chain), chain);
  }
  return [...names.values()];
}

const isForeign = ({ family, table }: NftListing['chains'][number]): boolean =>
  FAMILIES.includes(family) && `${family} ${table}` !== OWN_TABLE;

/** Nobody but their owner may change tables with flags. */
export const isClosedTable = (tables: NftListing['tables'], { family, table }: ChainName): boolean =>
  tables.some((one) => one.family === family && one.name === table && one.flags !== undefined);

/** What is read of chains one after another, as it turns out which: yields a name of the same table, is given its rules. */
export type Reading<T> = Generator<string, T, ListedRules>;

export function* foreignChain(
  name: ChainName,
  listed: NftListing['chains'],
): Reading<Omit<ForeignChain, 'isClosed'>> {
  const { family, table, chain } = name;
  const find = (wanted: string) =>
    listed.find((one) => one.family === family && one.table === table && one.name === wanted);
  const rules = find(chain) ? yield chain : [];
  const copied = find(copyOf(chain)) ? yield copyOf(chain) : [];
  const theirs = rules.filter((rule) => targetOf(rule.expr) !== copyOf(chain));
  const jumps = rules.filter((rule) => !theirs.includes(rule)).map(({ handle }) => handle);
  const end = yield* endOf(theirs, (wanted) => find(wanted) !== undefined);
  const verdict = end === undefined || end.verdict === 'return' ? find(chain)?.policy : end.verdict;
  const handles = rules.map(({ handle }) => handle);
  return {
    ...name,
    drops: verdict === 'drop',
    ...(end !== undefined && { endingRule: end.handle }),
    jumps,
    isCutOff: end !== undefined && handles.indexOf(jumps.at(-1) ?? -1) > handles.indexOf(end.handle),
    ...(find(copyOf(chain)) && { copy: copied.map(({ expr }) => withoutCounters(expr)) }),
  };
}

/** As {@link foreignChain} reads them, of a listing that has all rules. */
export function foreignChains({ tables, chains, rules }: NftListing): ForeignChain[] {
  return namesOfForeign(chains).map((name) => {
    const reading = foreignChain(name, chains);
    let step = reading.next();
    while (!step.done) step = reading.next(rules.filter(inChain(name, step.value)));
    return { ...step.value, isClosed: isClosedTable(tables, name) };
  });
}

const inChain =
  ({ family, table }: ChainName, chain: string) =>
  (rule: ListedRules[number]): boolean =>
    rule.family === family && rule.table === table && rule.chain === chain;

const copyOf = (chain: string): string => COPY_PREFIX + chain;

interface End {
  /** `return`: nothing is decided, but no packet comes to the rules that follow. */
  readonly verdict: 'accept' | 'drop' | 'return';
  readonly handle: number;
}

/** The first rule that no packet passes; chains that it jumps to are followed. From one that it goes to, none comes back. */
function* endOf(rules: ListedRules, isThere: (chain: string) => boolean): Reading<End | undefined> {
  for (const { expr, handle } of rules) {
    if (!expr.slice(0, -1).every(passesOn)) continue;
    const decision = keyed(expr.at(-1));
    if ('return' in decision) return { verdict: 'return', handle };
    if ('accept' in decision) return { verdict: 'accept', handle };
    if ('drop' in decision || 'reject' in decision || xtTarget(decision) === 'REJECT') {
      return { verdict: 'drop', handle };
    }
    const target = targetOf(expr);
    if (target === undefined) continue;
    const verdict = (yield* endOf(isThere(target) ? yield target : [], isThere))?.verdict ?? 'return';
    if (verdict !== 'return' || 'goto' in decision) return { verdict, handle };
  }
  return undefined;
}

const keyed = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** Statements after which every packet goes on to the next. */
const passesOn = (one: unknown): boolean =>
  'counter' in keyed(one) || 'log' in keyed(one) || xtTarget(keyed(one)) === 'LOG';

const withoutCounters = (expr: readonly unknown[]): unknown[] =>
  expr.filter((one) => !('counter' in keyed(one)));

/** A target of iptables' own, of which nft knows the name. */
function xtTarget(one: Record<string, unknown>): unknown {
  const { type, name } = keyed(one.xt);
  return type === 'target' ? name : undefined;
}

function targetOf(expr: readonly unknown[]): string | undefined {
  const { jump, goto } = keyed(expr.at(-1));
  const { target } = keyed(jump ?? goto);
  return typeof target === 'string' ? target : undefined;
}

/** The chains in which our jump is missing, outdated, or no longer needed. */
export function misplacedIn(chains: readonly ForeignChain[], rules: Rules): ForeignChain[] {
  return chains.filter((chain) => {
    if (chain.isClosed) return false;
    const wanted = neededIn(chain, rules);
    if (wanted.length === 0) return chain.copy !== undefined || chain.jumps.length > 0;
    return chain.jumps.length !== 1 || chain.isCutOff || !sameValue(chain.copy, wanted);
  });
}

/** The chains that drop what `rules` accept, and in which nothing can be done about it. */
export function closedTo(chains: readonly ForeignChain[], rules: Rules): ForeignChain[] {
  return chains.filter((chain) => chain.isClosed && neededIn(chain, rules).length > 0);
}

/** Of `rules` those that a chain lacks; none where it drops nothing. */
export function neededIn({ drops, family }: ForeignChain, rules: Rules): Rules {
  if (!drops) return [];
  return rules.filter((rule) => family === 'inet' || protocolOf(rule) === family).map(withoutCounters);
}

function protocolOf([first]: readonly unknown[]): unknown {
  return keyed(keyed(keyed(keyed(first).match).left).payload).protocol;
}

export function commandsFor(foreign: ForeignChain, wanted: Rules): object[] {
  const { family, table, chain, endingRule, jumps, isCutOff } = foreign;
  const copy = copyOf(chain);
  const at = { family, table };
  const remove = jumps.map((handle) => ({ delete: { rule: { ...at, chain, handle } } }));
  const empty = [{ add: { chain: { ...at, name: copy } } }, { flush: { chain: { ...at, name: copy } } }];
  if (wanted.length === 0) return [...remove, ...empty, { delete: { chain: { ...at, name: copy } } }];
  const rule = { ...at, chain, comment: COMMENT, expr: [{ jump: { target: copy } }] };
  const jump =
    endingRule === undefined ? { add: { rule } } : { insert: { rule: { ...rule, handle: endingRule } } };
  return [
    ...empty,
    ...wanted.map((expr) => ({ add: { rule: { ...at, chain: copy, expr } } })),
    ...(jumps.length === 1 && !isCutOff ? [] : [...remove, jump]),
  ];
}
