/** The `podlan` command. */
import { Command } from 'commander';
import { declareAgent } from './commands/agent.js';
import { declareCommands } from './commands/commands.js';
import { declareLab } from './commands/lab.js';
import { declareLeases } from './commands/leases.js';
import { declareSnapshot } from './commands/snapshot.js';
import { declareStatus } from './commands/status.js';
import { declareTrace } from './commands/trace.js';
import { VERSION } from './version.js';

const program = new Command('podlan')
  .description('Pod networking for Kubernetes hosts, on a WebAssembly dataplane')
  .version(VERSION)
  .enablePositionalOptions()
  .showHelpAfterError();
declareAgent(program);
declareStatus(program);
declareCommands(program);
declareLeases(program);
declareSnapshot(program);
declareLab(program);
declareTrace(program);

try {
  await program.parseAsync();
} catch (error) {
  const { message, stack } = error as Error;
  process.stderr.write(`podlan: ${process.env.PODLAN_DEBUG === undefined ? message : stack}\n`);
  process.exitCode = 1;
}
