/** `podlan-cni`: reads one call of a container runtime, answers it, and ends. */
import { readSync } from 'node:fs';
import { isatty } from 'node:tty';
import { answerCall } from '@podlan/cni/protocol';
import { plugin } from './plugin.js';

/**
 * Standard input to its end. A runtime may hand over a socket that does not block, with the configuration still on its
 * way; a terminal, at which nobody types; or nothing.
 */
function readInput(): string {
  if (isatty(0)) return '';
  const chunks: Buffer[] = [];
  const buffer = Buffer.alloc(65_536);
  const bell = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      const count = readSync(0, buffer);
      if (count === 0) return String(Buffer.concat(chunks));
      chunks.push(Buffer.from(buffer.subarray(0, count)));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EAGAIN') return String(Buffer.concat(chunks));
      Atomics.wait(bell, 0, 0, 1);
    }
  }
}

async function main(): Promise<void> {
  const { output, exitCode, error } = await answerCall(plugin, { env: process.env, input: readInput() });
  if (process.env.PODLAN_DEBUG !== undefined && error) process.stderr.write(`${(error as Error).stack}\n`);
  process.exitCode = exitCode;
  process.stdout.write(output);
}

void main();
