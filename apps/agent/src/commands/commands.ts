/** `podlan commands`: what one would type to make by hand what the agent on this host keeps the kernel to. */
import type { DesiredState } from '@podlan/fabric';
import type { Command } from 'commander';
import { commandReports, commandText } from '../agent/command-report.js';
import { askAgent } from '../agent/control-socket.js';
import { UsageError } from '../usage-error.js';
import { type AgentFlags, declareAgentFlags, socketOf } from './which-agent.js';

export function declareCommands(program: Command): void {
  const commands = program
    .command('commands')
    .description('the ip, bridge, nft and sysctl lines that make what the agent on this host keeps up');
  declareAgentFlags(commands)
    .option('--json', 'report as JSON, with the rows behind the lines')
    .action(async (flags: AgentFlags & { json?: boolean }) => {
      const socket = socketOf(flags);
      const desired = (await askAgent(socket, '/desired')) as DesiredState[];
      if (desired.length === 0)
        throw new UsageError(
          `expected the agent at ${socket} to hold a lease, found none yet; see why with: podlan status`,
        );
      const reports = commandReports(desired);
      process.stdout.write(`${flags.json ? JSON.stringify(reports) : commandText(reports)}\n`);
    });
}
