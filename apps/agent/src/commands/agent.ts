/** `podlan agent`. */
import type { Command } from 'commander';
import { cleanUp, runAgent } from '../agent/agent.js';
import { declareAgentFlags, parseAgentOptions } from '../agent/options.js';

export function declareAgent(program: Command): void {
  declareAgentFlags(
    program.command('agent').description('the daemon on one host (what flanneld is to flannel)'),
  ).action(async (flags: Record<string, unknown>) => {
    const options = parseAgentOptions(flags);
    process.exitCode = await (options.cleanup ? cleanUp(options) : runAgent(options));
  });
}
