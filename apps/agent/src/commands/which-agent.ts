/** The flags by which a command that asks a running agent finds it. */
import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { defaultSocketPath, runtimeDirectory } from '../paths.js';

export interface AgentFlags {
  readonly name?: string;
  readonly socket?: string;
}

export function declareAgentFlags(command: Command): Command {
  return command
    .option('--name <name>', 'name of the node (default: this host, or the only agent there is)')
    .option('--socket <path>', "the agent's socket");
}

export function socketOf({ socket, name }: AgentFlags): string {
  return socket ?? (name === undefined ? onlySocket() : defaultSocketPath(name));
}

function onlySocket(): string {
  const own = defaultSocketPath(hostname());
  try {
    const sockets = readdirSync(runtimeDirectory()).filter((file) => file.endsWith('.sock'));
    return sockets.length === 1 ? join(runtimeDirectory(), sockets[0]!) : own;
  } catch {
    return own;
  }
}
