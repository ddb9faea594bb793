/** Forward chains of other tables, read and changed by nft: what model/forward-jumps.ts says of them. */
import type { Place } from './link-tables.js';
import { LinuxError } from './linux-error.js';
import {
  type ChainName,
  commandsFor,
  type ForeignChain,
  foreignChain,
  isClosedTable,
  misplacedIn,
  nameOf,
  namesOfForeign,
  neededIn,
} from './model/forward-jumps.js';
import type { NftListing } from './model/nft-listing.js';
import type { Chain } from './model.js';
import { listNft, transact } from './nft.js';

export async function readForeignChains(place: Place): Promise<ForeignChain[]> {
  const { chains } = await listNft(['chains'], place);
  const names = namesOfForeign(chains);
  if (names.length === 0) return [];
  const { tables } = await listNft(['tables'], place);
  const read = names.map(async (name) => {
    const isClosed = isClosedTable(tables, name);
    return { ...(await readForeignChain(name, chains, place)), isClosed };
  });
  return (await Promise.all(read.map((chain) => chain.catch(unreadable)))).flat();
}

/** Of names that only nft's JSON can tell from its keywords. They hinder nobody else. */
const unreadable = (): ForeignChain[] => [];

async function readForeignChain(
  name: ChainName,
  listed: NftListing['chains'],
  place: Place,
): Promise<Omit<ForeignChain, 'isClosed'>> {
  const reading = foreignChain(name, listed);
  let step = reading.next();
  while (!step.done) {
    const { rules } = await listNft(['chain', name.family, name.table, step.value], place);
    step = reading.next(rules);
  }
  return step.value;
}

/** Makes every forward chain of other tables heed `rules`, each in a transaction of its own; returns what was refused. */
export async function settle(rules: Chain['rules'], place: Place): Promise<Error[]> {
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
