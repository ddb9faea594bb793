/** Takes a lab's store away for a while. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startEtcd } from '../../dist/lab/lab-etcd.js';
import { processesIn, underlayNetns } from '../../dist/lab/topology.js';
import { eventually, isAlive, type TestLab } from '../test-lab.js';
import type { Random } from './random.js';
import { sqlitePath } from './store-leases.js';

/** Returns what brings it back. */
export function takeStoreAway(lab: TestLab, random: Random): Promise<() => Promise<void>> {
  const { etcdUrl } = lab.state;
  return etcdUrl === undefined ? holdSqlite(lab) : endEtcd(lab, etcdUrl, random.pick(['SIGKILL', 'SIGTERM']));
}

/** Returns what starts it again, on the data it had. */
export async function endEtcd(
  lab: TestLab,
  url: string,
  signal: NodeJS.Signals,
): Promise<() => Promise<void>> {
  const pid = (await processesIn(underlayNetns(lab.name))).find(isEtcd)!;
  process.kill(pid, signal);
  await eventually(
    async () => isAlive(pid),
    (alive) => !alive,
  );
  return async () => {
    await startEtcd(lab.name, url);
  };
}

const isEtcd = (pid: number): boolean => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--data-dir');

const LOCKER = fileURLToPath(new URL('./lock-store.js', import.meta.url));

/** A SQLite file has no server: a writer holds it, and is killed in the middle of its transaction. */
async function holdSqlite(lab: TestLab): Promise<() => Promise<void>> {
  const writer = spawn(process.execPath, [LOCKER, sqlitePath(lab)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(writer.stdout, 'data');
  return async () => {
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  };
}
