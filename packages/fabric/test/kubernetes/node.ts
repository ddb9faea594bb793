/** The node `node-a` of a test's API server, on a kernel; its peers are annotations. */
import { type Kernel, MemoryKernel, type Row, rowText, scopeOf } from '@podlan/linux/model';
import { parseIpAddress, parseMacAddress } from '@podlan/wire';
import { vi } from 'vitest';
import {
  type Backend,
  type Clock,
  cleanup,
  createBackend,
  type RunningNode,
  runNode,
  systemClock,
} from '../../src/index.js';
import type { KubernetesLeaseStore } from '../../src/stores/kubernetes/kubernetes.js';
import { openNode } from './clients.js';
import type { KubernetesServer } from './server.js';

export interface NodeSettings {
  readonly kernel?: Kernel;
  readonly config: object;
  readonly publicIps?: readonly string[];
  /** What a new device would have. */
  readonly mac?: string;
  readonly clock?: Clock;
}

export class KubernetesNode {
  readonly kernel: Kernel;
  readonly store: KubernetesLeaseStore;
  readonly running: RunningNode;
  readonly log: string[] = [];
  readonly #backend: Backend;
  readonly #stop = new AbortController();

  private constructor(store: KubernetesLeaseStore, settings: NodeSettings) {
    const { publicIps = ['192.168.1.1', 'fd00:77::1'], mac = '02:00:00:00:00:01' } = settings;
    this.store = store;
    this.kernel = settings.kernel ?? new MemoryKernel();
    this.#backend = createBackend({
      config: store.config,
      node: {
        publicIps: publicIps.map((text) => parseIpAddress(text)!),
        externalInterface: { name: 'eth0', mtu: 1500 },
      },
      dataplane: 'kernel',
      randomMac: () => parseMacAddress(mac)!,
    });
    const note = (message: string) => void this.log.push(message);
    const log = { info: note, warn: note, error: note };
    const { kernel, signal } = { kernel: this.kernel, signal: this.#stop.signal };
    const { clock = systemClock } = settings;
    this.running = runNode({ kernel, store, backend: this.#backend, log, signal, clock });
    this.running.finished.catch(() => {});
  }

  static async start(server: KubernetesServer, settings: NodeSettings): Promise<KubernetesNode> {
    return new KubernetesNode(await openNode(server, 'node-a', { config: settings.config }), settings);
  }

  get state() {
    return this.running.state();
  }

  /** Every row of ours in the kernel, as text, but for those of the host alone. */
  async peerRows(): Promise<string[]> {
    const own = this.state.lease ?? { subnets: [], attributes: this.#backend.leaseAttributes(undefined) };
    const ofHost = this.#backend.hostState(own);
    const isPeers = ({ kind }: Row) => ['neighbor', 'fdb', 'route'].includes(kind);
    return (await this.kernel.snapshot(scopeOf(ofHost))).filter(isPeers).map(textOf).sort();
  }

  /** Waits until the rows of peers are these and no other. */
  async settled(...rows: string[]): Promise<void> {
    const expected = JSON.stringify(rows.toSorted(), null, 1);
    await vi.waitFor(
      async () => {
        const found = JSON.stringify(await this.peerRows(), null, 1);
        if (found !== expected) throw new Error(`expected ${expected}\nfound ${found}`);
      },
      { timeout: 15_000, interval: 50 },
    );
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.running.finished.catch(() => {});
    await this.store.close();
  }

  /** With the same settings, after it was stopped. */
  cleanup(store: KubernetesLeaseStore) {
    return cleanup({ kernel: this.kernel, store, backend: this.#backend });
  }
}

/** The metric is the one that Linux gives IPv6 routes, and does not show. */
const textOf = (row: Row): string => rowText(row).replace(' metric 1024', '');
