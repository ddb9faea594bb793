/** The `podlan` command as commander knows it: every command with its flags, none of them run. */
import { Command } from 'commander';
import { declareAgent } from './commands/agent.js';
import { declareCapture } from './commands/capture.js';
import { declareCni } from './commands/cni.js';
import { declareCommands } from './commands/commands.js';
import { declareCompletion } from './commands/completion.js';
import { declareConnectivity } from './commands/connectivity.js';
import { declareDoctor } from './commands/doctor.js';
import { declareFlows } from './commands/flows.js';
import { declareLab } from './commands/lab.js';
import { declareLeases } from './commands/leases.js';
import { addManual } from './commands/manual.js';
import { declareSnapshot } from './commands/snapshot.js';
import { declareStatus } from './commands/status.js';
import { declareTrace } from './commands/trace.js';
import { VERSION } from './version.js';

export function podlanProgram(): Command {
  const program = new Command('podlan')
    .description('Pod networking for Kubernetes hosts, on a WebAssembly dataplane')
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError();
  declareAgent(program);
  declareStatus(program);
  declareCommands(program);
  declareFlows(program);
  declareCapture(program);
  declareLeases(program);
  declareSnapshot(program);
  declareLab(program);
  declareTrace(program);
  declareDoctor(program);
  declareConnectivity(program);
  declareCni(program);
  declareCompletion(program);
  addManual(program);
  return program;
}
