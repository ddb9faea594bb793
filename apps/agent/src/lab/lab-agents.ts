/** The lab's agents: real `podlan agent` processes, each in its host's network namespace. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { netnsPath } from '@podlan/linux';
import { askAgent } from '../agent/control-socket.js';
import type { Dataplane } from '../agent/flags/flag-values.js';
import type { AgentStatus } from '../status/agent-status.js';
import { networkConfig } from './lab-shape.js';
import { type LabState, labDirectory } from './lab-state.js';
import { hostNetns } from './topology.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const READY_TIMEOUT_MS = 20_000;

export const hostDirectory = (lab: string, host: string) => join(labDirectory(lab), host);
export const agentSocket = (lab: string, host: string) => join(hostDirectory(lab, host), 'agent.sock');
export const subnetFile = (lab: string, host: string) => join(hostDirectory(lab, host), 'subnet.env');
export const agentLog = (lab: string, host: string) => join(hostDirectory(lab, host), 'agent.log');
const configFile = (lab: string) => join(labDirectory(lab), 'net-conf.json');

export function writeLabConfig(state: LabState): void {
  const config = networkConfig(state, state.dataplane);
  writeFileSync(configFile(state.name), `${JSON.stringify(config, null, 2)}\n`);
}

function agentArguments(state: LabState, host: string, dataplane: Dataplane): string[] {
  const { name: lab } = state;
  return [
    ...['agent', '--name', host, '--iface', 'eth0', '--dataplane', dataplane],
    ...(state.ipMasq ? ['--ip-masq'] : []),
    ...storeArguments(state),
    ...['--net-config-path', configFile(lab)],
    ...['--subnet-file', subnetFile(lab, host), '--socket', agentSocket(lab, host)],
  ];
}

function storeArguments({ name, etcdUrl }: LabState): string[] {
  if (etcdUrl !== undefined) return ['--store', 'etcd', '--etcd-endpoints', etcdUrl];
  return ['--store', `sqlite:${join(labDirectory(name), 'leases.db')}`];
}

/** nsenter replaces itself by node, so the process id is the agent's. */
const inHost = (lab: string, host: string, args: readonly string[]) => [
  `--net=${netnsPath(hostNetns(lab, host))}`,
  '--',
  process.execPath,
  MAIN,
  ...args,
];

export function startAgent(
  state: LabState,
  host: string,
  dataplane: Dataplane,
  ...more: readonly string[]
): ChildProcess {
  const { name: lab } = state;
  mkdirSync(hostDirectory(lab, host), { recursive: true });
  const log = openSync(agentLog(lab, host), 'a', 0o600);
  const child = spawn('nsenter', inHost(lab, host, [...agentArguments(state, host, dataplane), ...more]), {
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  return child;
}

/** Resolves when the agent has a lease and the kernel is as it should be. */
export async function agentReady(lab: string, host: string, child: ChildProcess): Promise<AgentStatus> {
  let failed: Error | undefined;
  child.once('error', (error) => {
    failed = error;
  });
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (failed || child.exitCode !== null || child.signalCode !== null) throw agentDied(lab, host, failed);
    const status = (await askAgent(agentSocket(lab, host), '/status').catch(() => undefined)) as
      | AgentStatus
      | undefined;
    // Its predecessor may still answer.
    if (status?.ready && status.pid === child.pid) return status;
    await sleep(10);
  }
  throw agentDied(lab, host, new Error(`not ready after ${READY_TIMEOUT_MS / 1000} s`));
}

function agentDied(lab: string, host: string, cause: Error | undefined): Error {
  const lines = readFileSync(agentLog(lab, host), 'utf8').trimEnd().split('\n').slice(-5).join('\n  ');
  return new Error(
    `the agent of ${host} did not start${cause ? ` (${cause.message})` : ''}; its log ends:\n  ${lines}`,
  );
}

/** Whether this process is an agent of this lab, not some other one that was given the number since. */
export function isAgentOf(lab: string, pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${labDirectory(lab)}/`);
  } catch {
    return false;
  }
}

export async function stopAgent(lab: string, pid: number): Promise<void> {
  for (const [signal, waitMs] of [
    ['SIGTERM', 3000],
    ['SIGKILL', 2000],
  ] as const) {
    if (!isAgentOf(lab, pid)) return;
    process.kill(pid, signal);
    const deadline = Date.now() + waitMs;
    while (Date.now() < deadline && isAgentOf(lab, pid)) await sleep(10);
  }
}

/** Removes what the agent made on its host and gives the lease back. */
export function cleanupAgent(state: LabState, host: string, dataplane: Dataplane): void {
  const args = [...agentArguments(state, host, dataplane), '--cleanup', '--log-level', 'warn'];
  const { status, stderr, stdout } = spawnSync('nsenter', inHost(state.name, host, args), {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`clean-up of ${host} failed: ${(stderr || stdout).trim()}`);
}
