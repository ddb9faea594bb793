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
import { sameValue } from './diff.js';
import type { Place } from './link-tables.js';
import { LinuxError } from './linux-error.js';
import { type Listing, listNft, transact } from './nft.js';

const COMMENT = 'podlan';
/** iptables takes names up to 28 bytes. */
const COPY_PREFIX = 'PODLAN-';
const FAMILIES = ['ip', 'ip6', 'inet'];
const OWN_TABLE = 'inet podlan';

type Rules = readonly (readonly unknown[])[];
type ListedRules = Listing['rules'];

interface ChainName {
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

export async function readForeignChains(place: Place): Promise<ForeignChain[]> {
  const { chains } = await listNft(['chains'], place);
  const foreign = chains.filter(
    ({ family, table }) => FAMILIES.includes(family) && `${family} ${table}` !== OWN_TABLE,
  );
  const names = new Map<string, ChainName>();
  for (const { family, table, name, hook } of foreign) {
    const isCopy = name.startsWith(COPY_PREFIX);
    if (hook !== 'forward' && !isCopy) continue;
    const chain = { family, table, chain: isCopy ? name.slice(COPY_PREFIX.length) : name };
    names.set(nameOf(chain), chain);
  }
  if (names.size === 0) return [];
  const { tables } = await listNft(['tables'], place);
  const closed = new Set(tables.filter(({ flags }) => flags).map(({ family, name }) => `${family} ${name}`));
  const read = [...names.values()].map(async (name) => {
    const isClosed = closed.has(`${name.family} ${name.table}`);
    return { ...(await readForeignChain(name, foreign, place)), isClosed };
  });
  return (await Promise.all(read.map((chain) => chain.catch(unreadable)))).flat();
}

/** Of names that only nft's JSON can tell from its keywords. They hinder nobody else. */
const unreadable = (): ForeignChain[] => [];

async function readForeignChain(
  name: ChainName,
  listed: Listing['chains'],
  place: Place,
): Promise<Omit<ForeignChain, 'isClosed'>> {
  const { family, table, chain } = name;
  const find = (wanted: string) =>
    listed.find((one) => one.family === family && one.table === table && one.name === wanted);
  const rulesOf = async (wanted: string): Promise<ListedRules> =>
    find(wanted) ? (await listNft(['chain', family, table, wanted], place)).rules : [];
  const [rules, copied] = await Promise.all([rulesOf(chain), rulesOf(copyOf(chain))]);
  const theirs = rules.filter((rule) => targetOf(rule.expr) !== copyOf(chain));
  const jumps = rules.filter((rule) => !theirs.includes(rule)).map(({ handle }) => handle);
  const end = await endOf(theirs, rulesOf);
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

const copyOf = (chain: string): string => COPY_PREFIX + chain;

interface End {
  /** `return`: nothing is decided, but no packet comes to the rules that follow. */
  readonly verdict: 'accept' | 'drop' | 'return';
  readonly handle: number;
}

/** The first rule that no packet passes; chains that it jumps to are followed. From one that it goes to, none comes back. */
async function endOf(
  rules: ListedRules,
  rulesOf: (chain: string) => Promise<ListedRules>,
): Promise<End | undefined> {
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
    const verdict = (await endOf(await rulesOf(target), rulesOf))?.verdict ?? 'return';
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
function neededIn({ drops, family }: ForeignChain, rules: Rules): Rules {
  if (!drops) return [];
  return rules.filter((rule) => family === 'inet' || protocolOf(rule) === family).map(withoutCounters);
}

function protocolOf([first]: readonly unknown[]): unknown {
  return keyed(keyed(keyed(keyed(first).match).left).payload).protocol;
}

/** Makes every forward chain of other tables heed `rules`, each in a transaction of its own; returns what was refused. */
export async function settle(rules: Rules, place: Place): Promise<Error[]> {
  const chains = await readForeignChains(place).catch((error: Error) => error);
  if (chains instanceof Error) return [chains];
  const errors: Error[] = [];
  for (const chain of misplacedIn(chains, rules)) {
    await transact(commandsFor(chain, neededIn(chain, rules)), place).catch((cause: LinuxError) => {
      const { op, errno, message } = cause;
      errors.push(new LinuxError({ op, args: [nameOf(chain)], errno, message, cause }));
    });
  }
  return errors;
}

function commandsFor(foreign: ForeignChain, wanted: Rules): unknown[] {
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
