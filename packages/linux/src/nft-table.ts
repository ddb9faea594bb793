/**
 * podlan's nftables table, `table inet podlan`: read as chains, and replaced in one transaction, so that no packet meets
 * half a chain. The rules of a forward chain are kept in the forward chains of other tables too, where these would drop.
 */
import { readForeignChains, settle } from './foreign-chains.js';
import type { Place } from './link-tables.js';
import { closedTo, nameOf } from './model/forward-jumps.js';
import { chainCommands, judgedChains, ownChains } from './model/podlan-chains.js';
import type { Chain, Change, Failure } from './model.js';
import { listNft, transact } from './nft.js';

/** The chains of podlan's table, and those of other tables they depend on, by name: `ip filter FORWARD`. */
export interface ReadChains {
  readonly chains: readonly Chain[];
  readonly foreign: readonly string[];
  /** Of these, the ones that drop what podlan accepts, and can't be changed. */
  readonly closed: readonly string[];
}

export async function readChains(place: Place): Promise<ReadChains> {
  const [own, foreign] = await Promise.all([readOwn(place), readForeignChains(place)]);
  const chains = judgedChains(own, foreign);
  return {
    chains,
    foreign: foreign.map(nameOf),
    closed: own
      .filter(({ hook }) => hook === 'forward')
      .flatMap(({ rules }) => closedTo(foreign, rules).map(nameOf)),
  };
}

const readOwn = async (place: Place): Promise<Chain[]> =>
  ownChains(await listNft(['table', 'inet', 'podlan'], place));

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
    await transact(changes.flatMap(chainCommands), place);
    return [];
  } catch (error) {
    if (changes.length === 1) return [{ change: changes[0]!, error: error as Error }];
  }
  const failures: Failure[] = [];
  for (const change of changes) failures.push(...(await applyOwn([change], place)));
  return failures;
}

const TABLE = { family: 'inet', name: 'podlan' };

async function deleteEmptyTable(place: Place): Promise<void> {
  const chains = await readOwn(place).catch(() => undefined);
  if (chains?.length !== 0) return;
  await transact([{ add: { table: TABLE } }, { delete: { table: TABLE } }], place).catch(() => undefined);
}
