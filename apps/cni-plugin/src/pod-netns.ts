/** The namespace that a runtime hands over: whether it is there, and not the host's own. */
import { readFile, stat, statfs } from 'node:fs/promises';
import { CNI_CODE, CniError } from '@podlan/cni/protocol';

/** linux/magic.h: NSFS_MAGIC. A bind mount that went leaves an ordinary file behind. */
const NSFS = 0x6e736673;

const OWN = '/proc/self/ns/net';

export type NetnsState = 'there' | 'gone' | 'own';

export async function netnsState(path: string): Promise<NetnsState> {
  try {
    if ((await statfs(path)).type !== NSFS) return 'gone';
    const [pod, own] = await Promise.all([stat(path), stat(OWN)]);
    return pod.ino === own.ino && pod.dev === own.dev ? 'own' : 'there';
  } catch {
    return 'gone';
  }
}

/** Throws CniError: `UNKNOWN_CONTAINER` where it is gone, `INVALID_ENVIRONMENT` for the host's own. */
export async function requireNetns(path: string): Promise<void> {
  if (!/^\/[a-zA-Z0-9_./-]+$/.test(path)) {
    const details = `CNI_NETNS: expected letters, digits, _ . - and /, found ${JSON.stringify(path)}`;
    throw new CniError(CNI_CODE.INVALID_ENVIRONMENT, 'invalid CNI_NETNS', details);
  }
  const state = await netnsState(path);
  if (state === 'there') return;
  if (state === 'gone') {
    const details = `expected a network namespace at ${path}, found none; there is nothing to clean up`;
    throw new CniError(CNI_CODE.UNKNOWN_CONTAINER, 'the container is gone', details);
  }
  const details = `CNI_NETNS: expected a pod's network namespace, found the host's own at ${path}`;
  throw new CniError(CNI_CODE.INVALID_ENVIRONMENT, "the host's own namespace", details);
}

/** Names of the devices in this process' namespace, without starting a program. */
export async function ownDevices(): Promise<string[]> {
  const text = await readFile('/proc/self/net/dev', 'utf8');
  return [...text.matchAll(/^\s*(\S+):/gm)].map(([, name = '']) => name);
}
