/** Nodes on memory kernels and one memory store, on a clock that the test moves. */
import { MemoryKernel, type Row, rowText } from '@podlan/linux/model';
import { parseIpAddress, parseMacAddress } from '@podlan/wire';
import {
  type Backend,
  createBackend,
  type Dataplane,
  MemoryLeaseStore,
  type NetworkConfig,
  type NodeOptions,
  parseNetworkConfig,
  type RunningNode,
  runNode,
} from '../src/index.js';
import { FakeClock } from '../src/testing.js';

export const CONFIG = parseNetworkConfig({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });

export interface TestNode {
  readonly kernel: MemoryKernel;
  readonly backend: Backend;
  readonly running: RunningNode;
  readonly log: string[];
  stop(): Promise<void>;
}

export interface StartOptions extends Partial<NodeOptions> {
  readonly dataplane?: Dataplane;
  readonly mac?: string;
  readonly publicIps?: readonly string[];
  readonly underlayMtu?: number;
}

export class Cluster {
  readonly clock = new FakeClock(1_000_000);
  readonly store: MemoryLeaseStore;
  readonly #config: NetworkConfig;
  readonly #nodes: TestNode[] = [];

  constructor(config: NetworkConfig = CONFIG) {
    this.#config = config;
    this.store = new MemoryLeaseStore({ config, clock: this.clock, leaseTtlSeconds: 3600 });
  }

  backend(host: number, options: StartOptions = {}) {
    const { dataplane = 'kernel', mac = `02:00:00:00:00:0${host}`, underlayMtu = 1500 } = options;
    const addresses = options.publicIps ?? [`192.168.1.${host}`, `fd00:77::${host}`];
    const publicIps = addresses.map((text) => parseIpAddress(text)!);
    const node = { publicIps, externalInterface: { name: 'eth0', mtu: underlayMtu } };
    const randomMac = () => parseMacAddress(mac)!;
    return createBackend({ config: this.#config, node, dataplane, randomMac });
  }

  /** Starts node `host`, and lets it come to rest. */
  async start(host: number, options: StartOptions = {}): Promise<TestNode> {
    const stop = new AbortController();
    const kernel = (options.kernel as MemoryKernel | undefined) ?? new MemoryKernel();
    const backend = this.backend(host, options);
    const log: string[] = [];
    const note = (message: string) => void log.push(message);
    const running = runNode({
      store: this.store.client(),
      clock: this.clock,
      log: { info: note, warn: note, error: note },
      signal: stop.signal,
      ...options,
      kernel,
      backend,
    });
    running.finished.catch(() => {});
    const end = () => {
      stop.abort();
      return running.finished;
    };
    const node = { kernel, backend, running, log, stop: end };
    this.#nodes.push(node);
    await this.clock.advance(1000);
    return node;
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#nodes.map((node) => node.stop()));
  }
}

export const texts = (kernel: MemoryKernel): string[] => kernel.rows.map(rowText).sort();

export function find<K extends Row['kind']>(kernel: MemoryKernel, kind: K): Extract<Row, { kind: K }>[] {
  return kernel.rows.filter((row) => row.kind === kind) as Extract<Row, { kind: K }>[];
}
