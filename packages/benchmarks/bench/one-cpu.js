/**
 * Where a program of ours in C is asked in turns with this one, both stay on one CPU: on a machine that is shared, the
 * CPUs differ in pace, and which program gets which one would decide the ratio.
 */
import { execFileSync } from 'node:child_process';

const taskset = (...args) => execFileSync('taskset', ['--cpu-list', '--pid', ...args], { encoding: 'utf8' });

/** Holds this thread, and the programs it starts from now on, to the last CPU it may run on. */
export function stayOnOneCpu() {
  const [last] = taskset(String(process.pid)).match(/\d+\s*$/);
  taskset(last.trim(), String(process.pid));
}
