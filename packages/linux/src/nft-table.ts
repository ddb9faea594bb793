/**
 * podlan's nftables table, `table inet podlan`: read as chains, each chain replaced as a whole in one transaction, so
 * that no packet meets half a chain.
 */
import * as v from 'valibot';
import type { Place } from './link-tables.js';
import { errnoOf, LinuxError } from './linux-error.js';
import type { Chain, Change, Failure } from './model.js';
import { runIn } from './netns.js';
import { type Finished, missingTool } from './run.js';
import { readOutput } from './tool-output.js';

const TABLE = { family: 'inet', name: 'podlan' };
const NAME = /^[a-zA-Z][a-zA-Z0-9_-]{0,63}$/;

const listing = v.object({
  nftables: v.array(
    v.object({
      chain: v.optional(
        v.object({
          name: v.string(),
          type: v.optional(v.string()),
          hook: v.optional(v.string()),
          prio: v.optional(v.pipe(v.number(), v.safeInteger())),
        }),
      ),
      rule: v.optional(v.object({ chain: v.string(), expr: v.array(v.unknown()) })),
    }),
  ),
});

export async function readChains(place: Place): Promise<Chain[]> {
  const argv = ['nft', '-j', 'list', 'table', TABLE.family, TABLE.name];
  const { code, stdout, stderr } = await runIn(place.netns, argv, place).catch(noTableWithoutNft);
  if (code !== 0 && stderr.includes('No such file')) return [];
  if (code !== 0) throw nftError(argv.slice(1), stderr);
  const { nftables } = readOutput(argv, stdout, (json) => v.parse(listing, json));
  const rules = nftables.flatMap(({ rule }) => rule ?? []);
  return nftables.flatMap(({ chain }) => {
    if (chain?.type === undefined) return [];
    const { name, type, hook, prio: priority = 0 } = chain;
    const own = rules.filter((rule) => rule.chain === name).map(({ expr }) => expr.map(withoutCount));
    return [{ kind: 'chain', name, type, hook, priority, rules: own } as Chain];
  });
}

/** Where the program is missing it has made no table; making one is refused with what to install. */
function noTableWithoutNft(error: unknown): Finished {
  const isMissing = error instanceof LinuxError && error.op === 'nft' && error.errno === 'ENOENT';
  if (!isMissing) throw error;
  return { code: 1, stdout: '', stderr: 'No such file' };
}

/** A counter's numbers are no part of what should be: `{"counter": null}`, as one writes it. */
function withoutCount(expression: unknown): unknown {
  const counts = typeof expression === 'object' && expression !== null && 'counter' in expression;
  return counts ? { counter: null } : expression;
}

export async function applyChains(changes: readonly Change[], place: Place): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const change of changes) {
    const error = await applyChain(change, place).catch((reason: Error) => reason);
    if (error) failures.push({ change, error });
  }
  if (changes.some(({ op }) => op === 'delete')) await deleteEmptyTable(place);
  return failures;
}

async function applyChain({ op, row }: Change, place: Place): Promise<void> {
  const chain = row as Chain;
  if (!NAME.test(chain.name)) {
    throw new TypeError(`chain: expected a plain name, got ${JSON.stringify(chain.name)}`);
  }
  await transaction(op === 'delete' ? takeAway(chain) : [...takeAway(chain), ...putThere(chain)], place);
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
  const chains = await readChains(place).catch(() => undefined);
  if (chains?.length !== 0) return;
  await transaction([{ add: { table: TABLE } }, { delete: { table: TABLE } }], place).catch(() => undefined);
}

async function transaction(commands: readonly unknown[], place: Place): Promise<void> {
  const input = JSON.stringify({ nftables: commands });
  // nft opens /dev/stdin by name, which fails on the socket that Node.js gives a child for its input.
  const argv = ['sh', '-c', 'cat | nft -j -f -'];
  const { code, stderr } = await runIn(place.netns, argv, { ...place, input });
  if (code === 127) throw new LinuxError({ op: 'nft', errno: 'ENOENT', message: missingTool('nft') });
  if (code !== 0) throw nftError(['-j', '-f', '-'], stderr);
}

function nftError(args: readonly string[], stderr: string): LinuxError {
  // The first line is the reason; what follows repeats the commands.
  const reason = stderr.split('\n').find((line) => line.includes('Error:')) ?? stderr;
  const message = reason.replace(/^.*?Error: /, '').trim();
  return new LinuxError({ op: 'nft', args, errno: errnoOf(message), message });
}
