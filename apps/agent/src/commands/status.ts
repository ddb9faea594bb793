/** `podlan status`: what the agent on this host believes, asked at its socket. */

import { readdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { askAgent } from '../agent/control-socket.js';
import { type AgentStatus, statusText } from '../agent/status.js';
import { defaultSocketPath, runtimeDirectory } from '../paths.js';

export function declareStatus(program: Command): void {
  program
    .command('status')
    .description('lease, peers and counters of the agent on this host')
    .option('--name <name>', 'name of the node (default: this host, or the only agent there is)')
    .option('--socket <path>', "the agent's socket")
    .option('--json', 'report as JSON')
    .action(async (flags: { name?: string; socket?: string; json?: boolean }) => {
      const socket =
        flags.socket ?? (flags.name === undefined ? onlySocket() : defaultSocketPath(flags.name));
      const status = (await askAgent(socket, '/status')) as AgentStatus;
      process.stdout.write(`${flags.json ? JSON.stringify(status) : statusText(status)}\n`);
    });
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
