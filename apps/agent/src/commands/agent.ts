/** `podlan agent`. What only Linux can load is loaded when it is to run. */
import type { Command } from 'commander';
import { type AgentFlags, agentOptions, declareAgentFlags } from '../agent/options.js';

export function declareAgent(program: Command): void {
  declareAgentFlags(
    program.command('agent').description('the daemon on one host (what flanneld is to flannel)'),
  ).action(async (flags: AgentFlags) => {
    const options = agentOptions(flags);
    if (options.cleanup) {
      const { cleanUp } = await import('../agent/clean-up.js');
      process.exitCode = await cleanUp(options);
      return;
    }
    const { runAgent } = await import('../agent/agent.js');
    process.exitCode = await runAgent(options);
  });
}
