/** `podlan snapshot`: flags to calls. What takes it, which only Linux can load, is loaded when one is to be taken. */
import type { Command } from 'commander';
import { requireRights } from '../agent/rights.js';
import { snapshotText, writeSnapshot } from '../snapshot/snapshot-file.js';
import { UsageError } from '../usage-error.js';
import { captureOptions, type PlaceFlags, SUBNET_FILE } from './which-node.js';

interface SnapshotFlags extends PlaceFlags {
  readonly output: string;
  readonly redact?: boolean;
  readonly redactKey?: string;
}

export function declareSnapshot(program: Command): void {
  program
    .command('snapshot')
    .description(
      "this node's network as one JSON file: links, routes, rules of its host and pods; no secrets",
    )
    .option('--output <file>', 'where to write it; -: standard output', '-')
    .option('--name <name>', 'name of the node (default: this host, or NAME of --netns)')
    .option('--netns <name>', "the host's network namespace, by name or path (default: this one)")
    .option('--socket <path>', "the agent's socket (default: of the agent here, if one runs)")
    .option('--subnet-file <file>', `flannel's subnet.env, where no agent answers (default: ${SUBNET_FILE})`)
    .option('--redact', 'replace addresses and names by others, and keep all relations between them')
    .option('--redact-key <key>', 'redact under this key, the same for several nodes (default: drawn anew)')
    .action(async (flags: SnapshotFlags) => {
      requireRights({
        capabilities: ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN'],
        work: 'a snapshot looks into the namespaces of pods',
        advice: 'Of a lab without root: podlan lab snapshot',
      });
      const { newRedactKey, redactSnapshot } = await import('@podlan/simulator/snapshot');
      const { captureNode } = await import('../snapshot/capture-node.js');
      const key = redactKey(flags, newRedactKey);
      const taken = await captureNode(captureOptions(flags));
      const snapshot = key === undefined ? taken : await redactSnapshot(taken, key);
      if (flags.output === '-') process.stdout.write(snapshotText(snapshot));
      else writeSnapshot(flags.output, snapshot);
    });
}

const KEY_CHARACTERS = 16;

function redactKey({ redact, redactKey: key }: SnapshotFlags, drawn: () => string): string | undefined {
  if (key === undefined) return redact ? drawn() : undefined;
  if (key.length >= KEY_CHARACTERS) return key;
  throw new UsageError(
    `--redact-key: expected at least ${KEY_CHARACTERS} characters, found ${key.length}; draw one with: openssl rand -hex 16`,
  );
}
