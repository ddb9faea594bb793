/** A simulated namespace as a `Kernel`: rows in, rows out, and what others do wakes the watchers. */
import {
  type Change,
  defaultMetric,
  deviceOf,
  type Failure,
  isInScope,
  type Kernel,
  ROUTE_PROTOCOL,
  type Route,
  type Row,
  type Scope,
  type Table,
} from '@podlan/linux/model';
import { familyOf } from '@podlan/wire';
import { ForwarderProgram } from './devices/forwarder-program.js';
import { Tun } from './devices/tun.js';
import { Vxlan } from './devices/vxlan.js';
import { routeRow, TABLE_MAIN } from './kernel/fib.js';
import { isIpv6Off, setSysctl } from './kernel/ipv6-switch.js';
import type { Netns } from './kernel/netns.js';
import { requireNextHop } from './kernel/next-hop.js';
import { LinkTable } from './link-table.js';
import type { SimNetwork } from './sim-network.js';

/** Rows that come and go without others: who made them has nothing to look at again. In large clusters most are such. */
const ALONE: ReadonlySet<Table> = new Set(['neighbor', 'fdb', 'route', 'tunnel']);

/** What a kernel is made for. */
export interface SimKernelOptions {
  /** How many tunnels a forwarder has memory for; 256 by default. */
  readonly tunnels?: number;
}

/**
 * The kernel of a namespace of `network`, and its forwarders.
 * @example
 * ```ts
 * import { type Link, scopeOf } from '@podlan/linux/model';
 * import { SimKernel, SimNetwork } from '@podlan/simulator';
 *
 * const network = new SimNetwork();
 * network.addNetns('host-a');
 * const kernel = new SimKernel(network, 'host-a');
 * const cni0: Link = { kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true };
 * await kernel.apply([{ op: 'add', row: cni0 }]); // => []
 * const rows = await kernel.snapshot(scopeOf([cni0]));
 * rows.map(({ kind }) => kind); // => ['link']
 *
 * const stop = new AbortController();
 * const next = kernel.watch(stop.signal).next();
 * const forward = { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' } as const;
 * await new SimKernel(network, 'host-a').apply([{ op: 'add', row: forward }]);
 * (await next).value; // => 'sysctl'
 * stop.abort();
 * ```
 */
export class SimKernel implements Kernel {
  readonly #netns: Netns;
  readonly #links: LinkTable;
  readonly #tunnels: number;

  /** Throws RangeError where there is no such namespace. */
  constructor(network: SimNetwork, name: string, { tunnels = 256 }: SimKernelOptions = {}) {
    const netns = network.netns(name);
    if (netns === undefined) throw new RangeError(`expected a namespace of this network, got ${name}`);
    this.#netns = netns;
    this.#links = new LinkTable(network, netns);
    this.#tunnels = tunnels;
  }

  /** The rows in `scope` as they are now. */
  async snapshot(scope: Scope): Promise<Row[]> {
    const ofDevices = scope.devices.flatMap((name) => [...this.#rowsOf(name)]);
    const sysctls = scope.sysctls.filter((key) => this.#hasSysctl(key)).map((key): Row => this.#sysctl(key));
    const chains = scope.chains ? this.#netns.netfilter.chains() : [];
    const rows = [...ofDevices, ...sysctls, ...this.#routes(scope), ...chains];
    return rows.filter(({ kind }) => scope.tables?.includes(kind) ?? true);
  }

  /** Makes the changes in order, and returns those that this kernel refuses. */
  async apply(changes: readonly Change[]): Promise<Failure[]> {
    const failures: Failure[] = [];
    for (const change of changes) {
      try {
        await this.#apply(change);
      } catch (cause) {
        failures.push({ change, error: cause instanceof Error ? cause : new Error(String(cause)) });
      }
    }
    return failures;
  }

  /** Yields the table of each change from now on, but for those of this one's own that nothing else goes with. */
  watch(signal: AbortSignal): AsyncGenerator<Table> {
    return this.#netns.watchers.watch(this, signal);
  }

  // What there is.

  *#rowsOf(name: string): Generator<Row> {
    const link = this.#links.row(name);
    if (link !== undefined) yield link;
    const device = this.#netns.device(name);
    if (device === undefined) return;
    for (const { address, scope } of this.#netns.addressesOf(name))
      if (scope !== 'link') yield { kind: 'address', dev: name, address };
    for (const { row } of this.#netns.neighbors.of(name)) if (row) yield row;
    if (device instanceof Vxlan) for (const { row } of device.fdb.values()) if (row) yield row;
    if (!(device instanceof Tun) || !(device.reader instanceof ForwarderProgram)) return;
    yield device.reader.row;
    yield* device.reader.tunnels;
  }

  *#routes(scope: Scope): Generator<Row> {
    for (const family of [4, 6] as const) {
      for (const route of this.#netns.fib.routes(family, TABLE_MAIN)) {
        const isCandidate = route.protocol === ROUTE_PROTOCOL || scope.devices.includes(route.dev ?? '');
        const row = isCandidate ? (route.row ?? routeRow(route)) : undefined;
        if (row !== undefined && isInScope(row, scope)) yield row;
      }
    }
  }

  #sysctl(key: string): Row {
    return { kind: 'sysctl', key, value: this.#netns.sysctls.get(key) };
  }

  #hasSysctl(key: string): boolean {
    const device = deviceOf({ kind: 'sysctl', key, value: '' });
    return (
      device === undefined || ['all', 'default'].includes(device) || this.#netns.device(device) !== undefined
    );
  }

  // What is changed.

  async #apply({ op, row }: Change): Promise<void> {
    const isThere = op === 'delete' ? this.#delete(row) : await this.#set(row);
    if (isThere) this.#netns.watchers.wake(row.kind, ALONE.has(row.kind) ? this : undefined);
  }

  async #set(row: Row): Promise<boolean> {
    const { netfilter } = this.#netns;
    switch (row.kind) {
      case 'link':
        this.#links.set(row);
        return true;
      case 'chain':
        netfilter.setChain(row);
        return true;
      case 'sysctl':
        if (!this.#hasSysctl(row.key)) throw noDevice(deviceOf(row)!);
        setSysctl(this.#netns, row.key, row.value);
        return true;
      case 'forwarder':
        await this.#startForwarder(row);
        return true;
      default:
        return this.#setOnDevice(row);
    }
  }

  #setOnDevice(row: Exclude<Row, { kind: 'link' | 'chain' | 'sysctl' | 'forwarder' }>): boolean {
    const device = this.#netns.device(row.dev);
    if (device === undefined) throw noDevice(row.dev);
    switch (row.kind) {
      case 'address':
        this.#requireFamily(row.dev, row.address);
        this.#netns.addAddress(row.dev, row.address);
        this.#netns.watchers.wake('route');
        return true;
      case 'neighbor':
        this.#requireFamily(row.dev, row.address);
        this.#netns.neighbors.set(device, row.address, row.mac, 'permanent', row);
        return true;
      case 'fdb':
        if (!(device instanceof Vxlan))
          throw new Error(`Operation not supported: ${row.dev} is no vxlan device`);
        device.fdb.set(row.mac, { dst: row.dst, isPermanent: true, row });
        return true;
      case 'route':
        this.#setRoute(row);
        return true;
      case 'tunnel':
        this.#forwarderOf(row.dev).setTunnel(row);
        return true;
    }
  }

  #setRoute(row: Route): void {
    const { prefix, dev, via, onlink, protocol, metric = defaultMetric(row) } = row;
    this.#requireFamily(dev, prefix);
    requireNextHop(this.#netns, { dev, via, onlink });
    // One literal: of objects put together in parts, each has a shape of its own in memory.
    this.#netns.fib.set({ prefix, dev, via, onlink, metric, protocol, type: 'unicast', row });
  }

  #requireFamily(dev: string, of: Parameters<typeof familyOf>[0]): void {
    if (familyOf(of) === 6 && isIpv6Off(this.#netns, dev))
      throw new Error(`RTNETLINK answers: Permission denied: IPv6 is disabled on ${dev}`);
  }

  async #startForwarder(row: Row & { kind: 'forwarder' }): Promise<void> {
    const device = this.#netns.device(row.dev);
    if (!(device instanceof Tun)) throw noDevice(row.dev);
    const before = device.reader instanceof ForwarderProgram ? device.reader : undefined;
    before?.stop();
    const started = await ForwarderProgram.start(this.#netns, row, device, this.#tunnels);
    for (const tunnel of before?.tunnels ?? []) started.setTunnel(tunnel);
  }

  #forwarderOf(dev: string): ForwarderProgram {
    const device = this.#netns.device(dev);
    if (device instanceof Tun && device.reader instanceof ForwarderProgram) return device.reader;
    throw new Error(`no forwarder on "${dev}"`);
  }

  /** Returns whether there was one. */
  #delete(row: Row): boolean {
    const { neighbors, netfilter } = this.#netns;
    switch (row.kind) {
      case 'link':
        return this.#links.delete(row.name);
      case 'chain':
        netfilter.deleteChain(row.name);
        return true;
      case 'sysctl':
        return false;
      case 'address':
        return this.#netns.deleteAddress(row.dev, row.address);
      case 'neighbor':
        neighbors.delete(row.dev, row.address);
        return true;
      case 'route':
        return this.#deleteRoute(row);
      case 'fdb':
      case 'forwarder':
      case 'tunnel':
        return this.#deleteFromDevice(row);
    }
  }

  #deleteRoute(row: Route): boolean {
    const metric = row.metric ?? defaultMetric(row);
    return this.#netns.fib.delete(
      row.prefix,
      (route) => route.type === 'unicast' && route.dev === row.dev && route.metric === metric,
    );
  }

  #deleteFromDevice(row: Row & { kind: 'fdb' | 'forwarder' | 'tunnel' }): boolean {
    const device = this.#netns.device(row.dev);
    // One that leads elsewhere is another entry.
    if (row.kind === 'fdb')
      return (
        device instanceof Vxlan && device.fdb.get(row.mac)?.dst === row.dst && device.fdb.delete(row.mac)
      );
    const program = device instanceof Tun ? device.reader : undefined;
    if (!(program instanceof ForwarderProgram)) return false;
    if (row.kind === 'forwarder') program.stop();
    else program.deleteTunnel(row);
    return true;
  }
}

const noDevice = (name: string): Error => new Error(`Cannot find device "${name}"`);
