/**
 * Two hosts on one wire, with a pod each; every box is a namespace.
 *
 *     pod-a 10.244.1.2                                                        pod-b 10.244.2.2
 *       '- pod0 10.244.1.1  host-a  eth0 192.168.99.1 ---- eth0 192.168.99.2  host-b  10.244.2.1 pod0 -'
 *
 * And the same in IPv6: fd00:99::1 and fd00:99::2, pods in fd00:244:0:1::/64 and fd00:244:0:2::/64.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addNetns, deleteNetns, netnsPath, runIn } from '@podlan/linux';
import { askAgent } from '../dist/agent/control-socket.js';
import type { AgentStatus } from '../dist/status/agent-status.js';
import { eventually, MAIN } from './test-lab.js';

const AS_A_WIRE = fileURLToPath(new URL('../dist/lab/as-a-wire.js', import.meta.url));
const FORWARDING = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'];
let pairs = 0;

export interface Box {
  readonly number: 1 | 2;
  readonly netns: string;
  readonly pod: string;
}

export const hostAddress = (family: 4 | 6, number: number) =>
  family === 4 ? `192.168.99.${number}` : `fd00:99::${number}`;
export const subnetOf = (family: 4 | 6, number: number) =>
  family === 4 ? `10.244.${number}.0/24` : `fd00:244:0:${number}::/64`;
export const podAddress = (family: 4 | 6, number: number) =>
  family === 4 ? `10.244.${number}.2` : `fd00:244:0:${number}::2`;

/** What a program printed; throws what it complained of. */
export async function say(netns: string, ...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runIn(netns, argv);
  if (code !== 0) throw new Error(`${argv.join(' ')} in ${netns}: ${stderr}`);
  return stdout;
}

/** `ip` commands, one a line. */
export async function ip(netns: string, ...lines: string[]): Promise<void> {
  const { code, stderr } = await runIn(netns, ['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  if (code !== 0) throw new Error(`ip in ${netns}: ${stderr}`);
}

export class TwoHosts implements AsyncDisposable {
  readonly #name = `t${process.pid}-two-${++pairs}`;
  readonly directory = mkdtempSync(join(tmpdir(), 'podlan-two-'));
  readonly a: Box = { number: 1, netns: `${this.#name}-a`, pod: `${this.#name}-pod-a` };
  readonly b: Box = { number: 2, netns: `${this.#name}-b`, pod: `${this.#name}-pod-b` };
  #agent: ChildProcess | undefined;

  static async make(): Promise<TwoHosts> {
    const hosts = new TwoHosts();
    const { a, b } = hosts;
    for (const netns of [a.netns, b.netns, a.pod, b.pod]) {
      await addNetns(netns);
      await ip(netns, 'link set lo up');
    }
    await ip(a.netns, `link add eth0 type veth peer name eth0 netns ${b.netns}`);
    for (const box of [a, b]) {
      await connect(box);
      await say(box.netns, process.execPath, AS_A_WIRE, 'card', 'eth0');
      await say(box.netns, 'sysctl', '-qw', ...FORWARDING);
    }
    return hosts;
  }

  get store(): string {
    return join(this.directory, 'leases.db');
  }

  /** `podlan agent` on host a, until it is ready; with a store of its own. */
  async agent(config: object, ...flags: string[]): Promise<AgentStatus> {
    const [netConf, socket] = ['net-conf.json', 'agent.sock'].map((name) => join(this.directory, name));
    writeFileSync(netConf!, JSON.stringify(config));
    const files = ['--socket', socket!, '--subnet-file', join(this.directory, 'subnet.env')];
    const store = ['--store', `sqlite:${this.store}`, '--net-config-path', netConf!];
    const args = ['agent', '--name', 'a', '--iface', 'eth0', ...store, ...files, ...flags];
    const inside = [`--net=${netnsPath(this.a.netns)}`, '--', process.execPath, MAIN];
    this.#agent = spawn('nsenter', [...inside, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
    return this.status(({ ready }) => ready);
  }

  /** What the agent says, as soon as it is `good`. */
  async status(good: (status: AgentStatus) => boolean): Promise<AgentStatus> {
    const look = () =>
      askAgent(join(this.directory, 'agent.sock'), '/status').catch(() => undefined) as Promise<
        AgentStatus | undefined
      >;
    return (await eventually(look, (seen) => seen !== undefined && good(seen), 25_000))!;
  }

  subnetEnv(): string {
    return readFileSync(join(this.directory, 'subnet.env'), 'utf8');
  }

  async setPodMtu(mtu: number): Promise<void> {
    for (const { netns, pod } of [this.a, this.b]) {
      await ip(netns, `link set pod0 mtu ${mtu}`);
      await ip(pod, `link set eth0 mtu ${mtu}`);
    }
  }

  /** As at first: no agent, no lease, and nothing that leads to pods of the other host. */
  async reset(): Promise<void> {
    await this.#stop();
    for (const { netns, number } of [this.a, this.b]) {
      for (const dev of ['flannel.1', 'flannel-v6.1']) await runIn(netns, ['ip', 'link', 'del', dev]);
      for (const family of [4, 6] as const) {
        await runIn(netns, ['ip', `-${family}`, 'route', 'del', subnetOf(family, 3 - number)]);
      }
    }
    for (const file of readdirSync(this.directory)) rmSync(join(this.directory, file), { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop();
    for (const { netns, pod } of [this.a, this.b]) {
      await deleteNetns(pod);
      await deleteNetns(netns);
    }
    rmSync(this.directory, { recursive: true, force: true });
  }

  async #stop(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
    agent.kill('SIGKILL');
    await once(agent, 'exit');
  }
}

async function connect({ netns, pod, number }: Box): Promise<void> {
  await ip(
    netns,
    'link set eth0 up',
    `link add pod0 type veth peer name eth0 netns ${pod}`,
    'link set pod0 up',
  );
  await ip(pod, 'link set eth0 up');
  for (const family of [4, 6] as const) {
    const [bits, nodad] = family === 4 ? [24, ''] : [64, ' nodad'];
    const gateway = family === 4 ? `10.244.${number}.1` : `fd00:244:0:${number}::1`;
    await ip(
      netns,
      `addr add ${hostAddress(family, number)}/${bits} dev eth0${nodad}`,
      `addr add ${gateway}/${bits} dev pod0${nodad}`,
    );
    await ip(
      pod,
      `addr add ${podAddress(family, number)}/${bits} dev eth0${nodad}`,
      `route add default via ${gateway}`,
    );
  }
}
