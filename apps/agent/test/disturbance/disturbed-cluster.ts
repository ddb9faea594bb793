/** A lab that is disturbed: its hosts, what the store says of them, and whether all is as it should be. */
import { findHost, type LabHost } from '../../dist/lab/lab-state.js';
import { isAlive, type TestLab } from '../test-lab.js';
import { actualState, expectedState, type Node } from './host-state.js';
import { leasesOf, type StoreLeases } from './store-leases.js';

export class DisturbedCluster {
  readonly lab: TestLab;
  /** Hosts whose firewall drops what is forwarded. */
  readonly dropping = new Set<string>();
  readonly #leases: StoreLeases;

  constructor(lab: TestLab) {
    this.lab = lab;
    this.#leases = leasesOf(lab);
  }

  get hosts(): readonly LabHost[] {
    return this.lab.state.hosts;
  }

  /** Runs a command on a host; what it says of things that are not there is no matter. */
  async sh(host: string, command: string): Promise<void> {
    await this.lab.in(host, 'sh', '-c', command);
  }

  async kill(host: string, signal: NodeJS.Signals): Promise<void> {
    if (isAlive(findHost(this.lab.state, host).pid)) await this.lab.kill(host, signal);
  }

  /** As another implementation would, while the host's own agent is away. */
  async publish(host: string, mac: string): Promise<void> {
    await this.#leases.publish(findHost(this.lab.state, host).address, mac);
  }

  /** What is not as it should be, a line each: `-` is missing, `+` should not be there. */
  async problems(): Promise<string[]> {
    const leases = await this.#leases.list();
    const nodes = this.hosts.flatMap(({ name, dataplane, address }): Node[] =>
      leases.filter(({ underlay }) => underlay === address).map((lease) => ({ ...lease, name, dataplane })),
    );
    if (leases.length !== nodes.length) return [`${leases.length} leases for ${nodes.length} nodes`];
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

/** What of `lines` is not in `others`, one for one. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
