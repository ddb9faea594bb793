/** A lab of the tests' own: a name no other has, and everything gone afterwards. */
import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { askAgent } from '../dist/agent/control-socket.js';
import { down, joinHost, leave, requireLab, up, withLab } from '../dist/lab/lab.js';
import { agentReady, agentSocket, startAgent } from '../dist/lab/lab-agents.js';
import type { LabShape } from '../dist/lab/lab-shape.js';
import { findHost, type LabState, writeLabState } from '../dist/lab/lab-state.js';
import type { LabStatus } from '../dist/lab/lab-status.js';
import { labStatus } from '../dist/lab/lab-status.js';
import type { AgentStatus } from '../dist/status/agent-status.js';

export type Dataplane = 'wasm' | 'kernel';
/** What a lab is made of, as far as it is not the usual. */
export type LabChoice = Partial<LabShape>;
export const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

const exec = promisify(execFile);
let labs = 0;

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never rejects: the exit code is what a test looks at. */
export async function run(program: string, ...args: string[]): Promise<Output> {
  try {
    return { code: 0, ...(await exec(program, args, { maxBuffer: 1 << 26 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

export const podlan = (...args: string[]): Promise<Output> => run(process.execPath, MAIN, ...args);

/** Looks until `good`; fails with what was seen last. */
export async function eventually<T>(
  look: () => Promise<T>,
  good: (seen: T) => boolean,
  withinMs = 5000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (good(seen)) return seen;
    if (Date.now() > deadline)
      throw new Error(`not within ${withinMs} ms; last seen:\n${JSON.stringify(seen, null, 1)}`);
    await sleep(25);
  }
}

const TRIES = 5;
/** An agent that finds drift at look after look looks more seldom, until a look finds none: after each try it has longer. */
const CALM_MS = 1500;

/**
 * What `disturb` does is put right each time, and within a second; on a machine that does other things too, of five
 * times once will do.
 */
export async function rightWithinASecond<T>(
  disturb: () => Promise<unknown>,
  look: () => Promise<T>,
  good: (seen: T) => boolean,
): Promise<void> {
  const tookMs: number[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    await sleep(CALM_MS * (tries + 1));
    await disturb();
    const startMs = performance.now();
    await eventually(look, good);
    tookMs.push(Math.round(performance.now() - startMs));
    if (tookMs.at(-1)! <= 1000) return;
  }
  throw new Error(`expected it to be right within 1000 ms, found ${tookMs.join(', ')} ms`);
}

export class TestLab implements AsyncDisposable {
  readonly name: string;
  readonly state: LabState;

  private constructor(state: LabState) {
    this.name = state.name;
    this.state = state;
  }

  /** One host for each dataplane named, one pod on each. The shape goes before them, where it is not the usual one. */
  static async start(...wanted: [LabChoice, ...Dataplane[]] | Dataplane[]): Promise<TestLab> {
    const [first, ...rest] = wanted;
    const [choice, dataplanes] = typeof first === 'object' ? [first, rest] : [{}, wanted];
    const name = `t${process.pid}-${++labs}`;
    const shape = { hosts: 0, pods: 1, dataplane: 'wasm', ...choice } as const;
    try {
      const state = await withLab(name, () => up(name, shape, () => {}));
      const lab = new TestLab(state);
      for (const dataplane of dataplanes as Dataplane[]) await lab.join(dataplane);
      return lab;
    } catch (error) {
      await down(name);
      throw error;
    }
  }

  async join(dataplane: Dataplane) {
    return joinHost(this.state, dataplane, () => {});
  }

  async leave(host: string): Promise<void> {
    await leave(this.state, host);
  }

  status(): Promise<LabStatus> {
    return labStatus(requireLab(this.name));
  }

  netns(name: string): string {
    return [...this.state.hosts, ...this.state.pods].find((one) => one.name === name)!.netns;
  }

  address(name: string): string {
    return [...this.state.hosts, ...this.state.pods].find((one) => one.name === name)!.address;
  }

  /** Runs a command on a host or in a pod. */
  in(name: string, ...command: string[]): Promise<Output> {
    return run('ip', 'netns', 'exec', this.netns(name), ...command);
  }

  /** A command that goes on in the background. */
  spawn(name: string, ...command: string[]) {
    return spawn('ip', ['netns', 'exec', this.netns(name), ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  agent(host: string): Promise<AgentStatus> {
    return askAgent(agentSocket(this.name, host), '/status') as Promise<AgentStatus>;
  }

  /** One ping from pod to address gets through. */
  async reaches(from: string, to: string): Promise<boolean> {
    return (await this.in(from, 'ping', '-n', '-c', '1', '-W', '1', this.address(to))).code === 0;
  }

  async kill(host: string, signal: NodeJS.Signals): Promise<void> {
    const { pid } = findHost(this.state, host);
    process.kill(pid, signal);
    await eventually(
      async () => isAlive(pid),
      (alive) => !alive,
    );
  }

  restart(host: string, ...flags: string[]): Promise<AgentStatus> {
    return this.#startAgent(host, ...flags);
  }

  /** A second agent takes over from the one that runs. */
  async replace(host: string, dataplane?: Dataplane, ...flags: string[]): Promise<AgentStatus> {
    const entry = findHost(this.state, host);
    const { pid } = entry;
    entry.dataplane = dataplane ?? entry.dataplane;
    const status = await this.#startAgent(host, '--replace', ...flags);
    await eventually(
      async () => isAlive(pid),
      (alive) => !alive,
    );
    return status;
  }

  #startAgent(host: string, ...more: string[]): Promise<AgentStatus> {
    const entry = findHost(this.state, host);
    const child = startAgent(this.state, host, entry.dataplane, ...more);
    entry.pid = child.pid!;
    writeLabState(this.state);
    return agentReady(this.name, host, child);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await down(this.name);
  }
}

/** A process that has ended but whose parent has not asked for its exit code yet has no command line any more. */
export function isAlive(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}
