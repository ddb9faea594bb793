#!/usr/bin/env node
/** The `podlan` command. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { declareAgent } from './commands/agent.js';
import { declareLab } from './commands/lab.js';
import { declareStatus } from './commands/status.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };

const program = new Command('podlan')
  .description('Pod networking for Kubernetes hosts, on a WebAssembly dataplane')
  .version(version)
  .enablePositionalOptions()
  .showHelpAfterError();
declareAgent(program);
declareStatus(program);
declareLab(program);

try {
  await program.parseAsync();
} catch (error) {
  const { name, message, stack } = error as Error;
  // A mistake of the caller, or an error that carries its own explanation, needs no stack.
  const explained = ['UsageError', 'LinuxError', 'LeaseError', 'CniError'].includes(name) || process.env.PODLAN_DEBUG === undefined;
  process.stderr.write(`podlan: ${explained ? message : stack}\n`);
  process.exitCode = 1;
}
