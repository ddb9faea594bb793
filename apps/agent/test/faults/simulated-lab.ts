/** A simulated cluster in the place of a lab, for faults that are made and mended by commands alone. */
import { CommandError, SimCluster } from '@podlan/simulator';
import type { FaultGround, FaultLab } from './fault.js';
import { vethOf } from './fault-lab.js';

const IPV4 = { Network: '10.244.0.0/16' };
const DUAL = { ...IPV4, EnableIPv6: true, IPv6Network: 'fd00:244::/48' };

export class SimulatedLab implements FaultGround {
  readonly name = 'simulated';
  readonly cluster: SimCluster;
  readonly #aliases = new Map<string, string>();

  private constructor(cluster: SimCluster) {
    this.cluster = cluster;
  }

  static async start({ backend, dataplane, family, hosts, agents }: FaultLab): Promise<SimulatedLab> {
    const config = { ...(family === 'dual' ? DUAL : IPV4), Backend: { Type: backend } };
    const lab = new SimulatedLab(new SimCluster({ config, dataplane }));
    for (let i = 0; i < hosts; i++) await lab.cluster.join();
    // A bridge whose only port is down has no carrier, which is told first.
    for (const host of lab.cluster.hosts) for (const _ of ['first', 'second']) await host.addPod();
    await lab.cluster.clock.advance(2000);
    if (agents === 'stopped') for (const host of lab.cluster.hosts) await host.killAgent();
    return lab;
  }

  get state() {
    return { hosts: this.cluster.hosts, pods: this.cluster.pods };
  }

  async kill(host: string): Promise<void> {
    await this.cluster.host(host).killAgent();
  }

  async restart(name: string): Promise<void> {
    const host = this.cluster.host(name);
    host.startAgent();
    await this.cluster.settled(() => host.state?.ready === true);
  }

  /** The commands as they are, but for what only the shell of a lab knows. */
  async sh(place: string, commands: readonly string[]): Promise<string> {
    return commands.map((command) => this.#line(place, this.#withVeths(command))).join('\n');
  }

  #line(place: string, command: string): string {
    const [, line, mayFail] = /^(.*?)(?: 2>\/dev\/null)?( \|\| true)?$/.exec(command)!;
    const alias = /^ip link set dev (\S+) alias (\S+)$/.exec(line!);
    if (alias !== null) {
      this.#aliases.set(`${place} ${alias[1]}`, alias[2]!);
      return '';
    }
    const shown = /^ip -j link show dev (\S+)$/.exec(line!);
    if (shown !== null) return this.#linkJson(place, shown[1]!);
    try {
      return this.cluster.run(place, line!).join('\n');
    } catch (error) {
      if (mayFail !== undefined && error instanceof CommandError) return '';
      throw error;
    }
  }

  #linkJson(place: string, dev: string): string {
    const [, mac] = /link\/ether (\S+)/.exec(this.cluster.run(place, `ip link show dev ${dev}`).join('\n'))!;
    return JSON.stringify([{ address: mac, ifalias: this.#aliases.get(`${place} ${dev}`) }]);
  }

  /** Every host calls the veth of its first pod veth1. */
  #withVeths(command: string): string {
    return this.cluster.pods.reduce((text, { name }) => text.replaceAll(vethOf(name), 'veth1'), command);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cluster.stop();
  }
}
