/** `podlan status`: what the agent on this host believes, asked at its socket. */
import type { Command } from 'commander';
import { askAgent } from '../agent/control-socket.js';
import { type AgentStatus, statusText } from '../agent/status.js';
import { type AgentFlags, declareAgentFlags, socketOf } from './which-agent.js';

export function declareStatus(program: Command): void {
  const status = program.command('status').description('lease, peers and counters of the agent on this host');
  declareAgentFlags(status)
    .option('--json', 'report as JSON')
    .action(async (flags: AgentFlags & { json?: boolean }) => {
      const status = (await askAgent(socketOf(flags), '/status')) as AgentStatus;
      process.stdout.write(`${flags.json ? JSON.stringify(status) : statusText(status)}\n`);
    });
}
