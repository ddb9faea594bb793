/**
 * The lab's etcd: one server in the underlay's namespace, where hosts reach it as they would a server on their network.
 * Its data lie in the lab's directory; it ends with the lab.
 */
import { spawn } from 'node:child_process';
import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { netnsPath } from '@podlan/linux';
import type { IpAddress } from '@podlan/wire';
import { UsageError } from '../usage-error.js';
import { labDirectory } from './lab-state.js';
import { underlayNetns } from './topology.js';

const CLIENT_PORT = 2379;
const PEER_URL = 'http://127.0.0.1:2380';
const READY_TIMEOUT_MS = 15_000;
/** Servers lie in these though a user's PATH lacks them. */
const MORE_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/bin', '/usr/local/sbin'];

const logPath = (lab: string) => join(labDirectory(lab), 'etcd.log');

export function etcdUrl(address: IpAddress): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${CLIENT_PORT}`;
}

/** Throws UsageError where there is no etcd, saying how to have one. */
export function requireEtcd(): string {
  const folders = [...(process.env.PATH ?? '').split(':').filter(Boolean), ...MORE_FOLDERS];
  const found = folders.map((folder) => join(folder, 'etcd')).find(isRunnable);
  if (found !== undefined) return found;
  throw new UsageError(
    '--store etcd: expected the program etcd, found none in PATH; install it ' +
      '(Debian, Ubuntu: apt-get install etcd-server), or use --store sqlite',
  );
}

/** Returns the server's process id once it listens. nsenter replaces itself by etcd. */
export async function startEtcd(lab: string, url: string): Promise<number> {
  const log = openSync(logPath(lab), 'a', 0o600);
  const child = spawn(
    'nsenter',
    [`--net=${netnsPath(underlayNetns(lab))}`, '--', requireEtcd(), ...etcdArguments(lab, url)],
    { stdio: ['ignore', log, log], detached: true },
  );
  closeSync(log);
  child.unref();
  const pid = child.pid;
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (pid !== undefined && child.exitCode === null && Date.now() < deadline) {
    if (listens(pid)) return pid;
    await sleep(20);
  }
  throw new Error(`etcd did not start; its log ends:\n  ${logEnd(lab)}`);
}

/** Without fsync: what a lab keeps must survive the end of a process, not of the machine. */
function etcdArguments(lab: string, url: string): string[] {
  return [
    ...['--name', lab, '--data-dir', join(labDirectory(lab), 'etcd'), '--unsafe-no-fsync'],
    ...['--listen-client-urls', url, '--advertise-client-urls', url],
    ...['--listen-peer-urls', PEER_URL, '--initial-advertise-peer-urls', PEER_URL],
    ...['--initial-cluster', `${lab}=${PEER_URL}`],
  ];
}

/** /proc/PID/net shows the namespace of that process (proc(5)); state 0A is LISTEN. */
function listens(pid: number): boolean {
  const port = CLIENT_PORT.toString(16).toUpperCase().padStart(4, '0');
  const listening = new RegExp(`^ *\\d+: [0-9A-F]+:${port} [0-9A-F:]+ 0A `, 'm');
  return ['tcp', 'tcp6'].some((table) => listening.test(readIfThere(`/proc/${pid}/net/${table}`)));
}

function isRunnable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const logEnd = (lab: string): string =>
  readIfThere(logPath(lab)).trimEnd().split('\n').slice(-5).join('\n  ');
