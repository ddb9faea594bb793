/** A cluster in memory: hosts on a switch, each with a node loop on a simulated kernel, and the leases they share. */
import { type Dataplane, MemoryLeaseStore, type NetworkConfig, parseNetworkConfig } from '@podlan/fabric';
import { familyOf } from '@podlan/wire';
import { Nic, Switch } from '../devices/nic.js';
import type { Netns } from '../kernel/netns.js';
import type { NetworkPlace } from '../network-place.js';
import { runCommand } from '../shell/run-command.js';
import { SimNetwork } from '../sim-network.js';
import { type ProbeOptions, type ProbeResult, probe } from '../trace/probe.js';
import { SimHost, type SimPod } from './sim-host.js';
import {
  hostLetter,
  MOST_SEGMENTS,
  onUnderlay,
  type Segment,
  SMALL_CLUSTER,
  UNDERLAY_MTU,
  underlay,
} from './underlay.js';

/** What a cluster is made of. */
export interface SimClusterOptions {
  /** flannel's net-conf.json, text or object; the lab's unless told. */
  readonly config?: unknown;
  readonly seed?: number;
  /** What carries vxlan packets on hosts that say nothing; the configuration's `Dataplane`, or wasm, unless told. */
  readonly dataplane?: Dataplane;
  readonly ipMasq?: boolean;
  /** How many hosts there may be; 240 unless told. */
  readonly mostHosts?: number;
  /**
   * Into how many broadcast domains the hosts are dealt out, one after the other; a router joins them. One unless told: all
   * hosts are on one switch.
   */
  readonly segments?: number;
}

/** How long a host may take to come up, in simulated milliseconds. */
const READY_MS = 60_000;
const STEP_MS = 100;
const LAB_CONFIG = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };

/**
 * Hosts that join and leave, pods, and packets between them.
 * @example
 * ```ts
 * import { SimCluster } from '@podlan/simulator';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * const [a, b] = [await cluster.join(), await cluster.join()];
 * const [from, to] = [await a.addPod(), await b.addPod()];
 * [from.name, ...from.addresses]; // => ['pod-a1', '10.244.1.2']
 * [to.name, ...to.addresses]; // => ['pod-b1', '10.244.2.2']
 * const destination = to.addresses[0]!;
 * const { answered, hops } = cluster.probe('pod-a1', { destination });
 * answered; // => true
 * hops.filter(({ event }) => event === 'encapsulate').map(({ netns, row }) => `${netns} ${row?.table}`);
 * // => ['host-a fdb', 'host-b fdb']
 *
 * cluster.run('host-a', 'ip route get 10.244.2.2')[0]; // => '10.244.2.2 via 10.244.2.0 dev flannel.1 src 10.244.1.0 uid 0'
 *
 * cluster.cut('host-b');
 * cluster.probe('pod-a1', { destination }).lost?.reason; // => 'no-carrier'
 * cluster.mend('host-b');
 *
 * const third = cluster.addHost('wasm');
 * await cluster.settled(() => third.state?.ready === true);
 * await cluster.leave('host-b');
 * cluster.hosts.map(({ name }) => name); // => ['host-a', 'host-c']
 * cluster.pods.map(({ name }) => name); // => ['pod-a1']
 * cluster.places.map(({ name }) => name); // => ['host-a', 'pod-a1', 'host-c', 'underlay']
 * cluster.host('host-c').name; // => 'host-c'
 * cluster.config.backend.type; // => 'vxlan'
 * await cluster.clock.advance(1000);
 * await cluster.stop();
 * ```
 */
export class SimCluster {
  readonly network: SimNetwork;
  readonly store: MemoryLeaseStore;
  /** What joins the hosts, or those of each segment. */
  readonly switches: readonly Switch[];
  /** The router of the underlay, and all that is outside. */
  readonly outside: Netns;
  readonly #options: SimClusterOptions;
  readonly #hosts = new Map<string, SimHost>();
  readonly #segments: readonly Segment[];
  readonly #mostHosts: number;
  #hostsEver = 0;

  /** Throws LeaseError `bad-config` for a configuration that is none, RangeError for segments that can't be. */
  constructor(options: SimClusterOptions = {}) {
    const { config = LAB_CONFIG, seed = 1, mostHosts = SMALL_CLUSTER, segments = 1 } = options;
    requireSegments(segments, mostHosts);
    this.#options = options;
    this.#mostHosts = mostHosts;
    const parsed = parseNetworkConfig(config);
    this.network = new SimNetwork({ seed });
    this.store = new MemoryLeaseStore({ config: parsed, clock: this.network.clock });
    this.#segments = Array.from({ length: segments }, (_, segment) => ({
      medium: new Switch(this.network.clock, this.network.random),
      underlays: parsed.networks.map(({ network }) => underlay(familyOf(network), mostHosts, segment)),
    }));
    this.switches = this.#segments.map(({ medium }) => medium);
    this.outside = this.#makeOutside();
  }

  /** As it was read. */
  get config(): NetworkConfig {
    return this.store.config;
  }

  /** Of everything in it. */
  get clock() {
    return this.network.clock;
  }

  /** Those that are there, in the order in which they came. */
  get hosts(): SimHost[] {
    return [...this.#hosts.values()];
  }

  /** Of all hosts. */
  get pods(): SimPod[] {
    return this.hosts.flatMap(({ pods }) => pods);
  }

  /** Hosts and pods, and the router outside. */
  get places(): NetworkPlace[] {
    const hosts = this.hosts.flatMap(({ name, netns, addresses, pods }) => [
      { name, node: name, kind: 'host' as const, netns, addresses },
      ...pods.map((pod) => ({ ...pod, node: name, kind: 'pod' as const })),
    ]);
    const { outside } = this;
    const router = { name: outside.name, node: outside.name, kind: 'host' as const, netns: outside };
    const underlays = this.#segments.flatMap((segment) => segment.underlays);
    return [...hosts, { ...router, addresses: underlays.map(({ gateway }) => gateway) }];
  }

  /** By its name. Throws RangeError where there is none. */
  host(name: string): SimHost {
    const host = this.#hosts.get(name);
    if (host !== undefined) return host;
    throw new RangeError(`expected a host of ${[...this.#hosts.keys()].join(', ') || 'none'}, got ${name}`);
  }

  /** A host with its agent, which is not waited for. */
  addHost(dataplane?: Dataplane): SimHost {
    const index = this.#hostsEver;
    if (index >= this.#mostHosts)
      throw new RangeError(`expected at most ${this.#mostHosts} hosts, asked for one more`);
    this.#hostsEver++;
    const segment = this.#segments[index % this.#segments.length]!;
    const host = new SimHost({
      name: `host-${hostLetter(index)}`,
      addresses: segment.underlays.map((one) => one.address(index)),
      segment,
      network: this.network,
      store: this.store,
      dataplane: this.#dataplaneOf(dataplane),
      ipMasq: this.#options.ipMasq ?? false,
      peers: this.#mostHosts + 1,
    });
    this.#hosts.set(host.name, host);
    host.startAgent();
    return host;
  }

  /** As {@link addHost}; resolves once the host is ready. Rejects where it does not become so. */
  async join(dataplane?: Dataplane): Promise<SimHost> {
    const host = this.addHost(dataplane);
    try {
      await this.settled(() => host.state?.ready === true, `${host.name} to be ready`);
    } catch (cause) {
      throw new Error(`${(cause as Error).message}; it said last: ${host.log.at(-1) ?? 'nothing'}`, {
        cause,
      });
    }
    return host;
  }

  /** A host goes, with its pods and its lease, and the others learn of it. */
  async leave(name: string): Promise<void> {
    const host = this.host(name);
    this.#hosts.delete(name);
    await host.leave();
    await this.clock.advance(STEP_MS);
  }

  /** Cuts a host's cable: nothing reaches it, and nothing leaves it. */
  cut(name: string): void {
    this.host(name).card.cable.cut = true;
  }

  /** A cable that was cut carries again. */
  mend(name: string): void {
    this.host(name).card.cable.cut = false;
  }

  /** Moves time until `condition` holds. Rejects where it does not within a minute. */
  async settled(condition: () => boolean, what = 'the condition to hold'): Promise<void> {
    const untilMs = this.clock.nowMs() + READY_MS;
    while (!condition()) {
      if (this.clock.nowMs() >= untilMs)
        throw new Error(`expected ${what} within ${READY_MS / 1000} simulated s`);
      await this.clock.advance(STEP_MS);
    }
  }

  /** Sends a packet from a host or pod, and follows it. Throws RangeError where there is no such one. */
  probe(from: string, options: ProbeOptions): ProbeResult {
    return probe(this.#netnsOf(from), options);
  }

  /** Runs a command on a host or in a pod, as `runCommand` does. Throws RangeError where there is no such place. */
  run(at: string, line: string): string[] {
    return runCommand(this.#netnsOf(at), line);
  }

  #netnsOf(name: string): Netns {
    const netns = this.network.netns(name);
    if (netns === undefined) throw new RangeError(`expected a host or pod of the cluster, got ${name}`);
    return netns;
  }

  /** Ends all agents. */
  async stop(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.killAgent()));
  }

  #dataplaneOf(asked = this.#options.dataplane): Dataplane {
    const { backend } = this.config;
    if (backend.type === 'host-gw') return 'kernel';
    if (backend.type === 'udp') return 'wasm';
    return asked ?? backend.dataplane ?? 'wasm';
  }

  #makeOutside(): Netns {
    const netns = this.network.addNetns('underlay');
    netns.sysctls.set('net/ipv4/ip_forward', '1');
    netns.sysctls.set('net/ipv6/conf/all/forwarding', '1');
    for (const [i, { medium, underlays }] of this.#segments.entries()) {
      const name = `br${i}`;
      const card = new Nic(netns, { name, mac: this.network.nextMac(), mtu: UNDERLAY_MTU, up: true });
      medium.plug(card);
      netns.addDevice(card);
      for (const one of underlays) netns.addAddress(name, onUnderlay(one.gateway, one));
    }
    return netns;
  }
}

function requireSegments(segments: number, mostHosts: number): void {
  const most = mostHosts > SMALL_CLUSTER ? 1 : MOST_SEGMENTS;
  if (Number.isInteger(segments) && segments >= 1 && segments <= most) return;
  const why = most === 1 ? `for more than ${SMALL_CLUSTER} hosts` : 'one after the other';
  throw new RangeError(`segments: expected 1 to ${most} ${why}, got ${segments}`);
}
