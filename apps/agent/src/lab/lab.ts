/** The lab's verbs: up, join, leave, down. Each writes its state before it acts, so `down` repairs whatever was cut short. */
import { accessSync, constants, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { flock } from '@podlan/linux';
import type { Dataplane } from '../agent/flags/flag-values.js';
import { makePrivateDirectory } from '../paths.js';
import type { AgentStatus } from '../status/agent-status.js';
import { UsageError } from '../usage-error.js';
import { agentReady, cleanupAgent, isAgentOf, startAgent, stopAgent, writeLabConfig } from './lab-agents.js';
import { etcdUrl, requireEtcd, startEtcd } from './lab-etcd.js';
import { addPod, removePod } from './lab-pods.js';
import { dataplaneOf, familiesOf, type LabShape } from './lab-shape.js';
import {
  findHost,
  type LabHost,
  type LabPod,
  type LabState,
  labDirectory,
  readLabState,
  writeLabState,
} from './lab-state.js';
import {
  hostLetter,
  hostNetns,
  labNamespaces,
  MAX_HOSTS,
  makeHost,
  makeUnderlay,
  processesIn,
  removeNamespace,
  underlayAddress,
  underlayGateway,
} from './topology.js';

/** Tells what is being done, for people who wait. */
export type Progress = (step: string) => void;

/** One command at a time works on a lab. */
export async function withLab<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!/^[a-z][a-z0-9-]{0,29}$/.test(name)) {
    throw new UsageError(`--name: expected lower-case letters, digits and dashes, 30 at most, found ${name}`);
  }
  const directory = labDirectory(name);
  makePrivateDirectory(directory);
  const lock = await flock(`${directory}.lock`);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

export async function up(name: string, shape: LabShape, progress: Progress): Promise<LabState> {
  await refuseIfStanding(name);
  const state = newState(name, shape);
  if (state.store === 'etcd') requireEtcd();
  if (state.dataplane === 'wasm') requireTun();
  const families = familiesOf(state.family);
  if (state.store === 'etcd') state.etcdUrl = etcdUrl(underlayGateway(families[0]!));
  writeLabState(state);
  writeLabConfig(state);
  progress('underlay');
  await makeUnderlay(name, families);
  if (state.etcdUrl !== undefined) {
    progress('etcd');
    await startEtcd(name, state.etcdUrl);
  }
  for (let index = 0; index < shape.hosts; index++) await joinHost(state, state.dataplane, progress);
  return state;
}

function newState(name: string, shape: LabShape): LabState {
  const { backend = 'vxlan', family = 'ipv4', store = 'sqlite' } = shape;
  const { underlayOffloads = false, ipMasq = false } = shape;
  if (backend === 'udp' && family !== 'ipv4')
    throw new UsageError(`--backend udp carries IPv4 alone: expected --family ipv4, found ${family}`);
  const dataplane = dataplaneOf(backend, shape.dataplane);
  const nobody = { hosts: [], pods: [], podsPerHost: shape.pods, hostsEver: 0 };
  return { name, version: 1, dataplane, backend, family, store, underlayOffloads, ipMasq, ...nobody };
}

/** Adds a host with its agent and pods. `onReady` hears the moment its agent is ready. */
export async function joinHost(
  state: LabState,
  asked: Dataplane,
  progress: Progress,
): Promise<{ host: LabHost; pods: LabPod[]; status: AgentStatus }> {
  const index = state.hostsEver;
  if (index >= MAX_HOSTS)
    throw new UsageError(`a lab has ${MAX_HOSTS} host addresses, all were used; start anew with down and up`);
  const letter = hostLetter(index);
  const addresses = familiesOf(state.family).map((family) => underlayAddress(family, index));
  const name = `host-${letter}`;
  state.hostsEver++;
  writeLabState(state);
  progress(name);
  await makeHost(state.name, name, addresses, state.underlayOffloads);
  const dataplane = dataplaneOf(state.backend, asked);
  const netns = hostNetns(state.name, name);
  const host: LabHost = { name, netns, address: addresses[0]!, addresses, dataplane, pid: 0 };
  state.hosts.push(host);
  const child = startAgent(state, name, dataplane);
  host.pid = child.pid ?? 0;
  writeLabState(state);
  const status = await agentReady(state.name, name, child);
  const pods: LabPod[] = [];
  for (let number = 1; number <= state.podsPerHost; number++)
    pods.push(await joinPod(state, host, `pod-${letter}${number}`));
  return { host, pods, status };
}

async function joinPod(state: LabState, host: LabHost, name: string): Promise<LabPod> {
  const pod = await addPod(state.name, host, name);
  state.pods.push(pod);
  writeLabState(state);
  return pod;
}

export async function leave(state: LabState, hostName: string): Promise<void> {
  const host = findHost(state, hostName);
  for (const pod of state.pods.filter((one) => one.host === hostName)) {
    await removePod(state.name, host, pod);
    state.pods = state.pods.filter((one) => one !== pod);
    writeLabState(state);
  }
  await stopAgent(state.name, host.pid);
  // Also an agent that was started anew since: it would put back what the clean-up removes.
  for (const pid of await processesIn(host.netns)) await endProcess(state.name, pid);
  cleanupAgent(state, hostName, host.dataplane);
  await removeNamespace(host.netns);
  state.hosts = state.hosts.filter((one) => one !== host);
  writeLabState(state);
}

/** Whatever stands of this lab is gone afterwards, also of one whose state was lost. False: there was nothing. */
export async function down(name: string): Promise<boolean> {
  const namespaces = await labNamespaces(name);
  const had = namespaces.length > 0 || existsSync(join(labDirectory(name), 'lab.json'));
  for (const netns of namespaces) {
    for (const pid of await processesIn(netns)) await endProcess(name, pid);
  }
  for (const netns of namespaces) await removeNamespace(netns);
  rmSync(labDirectory(name), { recursive: true, force: true });
  return had;
}

async function endProcess(lab: string, pid: number): Promise<void> {
  if (isAgentOf(lab, pid)) return stopAgent(lab, pid);
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone by itself
  }
}

export function requireLab(name: string): LabState {
  const state = readLabState(name);
  if (state) return state;
  throw new UsageError('expected a lab, found none; start one with: podlan lab up');
}

/** The namespace of a host or pod by the name that `lab status` shows. */
export function netnsOf(state: LabState, name: string): string {
  const found = [...state.hosts, ...state.pods].find((one) => one.name === name || one.netns === name);
  if (found) return found.netns;
  const names = [...state.hosts, ...state.pods].map((one) => one.name).join(', ');
  throw new UsageError(`expected a host or pod of the lab, found ${name}; there are: ${names}`);
}

async function refuseIfStanding(name: string): Promise<void> {
  if (readLabState(name))
    throw new UsageError(
      'a lab stands already; see it with: podlan lab status, end it with: podlan lab down',
    );
  const left = await labNamespaces(name);
  if (left.length === 0) return;
  throw new UsageError(
    `parts of an earlier lab stand (${left.join(', ')}); remove them with: podlan lab down`,
  );
}

function requireTun(): void {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw new UsageError(
      '/dev/net/tun cannot be opened, and the wasm dataplane needs it: run as root, or let all users open it ' +
        '(chmod 0666 /dev/net/tun), or use: --dataplane kernel',
      { cause },
    );
  }
}
