/** `podlan agent`. */
import type { Command } from 'commander';
import { runAgent } from '../agent/agent.js';
import { cleanUp } from '../agent/clean-up.js';
import { type AgentFlags, agentOptions, declareAgentFlags } from '../agent/options.js';

export function declareAgent(program: Command): void {
  declareAgentFlags(
    program.command('agent').description('the daemon on one host (what flanneld is to flannel)'),
  ).action(async (flags: AgentFlags) => {
    const options = agentOptions(flags);
    process.exitCode = await (options.cleanup ? cleanUp(options) : runAgent(options));
  });
}
