/** The demo's stage on real namespaces: a lab of its own. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { DesiredState } from '@podlan/fabric';
import type { Tunnel } from '@podlan/linux/model';
import { askAgent } from '../agent/control-socket.js';
import { UsageError } from '../usage-error.js';
import { captureWay } from './demo-capture.js';
import type { DemoPod, DemoStage, Hop, PingChoice, TcpResult } from './demo-stage.js';
import { pingFrom, transfer } from './demo-traffic.js';
import { down, joinHost, leave, netnsOf, up } from './lab.js';
import { agentSocket } from './lab-agents.js';
import type { LabState } from './lab-state.js';
import { WITHOUT_NAMESPACES } from './rootless.js';

const exec = promisify(execFile);
const TRANSFER_MEGABYTES = 100;
const silently = () => {};

export class LabStage implements DemoStage {
  readonly kind = 'lab';
  readonly #name: string;
  #state: LabState | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  get hosts() {
    return this.#standing.hosts;
  }

  get pods() {
    return this.#standing.pods;
  }

  nowMs(): number {
    return performance.now();
  }

  async open(): Promise<void> {
    try {
      // The name is the demo's own.
      await down(this.#name);
      this.#state = await up(this.#name, { hosts: 0, pods: 1, dataplane: 'wasm' }, silently);
    } catch (cause) {
      await down(this.#name).catch(silently);
      const { message } = cause as Error;
      throw new UsageError(`${message}. ${WITHOUT_NAMESPACES}`, { cause });
    }
  }

  async join() {
    const { host, pods } = await joinHost(this.#standing, 'wasm', silently);
    return { host, pod: pods[0]! };
  }

  leave(host: string): Promise<void> {
    return leave(this.#standing, host);
  }

  async clear(): Promise<void> {
    await down(this.#name);
  }

  async output(host: string, command: readonly string[]): Promise<string> {
    const { stdout } = await exec('ip', ['netns', 'exec', netnsOf(this.#standing, host), ...command]);
    return stdout;
  }

  async tunnels(host: string): Promise<Tunnel[]> {
    const desired = (await askAgent(agentSocket(this.#name, host), '/desired')) as DesiredState[];
    return desired.flatMap(({ rows }) => rows).filter((row) => row.kind === 'tunnel');
  }

  async ping(from: DemoPod, to: DemoPod, choice: PingChoice): Promise<number[]> {
    const replies = await pingFrom(netnsOf(this.#standing, from.name), to.address, choice);
    return replies.map(({ rttMs }) => rttMs);
  }

  async tcp(from: DemoPod, to: DemoPod): Promise<TcpResult> {
    const [source, netns] = [from, to].map(({ name }) => netnsOf(this.#standing, name)) as [string, string];
    const { sent, received } = await transfer(source, { netns, address: to.address }, TRANSFER_MEGABYTES);
    const { bytes, seconds, sha256 } = received;
    return { bytes, seconds, isWhole: sent.sha256 === sha256 };
  }

  way(from: DemoPod, to: DemoPod): Promise<Hop[]> {
    return captureWay(this.#standing, from, to);
  }

  get #standing(): LabState {
    if (this.#state === undefined) throw new Error('the stage is not open yet');
    return this.#state;
  }
}
