/** One node on one kernel, peers that are leases in its store, and what should be where it runs. */
import { type Change, diff, type Kernel, type Row, rowText, scopeOf } from '@podlan/linux/model';
import { parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { expect } from 'vitest';
import {
  cleanup,
  createBackend,
  type Dataplane,
  type Lease,
  MemoryLeaseStore,
  parseNetworkConfig,
  type RunningNode,
  runNode,
} from '../src/index.js';
import type { Place } from './places.js';

export const ON_LINK = ['192.168.1.0/24', 'fd00:77::/64'];

export interface Case {
  readonly name: string;
  readonly network: object;
  readonly backend: object;
  readonly dataplane?: Dataplane;
  /** The row that leads to a peer's subnet; a route unless said. */
  readonly reach?: Row['kind'];
}

/** The node under test, and what should be where it runs. */
export class NodeBench {
  readonly #case: Case;
  readonly #place: Place;
  readonly #passes: number;
  readonly #store: MemoryLeaseStore;
  #node: { running: RunningNode; stop: AbortController } | undefined;
  #onLink = ON_LINK;

  constructor(given: Case, place: Place, passes: number) {
    this.#case = given;
    this.#place = place;
    this.#passes = passes;
    this.#store = new MemoryLeaseStore({ config: this.#config(), clock: place.clock });
  }

  get kernel(): Kernel {
    return this.#place.kernel;
  }

  get state() {
    return this.#node!.running.state();
  }

  #config() {
    return parseNetworkConfig({ ...this.#case.network, Backend: this.#case.backend });
  }

  backend(host: number, mac = `02:00:00:00:00:0${host}`) {
    const publicIps = [`192.168.1.${host}`, `fd00:77::${host}`].map((text) => parseIpAddress(text)!);
    const onLink = this.#onLink.map((text) => parseIpPrefix(text)!);
    return createBackend({
      config: this.#config(),
      node: { publicIps, externalInterface: { name: 'eth0', mtu: 1500 }, onLink },
      dataplane: this.#case.dataplane ?? 'kernel',
      randomMac: () => parseMacAddress(mac)!,
    });
  }

  /** Peer `host`, by default at its own address and with its own MAC. */
  peer(host: number, { at = host, mac }: { at?: number; mac?: string } = {}): Lease {
    const all = [`10.244.${host}.0/24`, `fd00:244:0:${host}::/64`].map((text) => parseIpPrefix(text)!);
    const families = this.#config().networks.map(({ network }) => network.includes(':'));
    const subnets = all.filter((subnet) => families.includes(subnet.includes(':')));
    return { subnets, attributes: this.backend(at, mac).leaseAttributes(undefined) };
  }

  put(...leases: Lease[]): void {
    for (const lease of leases) this.#store.put(lease);
  }

  remove(lease: Lease): void {
    this.#store.delete(lease);
  }

  start(): void {
    const stop = new AbortController();
    const { kernel, clock } = this.#place;
    const options = { kernel, clock, store: this.#store, backend: this.backend(1), signal: stop.signal };
    this.#node = { stop, running: runNode(options) };
  }

  rehost(onLink: string[]): void {
    this.#onLink = onLink;
    this.#node!.running.rehost(this.backend(1));
  }

  async stop(): Promise<void> {
    this.#node?.stop.abort();
    await this.#node?.running.finished;
    this.#node = undefined;
  }

  async until(good: () => boolean | Promise<boolean>, seen: () => unknown): Promise<void> {
    for (let pass = 0; pass < this.#passes; pass++) {
      if (await good()) return;
      await this.#place.pass();
    }
    expect.fail(JSON.stringify(await seen(), null, 1));
  }

  /** Waits for exactly the host's rows and those of `peers`, and returns them. */
  async settled(...peers: Lease[]): Promise<Row[]> {
    await this.until(
      () => this.#node?.running.state().ready === true,
      () => this.state,
    );
    const own = this.state.lease!;
    const backend = this.backend(1);
    const rows = [...backend.hostState(own), ...peers.flatMap((peer) => backend.peerState(own, peer))];
    let left: Change[] = [];
    await this.until(
      async () => {
        left = diff(await this.kernel.snapshot(scopeOf([...backend.hostState(own)])), rows);
        return left.length === 0;
      },
      () => ({ left: left.map(({ op, row }) => `${op} ${rowText(row)}`), state: this.state }),
    );
    return rows;
  }

  /** With another's hand. */
  async by(op: Change['op'], rows: readonly Row[]): Promise<void> {
    const { kernel, other = kernel } = this.#place;
    expect(await other.apply(rows.map((row) => ({ op, row })))).toEqual([]);
  }

  async cleanup() {
    const result = await cleanup({ kernel: this.kernel, store: this.#store, backend: this.backend(1) });
    return { ...result, left: await this.kernel.snapshot(scopeOf(this.backend(1).hostState(this.peer(1)))) };
  }
}
