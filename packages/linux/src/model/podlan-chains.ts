/**
 * podlan's nftables table, `table inet podlan`, as rows: read from what nft lists, and the commands of nft that change
 * it and the jumps to it (see forward-jumps.ts). Nothing here runs nft.
 */
import { chainName } from '../checked-names.js';
import type { Chain, Change } from '../model.js';
import {
  commandsFor,
  type ForeignChain,
  foreignChains,
  misplacedIn,
  nameOf,
  neededIn,
} from './forward-jumps.js';
import type { NftListing } from './nft-listing.js';

const TABLE = { family: 'inet', name: 'podlan' };

/** What stands in other tables stands there for it, though it be gone itself. */
const NO_FORWARD_CHAIN: Chain = {
  kind: 'chain',
  name: 'forward',
  type: 'filter',
  hook: 'forward',
  priority: 0,
  rules: [],
};

/**
 * podlan's chains in a listing of the whole ruleset, and where their jumps are misplaced: the rows of a snapshot.
 * @example
 * ```ts
 * import { podlanChains } from '@podlan/linux/model';
 *
 * const at = { family: 'inet', table: 'podlan' };
 * const tables = [{ family: 'inet', name: 'podlan' }];
 * const chains = [{ ...at, name: 'forward', type: 'filter', hook: 'forward', prio: 0, policy: 'accept' }];
 * const rules = [{ ...at, chain: 'forward', handle: 2, expr: [{ counter: { packets: 7, bytes: 9 } }] }];
 * const [forward] = podlanChains({ tables, chains, rules });
 * forward?.rules; // => [[{ counter: null }]]
 * ```
 */
export function podlanChains(listing: NftListing): Chain[] {
  return judgedChains(ownChains(listing), foreignChains(listing));
}

/** The rows of podlan's table alone. */
export function ownChains({ chains, rules }: NftListing): Chain[] {
  return chains.flatMap(({ family, table, name, type, hook, prio: priority = 0 }) => {
    if (type === undefined || family !== TABLE.family || table !== TABLE.name) return [];
    const own = rules
      .filter((rule) => rule.family === family && rule.table === table && rule.chain === name)
      .map(({ expr }) => expr.map(withoutCount));
    return [{ kind: 'chain', name, type, hook, priority, rules: own } as Chain];
  });
}

export function judgedChains(own: readonly Chain[], foreign: readonly ForeignChain[]): Chain[] {
  const chains = own.map((chain) => (chain.hook === 'forward' ? judged(chain, foreign) : chain));
  const lost = judged(NO_FORWARD_CHAIN, foreign);
  const hasForward = chains.some(({ hook }) => hook === 'forward');
  return hasForward || lost.misplacedIn === undefined ? chains : [...chains, lost];
}

function judged(chain: Chain, foreign: readonly ForeignChain[]): Chain {
  const wrong = misplacedIn(foreign, chain.rules);
  return wrong.length === 0 ? chain : { ...chain, misplacedIn: wrong.map(nameOf) };
}

/** A counter's numbers are no part of what should be: `{"counter": null}`, as one writes it. */
function withoutCount(expression: unknown): unknown {
  const counts = typeof expression === 'object' && expression !== null && 'counter' in expression;
  return counts ? { counter: null } : expression;
}

/**
 * The commands of nft, as its JSON has them, that make a change of a chain. Throws TypeError for a name that is none.
 * @example
 * ```ts
 * import { type Chain, chainCommands } from '@podlan/linux/model';
 *
 * const head = { kind: 'chain', type: 'filter', hook: 'forward', priority: 0 } as const;
 * const row: Chain = { ...head, name: 'forward', rules: [[{ accept: null }]] };
 * const commands = chainCommands({ op: 'replace', row });
 * commands.map((command) => Object.keys(command)[0]); // => ['add', 'add', 'flush', 'delete', 'add', 'add']
 * ```
 */
export function chainCommands({ op, row }: Change): object[] {
  const chain = row as Chain;
  chainName(chain.name);
  return op === 'delete' ? takeAway(chain) : [...takeAway(chain), ...putThere(chain)];
}

/** Adding what may be there already makes the deletion sure to find it. */
function takeAway({ name }: Chain): object[] {
  const chain = { family: TABLE.family, table: TABLE.name, name };
  return [{ add: { table: TABLE } }, { add: { chain } }, { flush: { chain } }, { delete: { chain } }];
}

function putThere({ name, type, hook, priority, rules }: Chain): object[] {
  const place = { family: TABLE.family, table: TABLE.name };
  const chain = { ...place, name, type, hook, prio: priority, policy: 'accept' };
  return [{ add: { chain } }, ...rules.map((expr) => ({ add: { rule: { ...place, chain: name, expr } } }))];
}

/**
 * The commands of nft by which the forward chains of other tables heed `rules`, podlan's; none where they do.
 * @example
 * ```ts
 * import { forwardJumpCommands } from '@podlan/linux/model';
 *
 * const at = { family: 'ip', table: 'filter' };
 * const tables = [{ family: 'ip', name: 'filter' }];
 * const chains = [{ ...at, name: 'FORWARD', type: 'filter', hook: 'forward', prio: 0, policy: 'drop' }];
 * const source = { payload: { protocol: 'ip', field: 'saddr' } };
 * const rule = [{ match: { op: '==', left: source, right: '10.244.1.2' } }, { accept: null }];
 * // A chain of its own, emptied; the rule in it; the jump.
 * const commands = forwardJumpCommands({ tables, chains, rules: [] }, [rule]);
 * commands.map((command) => Object.keys(command)[0]); // => ['add', 'flush', 'add', 'add']
 * forwardJumpCommands({ tables, chains, rules: [] }, []); // => []
 * ```
 */
export function forwardJumpCommands(listing: NftListing, rules: Chain['rules']): object[] {
  return misplacedIn(foreignChains(listing), rules).flatMap((chain) =>
    commandsFor(chain, neededIn(chain, rules)),
  );
}
