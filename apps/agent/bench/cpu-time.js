/** CPU time, seconds: of some processes, and of the whole machine (proc(5)). */
import { readFileSync } from 'node:fs';

const TICKS_A_SECOND = 100;

/** User + system, all threads (fields 14 and 15). */
function processSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** All but idle, waiting for a disk, and stolen: user, nice, system, and interrupts, hard and soft. */
function machineSeconds() {
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq) / TICKS_A_SECOND;
}

export const cpuTime = (pids) => ({
  agents: pids.reduce((sum, pid) => sum + processSeconds(pid), 0),
  machine: machineSeconds(),
});

export const residentMegabytes = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
