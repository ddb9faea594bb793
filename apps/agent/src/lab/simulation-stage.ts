/** The demo's stage in memory: the same node loop, backends and WASM forwarder, on simulated kernels and a simulated clock. */
import type { Tunnel } from '@podlan/linux/model';
import { SimCluster, type Hop as SimHop, type SimHost } from '@podlan/simulator';
import { parseIpAddress, summarize } from '@podlan/wire';
import {
  type DemoPod,
  type DemoStage,
  type Hop,
  type PingChoice,
  type Place,
  placesBetween,
  type TcpResult,
} from './demo-stage.js';

/** One way through the cable of one host. */
const CABLE_MS = 0.25;
/** How long a host may take to be ready, in simulated milliseconds. */
const READY_MS = 60_000;
/** For the others to hear of a host that left. */
const NEWS_MS = 100;
const TCP_PORT = 7777;

export class SimulationStage implements DemoStage {
  readonly kind = 'simulation';
  #cluster = newCluster();

  get hosts() {
    return this.#cluster.hosts.map(({ name, addresses }) => ({ name, address: addresses[0]! }));
  }

  get pods(): DemoPod[] {
    return this.#cluster.pods.map(({ name, host, addresses }) => ({ name, host, address: addresses[0]! }));
  }

  nowMs(): number {
    return this.#cluster.clock.nowMs();
  }

  async open(): Promise<void> {
    this.#cluster = newCluster();
  }

  async join() {
    const host = this.#cluster.addHost();
    host.card.cable.delayMs = CABLE_MS;
    await this.#ready(host);
    await host.addPod();
    return { host: this.hosts.at(-1)!, pod: this.pods.at(-1)! };
  }

  /** Looks every millisecond: `SimCluster.join` looks too seldom for a time that is shown. */
  async #ready(host: SimHost): Promise<void> {
    const { clock } = this.#cluster;
    const untilMs = clock.nowMs() + READY_MS;
    for (await clock.advance(0); host.state?.ready !== true; await clock.advance(1)) {
      if (clock.nowMs() > untilMs)
        throw new Error(`${host.name} did not become ready: ${host.log.join('; ')}`);
    }
  }

  async leave(host: string): Promise<void> {
    await this.#cluster.leave(host);
    await this.#cluster.clock.advance(NEWS_MS);
  }

  clear(): Promise<void> {
    return this.#cluster.stop();
  }

  async output(host: string, command: readonly string[]): Promise<string> {
    return `${this.#cluster.run(host, command.join(' ')).join('\n')}\n`;
  }

  async tunnels(host: string): Promise<Tunnel[]> {
    const { kernel } = this.#cluster.host(host);
    const rows = await kernel.snapshot({ devices: ['flannel.1'], sysctls: [], chains: false });
    return rows.filter((row) => row.kind === 'tunnel');
  }

  async ping(from: DemoPod, to: DemoPod, { count, intervalMs, first }: PingChoice): Promise<number[]> {
    const replies: number[] = [];
    for (let sent = 0; sent < count && !(first && replies.length > 0); sent++) {
      if (sent > 0) await this.#cluster.clock.advance(intervalMs);
      const took = this.#roundTrip(from, to, { waitMs: intervalMs });
      if (took !== undefined) replies.push(took);
    }
    return replies;
  }

  async tcp(from: DemoPod, to: DemoPod): Promise<TcpResult> {
    this.#cluster.network.netns(to.name)!.sockets.listenTcp({ port: TCP_PORT });
    const handshakeMs = this.#roundTrip(from, to, { protocol: 'tcp', destinationPort: TCP_PORT });
    if (handshakeMs === undefined) throw new Error(`${to.name} did not take the connection`);
    return { handshakeMs };
  }

  #roundTrip(from: DemoPod, to: DemoPod, options: object): number | undefined {
    const { answered, hops } = this.#probe(from, to, options);
    return answered ? hops.at(-1)!.atMs - hops[0]!.atMs : undefined;
  }

  #probe(from: DemoPod, to: DemoPod, options: object = {}) {
    return this.#cluster.probe(from.name, { destination: parseIpAddress(to.address)!, ...options });
  }

  async way(from: DemoPod, to: DemoPod): Promise<Hop[]> {
    const { hops } = this.#probe(from, to);
    return placesBetween(from, to).map((place) => ({ place: place.name, frame: seenAt(place, hops) }));
  }
}

function newCluster(): SimCluster {
  return new SimCluster({ dataplane: 'wasm' });
}

/** What a card sends is what the port at the other end of its cable takes in. */
function seenAt({ name, of, device }: Place, hops: readonly SimHop[]): Uint8Array {
  const [netns, dev] = of === 'underlay' ? [device, 'eth0'] : [of, device];
  const seen = hops.find(
    (hop) => hop.isFrame && hop.netns === netns && hop.device === dev && isEchoRequest(hop),
  );
  if (seen === undefined) throw new Error(`the echo request was not seen at ${name}`);
  return seen.before;
}

const isEchoRequest = ({ event, before }: SimHop): boolean =>
  (event === 'transmit' || event === 'receive') && summarize(before).includes('echo request');
