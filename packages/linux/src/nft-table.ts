/**
 * podlan's nftables table, `table inet podlan`: read as chains, and replaced in one transaction, so that no packet meets
 * half a chain. The rules of a forward chain are kept in the forward chains of other tables too, where these would drop.
 */
import { chainName } from './checked-names.js';
import {
  closedTo,
  type ForeignChain,
  misplacedIn,
  nameOf,
  readForeignChains,
  settle,
} from './foreign-chains.js';
import type { Place } from './link-tables.js';
import type { Chain, Change, Failure } from './model.js';
import { listNft, transact } from './nft.js';

const TABLE = { family: 'inet', name: 'podlan' };

/** The chains of podlan's table, and those of other tables they depend on, by name: `ip filter FORWARD`. */
export interface ReadChains {
  readonly chains: readonly Chain[];
  readonly foreign: readonly string[];
  /** Of these, the ones that drop what podlan accepts, and can't be changed. */
  readonly closed: readonly string[];
}

export async function readChains(place: Place): Promise<ReadChains> {
  const [own, foreign] = await Promise.all([readOwn(place), readForeignChains(place)]);
  const chains = own.map((chain) => (chain.hook === 'forward' ? judged(chain, foreign) : chain));
  const lost = judged(NO_FORWARD_CHAIN, foreign);
  const hasForward = chains.some(({ hook }) => hook === 'forward');
  return {
    chains: hasForward || lost.misplacedIn === undefined ? chains : [...chains, lost],
    foreign: foreign.map(nameOf),
    closed: chains
      .filter(({ hook }) => hook === 'forward')
      .flatMap(({ rules }) => closedTo(foreign, rules).map(nameOf)),
  };
}

/** What stands in other tables stands there for it, though it be gone itself. */
const NO_FORWARD_CHAIN: Chain = {
  kind: 'chain',
  name: 'forward',
  type: 'filter',
  hook: 'forward',
  priority: 0,
  rules: [],
};

function judged(chain: Chain, foreign: readonly ForeignChain[]): Chain {
  const wrong = misplacedIn(foreign, chain.rules);
  return wrong.length === 0 ? chain : { ...chain, misplacedIn: wrong.map(nameOf) };
}

async function readOwn(place: Place): Promise<Chain[]> {
  const { chains, rules } = await listNft(['table', TABLE.family, TABLE.name], place);
  return chains.flatMap(({ name, type, hook, prio: priority = 0 }) => {
    if (type === undefined) return [];
    const own = rules.filter((rule) => rule.chain === name).map(({ expr }) => expr.map(withoutCount));
    return [{ kind: 'chain', name, type, hook, priority, rules: own } as Chain];
  });
}

/** A counter's numbers are no part of what should be: `{"counter": null}`, as one writes it. */
function withoutCount(expression: unknown): unknown {
  const counts = typeof expression === 'object' && expression !== null && 'counter' in expression;
  return counts ? { counter: null } : expression;
}

/** All in one transaction; where that is refused each change by itself, to find which of them it is. */
export async function applyChains(changes: readonly Change[], place: Place): Promise<Failure[]> {
  const failures = await applyOwn(changes, place);
  if (changes.some(({ op }) => op === 'delete')) await deleteEmptyTable(place);
  const forward = changes.findLast(({ row }) => (row as Chain).hook === 'forward');
  if (forward === undefined) return failures;
  const errors = await settle(forward.op === 'delete' ? [] : (forward.row as Chain).rules, place);
  return [...failures, ...errors.map((error) => ({ change: forward, error }))];
}

async function applyOwn(changes: readonly Change[], place: Place): Promise<Failure[]> {
  try {
    await transact(changes.flatMap(commandsOf), place);
    return [];
  } catch (error) {
    if (changes.length === 1) return [{ change: changes[0]!, error: error as Error }];
  }
  const failures: Failure[] = [];
  for (const change of changes) failures.push(...(await applyOwn([change], place)));
  return failures;
}

function commandsOf({ op, row }: Change): unknown[] {
  const chain = row as Chain;
  chainName(chain.name);
  return op === 'delete' ? takeAway(chain) : [...takeAway(chain), ...putThere(chain)];
}

/** Adding what may be there already makes the deletion sure to find it. */
function takeAway({ name }: Chain): unknown[] {
  const chain = { family: TABLE.family, table: TABLE.name, name };
  return [{ add: { table: TABLE } }, { add: { chain } }, { flush: { chain } }, { delete: { chain } }];
}

function putThere({ name, type, hook, priority, rules }: Chain): unknown[] {
  const place = { family: TABLE.family, table: TABLE.name };
  const chain = { ...place, name, type, hook, prio: priority, policy: 'accept' };
  return [{ add: { chain } }, ...rules.map((expr) => ({ add: { rule: { ...place, chain: name, expr } } }))];
}

async function deleteEmptyTable(place: Place): Promise<void> {
  const chains = await readOwn(place).catch(() => undefined);
  if (chains?.length !== 0) return;
  await transact([{ add: { table: TABLE } }, { delete: { table: TABLE } }], place).catch(() => undefined);
}
