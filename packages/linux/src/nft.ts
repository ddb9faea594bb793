/** The program nft: what it lists as JSON, and transactions, whose commands are all done or none. */
import * as v from 'valibot';
import type { Place } from './link-tables.js';
import { errnoOf, LinuxError } from './linux-error.js';
import type { NftListing } from './model/nft-listing.js';
import { runIn } from './netns.js';
import { type Finished, missingTool } from './run.js';
import { readOutput } from './tool-output.js';

const listing = v.object({
  nftables: v.array(
    v.object({
      table: v.optional(
        v.object({
          family: v.string(),
          name: v.string(),
          flags: v.optional(v.union([v.string(), v.array(v.string())])),
        }),
      ),
      chain: v.optional(
        v.object({
          family: v.optional(v.string(), ''),
          table: v.optional(v.string(), ''),
          name: v.string(),
          type: v.optional(v.string()),
          hook: v.optional(v.string()),
          prio: v.optional(v.pipe(v.number(), v.safeInteger())),
          policy: v.optional(v.string()),
        }),
      ),
      rule: v.optional(
        v.object({
          family: v.optional(v.string(), ''),
          table: v.optional(v.string(), ''),
          chain: v.string(),
          handle: v.optional(v.pipe(v.number(), v.safeInteger()), 0),
          expr: v.array(v.unknown()),
        }),
      ),
    }),
  ),
});
/** Nothing of what is not there; nothing at all where the program is missing. */
export async function listNft(what: readonly string[], place: Place): Promise<NftListing> {
  const argv = ['nft', '-j', 'list', ...what];
  const { code, stdout, stderr } = await runIn(place.netns, argv, place).catch(nothingWithoutNft);
  if (code !== 0 && stderr.includes('No such file')) return { tables: [], chains: [], rules: [] };
  if (code !== 0) throw nftError(argv.slice(1), stderr);
  const { nftables } = readOutput(argv, stdout, (json) => v.parse(listing, json));
  return {
    tables: nftables.flatMap(({ table }) => table ?? []),
    chains: nftables.flatMap(({ chain }) => chain ?? []),
    rules: nftables.flatMap(({ rule }) => rule ?? []),
  };
}

/** Where the program is missing it has made no table; making one is refused with what to install. */
function nothingWithoutNft(error: unknown): Finished {
  const isMissing = error instanceof LinuxError && error.op === 'nft' && error.errno === 'ENOENT';
  if (!isMissing) throw error;
  return { code: 1, stdout: '', stderr: 'No such file' };
}

export async function transact(commands: readonly unknown[], place: Place): Promise<void> {
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
