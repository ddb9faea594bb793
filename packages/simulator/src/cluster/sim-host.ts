/** A simulated host: a namespace with a card on the underlay, its agent's node loop, and its pods. */
import { attachPod, detachPod, type PodAddress } from '@podlan/cni/attach';
import {
  type Backend,
  cleanup,
  createBackend,
  type Dataplane,
  type DesiredState,
  forwardChain,
  type MemoryLeaseStore,
  masqueradeChain,
  type NodeState,
  type RunningNode,
  runNode,
} from '@podlan/fabric';
import { nthAddress } from '@podlan/linux/prefix';
import {
  familyOf,
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  type MacAddress,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';
import { Nic } from '../devices/nic.js';
import type { Netns } from '../kernel/netns.js';
import { SimKernel } from '../sim-kernel.js';
import type { SimNetwork } from '../sim-network.js';
import { onUnderlay, type Segment, UNDERLAY_MTU, type Underlay } from './underlay.js';

/** A pod with its namespace and addresses. */
export interface SimPod {
  readonly name: string;
  readonly host: string;
  readonly netns: Netns;
  readonly addresses: readonly IpAddress[];
}

/** What a host is made of. */
export interface SimHostOptions {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
  readonly segment: Segment;
  readonly network: SimNetwork;
  readonly store: MemoryLeaseStore;
  readonly dataplane: Dataplane;
  readonly ipMasq: boolean;
  /** How many peers there may be. */
  readonly peers: number;
}

interface Agent {
  readonly node: RunningNode;
  readonly stop: AbortController;
}

/**
 * Made by `SimCluster`.
 * @example
 * ```ts
 * import { rowKey } from '@podlan/linux/model';
 * import { SimCluster } from '@podlan/simulator';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * const host = await cluster.join();
 * host.addresses; // => ['192.168.77.11']
 * host.desired().flatMap(({ rows }) => rows.map(rowKey)).slice(0, 2);
 * // => ['link flannel.1', 'address flannel.1 10.244.1.0/32']
 * await host.addPod();
 * await host.removePod('pod-a1');
 *
 * await host.killAgent();
 * host.state; // => undefined
 * host.startAgent();
 * await cluster.settled(() => host.state?.ready === true);
 * await host.leave();
 * ```
 */
export class SimHost {
  readonly name: string;
  readonly netns: Netns;
  readonly card: Nic;
  /** Of anybody's hand but the agent's. */
  readonly kernel: SimKernel;
  readonly pods: SimPod[] = [];
  /** What its agent said, a line each. */
  readonly log: string[] = [];
  readonly #options: SimHostOptions;
  readonly #agentsKernel: SimKernel;
  readonly #store: MemoryLeaseStore;
  readonly #backend: Backend;
  #agent: Agent | undefined;
  #podsEver = 0;

  constructor(options: SimHostOptions) {
    const { name, network, addresses } = options;
    const { medium, underlays } = options.segment;
    this.#options = options;
    this.name = name;
    this.netns = network.addNetns(name);
    this.card = new Nic(this.netns, { name: 'eth0', mac: network.nextMac(), mtu: UNDERLAY_MTU, up: true });
    medium.plug(this.card);
    this.netns.addDevice(this.card);
    for (const [i, address] of addresses.entries()) this.#configure(address, underlays[i]!);
    this.kernel = new SimKernel(network, name);
    this.#agentsKernel = new SimKernel(network, name, { tunnels: options.peers });
    this.#store = options.store.client();
    this.#backend = this.#makeBackend();
  }

  /** On the underlay, one of each family. */
  get addresses(): readonly IpAddress[] {
    return this.#options.addresses;
  }

  /** What its agent believes; undefined while none runs. */
  get state(): NodeState | undefined {
    return this.#agent?.node.state();
  }

  /** The rows its agent wants there to be; none while none runs. */
  desired(): DesiredState[] {
    return this.#agent?.node.desired() ?? [];
  }

  /** Starts its agent. A node that can't go on says so in `log`. */
  startAgent(): void {
    if (this.#agent !== undefined) return;
    const { store, network, ipMasq } = this.#options;
    const stop = new AbortController();
    const networks = store.config.networks.map((one) => one.network);
    const say = (message: string) => void this.log.push(message);
    const node = runNode({
      ...{ kernel: this.#agentsKernel, store: this.#store, backend: this.#backend },
      ...{ clock: network.clock, signal: stop.signal, log: { info: say, warn: say, error: say } },
      hostRows: ({ subnets }) => [
        ...(ipMasq ? [masqueradeChain({ networks, subnets })] : []),
        forwardChain(networks),
      ],
    });
    node.finished.catch((error: Error) => say(error.message));
    this.#agent = { node, stop };
  }

  /** Its agent ends, and everything it made stays. On the wasm dataplane nobody carries packets any more. */
  async killAgent(): Promise<void> {
    const agent = this.#agent;
    this.#agent = undefined;
    agent?.stop.abort();
    await agent?.node.finished.catch(() => {});
    const rows = await this.kernel.snapshot({
      devices: [...this.netns.devices].map(({ name }) => name),
      sysctls: [],
      chains: false,
    });
    const forwarders = rows.filter(({ kind }) => kind === 'forwarder');
    await this.kernel.apply(forwarders.map((row) => ({ op: 'delete', row })));
  }

  /** A pod named after the host: `pod-a1` on `host-a`. Rejects where the host has no subnet yet. */
  async addPod(): Promise<SimPod> {
    const lease = this.state?.lease;
    if (lease === undefined) throw new Error(`${this.name} has no subnet yet`);
    const { network, store } = this.#options;
    const number = ++this.#podsEver;
    const name = `${this.name.replace(/^host-/, 'pod-')}${number}`;
    const netns = network.addNetns(name);
    const addresses = lease.subnets.map((subnet) => podAddress(subnet, number + 1));
    await attachPod({
      ...{ host: this.kernel, pod: new SimKernel(network, name), podNetns: name, hostVeth: `veth${number}` },
      ...{ addresses, networks: store.config.networks.map((one) => one.network), mtu: this.#backend.mtu },
    });
    const pod = {
      name,
      host: this.name,
      netns,
      addresses: addresses.map(({ address }) => prefixAddress(address)),
    };
    this.pods.push(pod);
    return pod;
  }

  /** Takes a pod away. */
  async removePod(name: string): Promise<void> {
    const at = this.pods.findIndex((pod) => pod.name === name);
    if (at < 0) throw new RangeError(`expected a pod of ${this.name}, got ${name}`);
    const number = name.replace(/^.*?(\d+)$/, '$1');
    await detachPod({ host: this.kernel, hostVeth: `veth${number}` });
    this.#options.network.deleteNetns(name);
    this.pods.splice(at, 1);
  }

  /** Its pods, its rows and its lease go, and then the host. */
  async leave(): Promise<void> {
    for (const { name } of [...this.pods]) await this.removePod(name);
    await this.killAgent();
    await cleanup({ kernel: this.kernel, store: this.#store, backend: this.#backend });
    const { segment, network } = this.#options;
    segment.medium.unplug(this.card);
    network.deleteNetns(this.name);
  }

  #configure(address: IpAddress, underlay: Underlay): void {
    const { gateway: via, anywhere: prefix } = underlay;
    this.netns.addAddress('eth0', onUnderlay(address, underlay));
    this.netns.fib.set({ prefix, via, dev: 'eth0', type: 'unicast', metric: familyOf(via) === 4 ? 0 : 1024 });
  }

  #makeBackend(): Backend {
    const { store, addresses, dataplane, segment, network } = this.#options;
    const onLink: IpPrefix[] = segment.underlays.map(({ prefix }) => prefix);
    const node = { publicIps: addresses, externalInterface: { name: 'eth0', mtu: UNDERLAY_MTU }, onLink };
    const randomMac = (): MacAddress => network.nextMac();
    return createBackend({ config: store.config, node, dataplane, randomMac });
  }
}

/** The gateway is the first address of the subnet, pods have those that follow. */
function podAddress(subnet: IpPrefix, number: number): PodAddress {
  const inSubnet = (n: number) => `${nthAddress(subnet, n)}/${prefixLength(subnet)}` as InterfaceAddress;
  return { address: inSubnet(number), gateway: inSubnet(1) };
}
