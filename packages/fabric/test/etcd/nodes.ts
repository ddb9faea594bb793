/** Nodes that share a cluster through etcd, in real time, each on a real kernel: a namespace of its own. */
import { type Row, scopeOf } from '@podlan/linux/model';
import { parseIpAddress, parseMacAddress } from '@podlan/wire';
import { createBackend, type NodeOptions, type RunningNode, runNode } from '../../src/index.js';
import { type EtcdLeaseStore, type EtcdStoreOptions, openEtcdStore } from '../../src/stores/etcd/etcd.js';
import { linuxPlace } from '../places.js';

export interface EtcdNode {
  readonly store: EtcdLeaseStore;
  readonly running: RunningNode;
  readonly log: string[];
  /** All rows of ours in the kernel. */
  rows(): Promise<readonly Row[]>;
  /** Ends the process, as it were: the lease and the kernel's rows stay. */
  stop(): Promise<void>;
}

export interface EtcdNodeOptions extends EtcdStoreOptions, Partial<Pick<NodeOptions, 'renewMarginMs'>> {
  readonly mac?: string;
}

export class EtcdNodes {
  readonly #options: EtcdStoreOptions;
  readonly #ends: (() => Promise<void>)[] = [];

  constructor(options: EtcdStoreOptions) {
    this.#options = options;
  }

  /** Node `host`, 192.168.1.`host` and fd00:77::`host`, on a new kernel; resolves when its own rows are there. */
  async start(host: number, options: EtcdNodeOptions = {}): Promise<EtcdNode> {
    const { mac = `02:00:00:00:00:0${host}`, renewMarginMs, ...rest } = options;
    const log: string[] = [];
    const note = (message: string) => void log.push(message);
    const store = await openEtcdStore({ ...this.#options, ...rest, onWarning: note });
    const { kernel, dispose } = await linuxPlace(host);
    const publicIps = [`192.168.1.${host}`, `fd00:77::${host}`].map((text) => parseIpAddress(text)!);
    const hostNode = { publicIps, externalInterface: { name: 'eth0', mtu: 1500 } };
    const randomMac = () => parseMacAddress(mac)!;
    const backend = createBackend({ config: store.config, node: hostNode, dataplane: 'kernel', randomMac });
    const abort = new AbortController();
    const running = runNode({
      kernel,
      store,
      backend,
      log: { info: note, warn: note, error: note },
      signal: abort.signal,
      ...(renewMarginMs !== undefined && { renewMarginMs }),
    });
    const stop = async () => {
      abort.abort();
      await running.finished;
      await store.close();
    };
    this.#ends.push(() => stop().finally(dispose));
    await until(() => running.state().ready);
    const scope = scopeOf(backend.hostState(running.state().lease!));
    return { store, running, log, rows: () => kernel.snapshot(scope), stop };
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#ends.map((end) => end()));
  }
}

/** Waits for what other processes bring about. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Subnets of the peers that a node has in its kernel. */
export function programmed({ running }: EtcdNode): string[] {
  const peers = running.state().peers.filter(({ status }) => status === 'programmed');
  return peers.flatMap(({ subnets }) => subnets).sort();
}
