/** A lab that is disturbed: its hosts, what the store says of them, and whether all is as it should be. */
import { join } from 'node:path';
import type { Lease } from '@podlan/fabric';
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { findHost, type LabHost, labDirectory } from '../../dist/lab/lab-state.js';
import { isAlive, type TestLab } from '../test-lab.js';
import { actualState, expectedState, type Node } from './host-state.js';

type Store = Awaited<ReturnType<typeof openSqliteStore>>;

export class DisturbedCluster implements AsyncDisposable {
  readonly lab: TestLab;
  /** Hosts whose firewall drops what is forwarded. */
  readonly dropping = new Set<string>();
  readonly #store: Store;

  private constructor(lab: TestLab, store: Store) {
    this.lab = lab;
    this.#store = store;
  }

  static async of(lab: TestLab): Promise<DisturbedCluster> {
    return new DisturbedCluster(
      lab,
      await openSqliteStore({ path: join(labDirectory(lab.name), 'leases.db') }),
    );
  }

  get hosts(): readonly LabHost[] {
    return this.lab.state.hosts;
  }

  get storePath(): string {
    return join(labDirectory(this.lab.name), 'leases.db');
  }

  /** Runs a command on a host; what it says of things that are not there is no matter. */
  async sh(host: string, command: string): Promise<void> {
    await this.lab.in(host, 'sh', '-c', command);
  }

  async kill(host: string, signal: NodeJS.Signals): Promise<void> {
    if (isAlive(findHost(this.lab.state, host).pid)) await this.lab.kill(host, signal);
  }

  async lease(host: string): Promise<Lease> {
    const { address } = findHost(this.lab.state, host);
    return (await this.#store.list()).find((lease) => underlayOf(lease) === address)!;
  }

  /** As another implementation would, while the host's own agent is away. */
  async publish(lease: Lease, mac: string): Promise<void> {
    const [endpoint] = lease.attributes.endpoints;
    const endpoints = [{ ...endpoint!, data: { VNI: 1, VtepMAC: mac } }];
    await this.#store.renew({ ...lease, attributes: { ...lease.attributes, endpoints } });
  }

  /** What is not as it should be, a line each: `-` is missing, `+` should not be there. */
  async problems(): Promise<string[]> {
    const leases = await this.#store.list();
    const nodes = leases.flatMap((lease) => this.#nodeOf(lease) ?? []);
    const strangers = leases.length - nodes.length;
    if (strangers > 0) return [`${strangers} leases of no host`];
    const ofHosts = await Promise.all(this.hosts.map((host) => this.#problemsOf(host, nodes)));
    return ofHosts.flat();
  }

  /** Pods that can't reach one another, of all pairs or of those given. */
  async unreached(pairs = this.pairs()): Promise<string[]> {
    const tried = pairs.map(async ([from, to]) =>
      (await this.lab.reaches(from, to)) ? [] : [`${from} does not reach ${to}`],
    );
    return (await Promise.all(tried)).flat();
  }

  /** Every pod with every pod of another host. */
  pairs(): [string, string][] {
    const { pods } = this.lab.state;
    return pods.flatMap((from) =>
      pods.flatMap((to): [string, string][] => (from.host === to.host ? [] : [[from.name, to.name]])),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close();
  }

  #nodeOf(lease: Lease): Node | undefined {
    const host = this.hosts.find(({ address }) => address === underlayOf(lease));
    const { VtepMAC: mac } = lease.attributes.endpoints[0]!.data as { VtepMAC: string };
    const subnet = lease.subnets[0]!.split('/')[0]!;
    return host && { name: host.name, dataplane: host.dataplane, underlay: host.address, subnet, mac };
  }

  async #problemsOf({ name }: LabHost, nodes: readonly Node[]): Promise<string[]> {
    const own = nodes.find((node) => node.name === name);
    if (own === undefined) return [`${name} has no lease`];
    const expected = expectedState(own, nodes, this.dropping.has(name));
    const actual = await actualState((...command) => this.lab.in(name, ...command));
    return [
      ...without(expected, actual).map((line) => `${name} - ${line}`),
      ...without(actual, expected).map((line) => `${name} + ${line}`),
    ];
  }
}

const underlayOf = (lease: Lease): string => lease.attributes.endpoints[0]!.publicIp;

/** What of `lines` is not in `others`, one for one. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
