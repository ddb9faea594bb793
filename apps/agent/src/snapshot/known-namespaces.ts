/** Every network namespace of this machine that has a name or a process in it. */
import { readdir, readlink, stat } from 'node:fs/promises';
import { listNetns, netnsPath } from '@podlan/linux';
import type { Netns } from './tool-text.js';

export interface KnownNamespace {
  /** The inode of its file, which is what the kernel numbers it by. */
  readonly netns: number;
  /** Its name by `ip netns`, else `pid-N` by a process in it. */
  readonly name: string;
  readonly path: string;
  /** Of a process in it, where it has no name. */
  readonly pid?: number;
}

export async function knownNamespaces(): Promise<KnownNamespace[]> {
  const found = new Map<number, KnownNamespace>();
  for (const one of [...(await named()), ...(await ofProcesses())])
    if (!found.has(one.netns)) found.set(one.netns, one);
  return [...found.values()];
}

/** Rejects where there is no such namespace. */
export async function numberOf(netns: Netns): Promise<number> {
  return (await stat(netns === undefined ? '/proc/self/ns/net' : netnsPath(netns))).ino;
}

async function named(): Promise<KnownNamespace[]> {
  const names = await listNetns();
  const known = names.map(async (name): Promise<KnownNamespace[]> => {
    const path = netnsPath(name);
    const netns = await numberOf(name).catch(() => undefined);
    return netns === undefined ? [] : [{ netns, name, path }];
  });
  return (await Promise.all(known)).flat();
}

/** Of each namespace the process with the lowest number: it is there the longest, as a rule. */
async function ofProcesses(): Promise<KnownNamespace[]> {
  const pids = (await readdir('/proc'))
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .sort((a, b) => a - b);
  const known = pids.map(async (pid): Promise<KnownNamespace[]> => {
    const path = `/proc/${pid}/ns/net`;
    // A process may end meanwhile.
    const netns = /^net:\[(\d+)\]$/.exec(await readlink(path).catch(() => ''))?.[1];
    return netns === undefined ? [] : [{ netns: Number(netns), name: `pid-${pid}`, path, pid }];
  });
  return (await Promise.all(known)).flat();
}
