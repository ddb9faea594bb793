/** Clients of a test's API server. */
import type { Lease, LeaseRequest, LeaseStore } from '../../src/index.js';
import { formatLeaseKey } from '../../src/index.js';
import { KubernetesLeaseStore, type KubernetesStoreOptions } from '../../src/stores/kubernetes/kubernetes.js';
import { type Json, type JsonObject, nameOf } from './objects.js';
import type { KubernetesServer } from './server.js';

export const FLANNEL = 'flannel.alpha.coreos.com';

/** Asks nothing of the server as yet. */
export async function openNode(
  server: KubernetesServer,
  name: string,
  options: Partial<KubernetesStoreOptions> = {},
): Promise<KubernetesLeaseStore> {
  const config = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
  return new KubernetesLeaseStore({
    config,
    apiUrl: server.url,
    environment: { NODE_NAME: name },
    ...options,
  });
}

/**
 * A client as the contract has them, which asks for leases of any of its made-up nodes. Here every node has a client of
 * its own: the node's that the lease was got for, else the one's with that public address, else a bystander's.
 */
export class ContractClient implements LeaseStore {
  readonly #server: KubernetesServer;
  readonly #config: object;
  readonly #stores = new Map<string, Promise<KubernetesLeaseStore>>();
  readonly #holders = new Map<string, string>();

  constructor(server: KubernetesServer, config: object) {
    this.#server = server;
    this.#config = config;
  }

  async acquire(request: LeaseRequest): Promise<Lease> {
    const name = `node-${request.attributes.endpoints[0]!.publicIp.split('.').at(-1)}`;
    const lease = await (await this.#store(name)).acquire(request);
    this.#holders.set(formatLeaseKey(lease.subnets), name);
    return lease;
  }

  async renew(lease: Lease): Promise<Lease> {
    return (await this.#holder(lease)).renew(lease);
  }

  async release(lease: Lease): Promise<void> {
    return (await this.#holder(lease)).release(lease);
  }

  async *watch(signal: AbortSignal) {
    yield* (await this.#store('bystander')).watch(signal);
  }

  async close(): Promise<void> {
    for (const store of this.#stores.values()) await (await store).close();
  }

  #holder({ subnets, attributes }: Lease): Promise<KubernetesLeaseStore> {
    const { publicIp } = attributes.endpoints[0]!;
    const addressed = this.#server.objects
      .list()
      .find((node) => annotationOf(node, 'public-ip') === publicIp);
    return this.#store(
      this.#holders.get(formatLeaseKey(subnets)) ?? (addressed && nameOf(addressed)) ?? 'bystander',
    );
  }

  #store(name: string): Promise<KubernetesLeaseStore> {
    const store = this.#stores.get(name) ?? openNode(this.#server, name, { config: this.#config });
    this.#stores.set(name, store);
    return store;
  }
}

export function annotationOf(node: JsonObject, name: string): Json | undefined {
  return ((node.metadata as JsonObject).annotations as JsonObject)[`${FLANNEL}/${name}`];
}
