/** The lease store of one node of a cluster. */
import type { IpAddress } from '@podlan/wire';
import { type Clock, systemClock } from '../../clock.js';
import { controllerUnder } from '../../controller-under.js';
import { type Lease, LeaseError, type LeaseEvent, type LeaseRequest, type OpenStore } from '../../lease.js';
import { formatLeaseKey } from '../../lease-json.js';
import { type NetworkConfig, parseNetworkConfig } from '../../network-config.js';
import { leaseLost } from '../claim.js';
import { type AnnotationKeys, annotationKeys, DEFAULT_ANNOTATION_PREFIX } from './annotations.js';
import { KubernetesApi } from './api.js';
import { loadKubeConfig } from './connection.js';
import {
  addressIn,
  annotationOf,
  familiesOf,
  leaseInputs,
  type NodeObject,
  nameOf,
  ownSubnets,
  podSubnets,
  withOverwrites,
} from './node.js';
import { KubernetesNodes } from './nodes.js';
import type { KubernetesStoreOptions } from './options.js';
import { annotationsFor, NETWORK_REMOVED, NETWORK_UP, noAnnotations, patchFor } from './patch.js';
import { watchNodes } from './watch.js';

const DEFAULT_ANSWER_MS = 30_000;
/** The server sends bookmarks about every minute. */
const DEFAULT_SILENCE_MS = 90_000;

/** How long to wait before the API server is asked again for this node. */
const RETRY_MS = 1000;

/**
 * The leases of a cluster's nodes, for the agent of one of them.
 * @example
 * ```ts
 * import { once } from 'node:events';
 * import { createServer } from 'node:http';
 * import type { AddressInfo } from 'node:net';
 * import { KubernetesLeaseStore } from '@podlan/fabric/kubernetes';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * // In place of a cluster's API server: it knows one node, and agrees to every patch.
 * const annotations = { 'flannel.alpha.coreos.com/node-public-ip': '192.168.77.11' };
 * const spec = { podCIDRs: ['10.244.1.0/24'] };
 * const node = { metadata: { name: 'node-a', resourceVersion: '1', annotations }, spec };
 * const nodes = { metadata: { resourceVersion: '1' }, items: [node] };
 * const server = createServer(({ url = '' }, response) => {
 *   response.setHeader('content-type', 'application/json');
 *   response.end(JSON.stringify(url.includes('/node-a') ? node : nodes));
 * });
 * await once(server.listen(0, '127.0.0.1'), 'listening');
 *
 * const store = new KubernetesLeaseStore({
 *   config: { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } },
 *   apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
 *   environment: { NODE_NAME: 'node-a' },
 * });
 * await store.open();
 * store.config.networks.length; // => 1
 * store.nodePublicIps; // => ['192.168.77.11']
 *
 * const endpoints = [{ publicIp: parseIpAddress('192.168.77.11')! }];
 * const lease = await store.acquire({ attributes: { backendType: 'vxlan', endpoints }, previous: [] });
 * lease.subnets; // => ['10.244.1.0/24']
 * store.isOwn(lease); // => true
 * for await (const events of store.watch(new AbortController().signal)) {
 *   events; // => [{ type: 'snapshot', leases: [] }]
 *   break;
 * }
 * // This server has written nothing, so there is nothing to renew, or to release.
 * await store.renew(lease).catch(({ code }) => code); // => 'lease-lost'
 * await store.release(lease);
 * store.entriesIgnored; // => 0
 * store.reconnect();
 *
 * await store.close();
 * server.close();
 * ```
 */
export class KubernetesLeaseStore implements OpenStore {
  readonly config: NetworkConfig;
  readonly #options: KubernetesStoreOptions;
  readonly #clock: Clock;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #keys: AnnotationKeys;
  readonly #api: KubernetesApi;
  readonly #closed = new AbortController();
  #name: string | undefined;
  #nodePublicIps: readonly IpAddress[] = [];
  #ownKey: string | undefined;
  /** What the lease was last made from, or should have been. */
  #inputs: string | undefined;
  /** What the last watch knew, for the next to go on from. */
  #nodes: KubernetesNodes | undefined;
  #ignored = 0;

  constructor(options: KubernetesStoreOptions) {
    const { clock = systemClock, environment = process.env } = options;
    this.config = parseNetworkConfig(options.config);
    this.#options = options;
    this.#clock = clock;
    this.#environment = environment;
    this.#name = requireName(environment);
    this.#keys = annotationKeys(options.annotationPrefix ?? DEFAULT_ANNOTATION_PREFIX);
    const { answerMs = DEFAULT_ANSWER_MS, silenceMs = DEFAULT_SILENCE_MS } = options;
    this.#api = new KubernetesApi(loadKubeConfig(options, environment), { clock, answerMs, silenceMs });
  }

  /** How often annotations were found that are no lease, this node's own included. */
  get entriesIgnored(): number {
    return this.#ignored;
  }

  /** The addresses that annotations of this node (`node-public-ip`, `node-public-ipv6`) ask it to use; after `open`. */
  get nodePublicIps(): readonly IpAddress[] {
    return this.#nodePublicIps;
  }

  /** As {@link openKubernetesStore} does. Nothing else here waits, nor asks for it to have been called. */
  async open(): Promise<void> {
    const { signal = this.#closed.signal } = this.#options;
    for (let told = ''; ; ) {
      try {
        this.#nodePublicIps = this.#publicIpsOf(await this.#readNode());
        return;
      } catch (error) {
        const isPassing = error instanceof LeaseError && error.code === 'unavailable';
        if (isPassing && told !== error.message) this.#options.onWarning?.(error.message);
        told = (error as Error).message;
        if (isPassing) await this.#clock.sleep(RETRY_MS, signal);
        if (!isPassing || signal.aborted) throw error;
      }
    }
  }

  /** The node's pod CIDRs. Throws LeaseError `unavailable` while it has none, `bad-config` where they are outside Network. */
  async acquire({ attributes }: LeaseRequest): Promise<Lease> {
    const node = await this.#readNode();
    this.#see(node);
    this.#inputs = leaseInputs(node, this.#keys);
    return this.#publish(node, { subnets: ownSubnets(node, this.config), attributes });
  }

  /** Throws LeaseError `lease-lost`. */
  async renew(lease: Lease): Promise<Lease> {
    const node = await this.#findNode();
    if (node === undefined || !this.#holds(node, lease)) throw leaseLost(lease);
    return this.#publish(node, lease);
  }

  /** Removes this node's annotations, but for those that people set, and says that it has no network any more. */
  async release(lease: Lease): Promise<void> {
    const node = await this.#findNode();
    if (node === undefined || !this.#holds(node, lease)) return;
    const isUp = node.status?.conditions?.some(
      ({ type, reason }) => type === NETWORK_UP.type && reason === NETWORK_UP.reason,
    );
    const condition = isUp && this.#keepsCondition ? NETWORK_REMOVED : undefined;
    await this.#patch(node, noAnnotations(this.#keys), condition);
  }

  /** True for the lease of the node that this is, whatever its public address. */
  isOwn({ subnets }: Lease): boolean {
    return formatLeaseKey(subnets) === this.#ownKey;
  }

  /**
   * A snapshot of all leases, then every change; an empty batch when the node's own pod CIDRs or overwrites changed, or it
   * was registered anew, so that it may acquire anew. Ends when `signal` aborts and when the store is closed.
   */
  async *watch(signal: AbortSignal): AsyncGenerator<readonly LeaseEvent[]> {
    const controller = controllerUnder(signal, this.#closed.signal);
    const nodes = this.#nodes ?? this.#newNodes();
    this.#nodes = undefined;
    const see = (node: NodeObject) => this.#see(node);
    try {
      await this.#nodeName();
      yield* watchNodes({ api: this.#api, nodes, clock: this.#clock, see }, controller.signal);
    } catch (cause) {
      if (controller.signal.aborted) return;
      if (!(cause instanceof LeaseError && cause.code === 'unavailable')) nodes.version = undefined;
      throw new LeaseError('watch-lost', (cause as Error).message, { cause });
    } finally {
      controller.abort();
      this.#nodes = nodes;
    }
  }

  /** Watches go on over new connections: nothing comes over those of an address that this host no longer has. */
  reconnect(): void {
    this.#api.endWatches();
  }

  /** Ends all watches. */
  async close(): Promise<void> {
    this.#closed.abort();
  }

  get #keepsCondition(): boolean {
    return this.#options.setNodeNetworkUnavailable !== false;
  }

  #publicIpsOf(node: NodeObject): IpAddress[] {
    const { families } = this.#keys;
    return familiesOf(this.config).flatMap(
      (family) => addressIn(node, families[family].nodePublicIp, family) ?? [],
    );
  }

  #newNodes(): KubernetesNodes {
    const ignored = (message: string) => this.#ignore(message);
    return new KubernetesNodes({ keys: this.#keys, families: familiesOf(this.config), ignored });
  }

  #ignore(message: string): void {
    this.#ignored++;
    this.#options.onWarning?.(`lease store kubernetes: ${message}`);
  }

  async #publish(node: NodeObject, { subnets, attributes }: Lease): Promise<Lease> {
    const published = withOverwrites(node, this.#keys, attributes, (message) => this.#ignore(message));
    const condition = this.#keepsCondition ? NETWORK_UP : undefined;
    await this.#patch(node, annotationsFor(this.#keys, published), condition);
    return { subnets, attributes: published };
  }

  async #patch(
    node: NodeObject,
    annotations: Readonly<Record<string, string | null>>,
    condition: typeof NETWORK_UP | undefined,
  ): Promise<void> {
    const patch = patchFor(node, annotations, condition, this.#clock.nowMs());
    if (patch !== undefined) await this.#api.patchNodeStatus(nameOf(node), patch, this.#closed.signal);
  }

  /** True where what a lease of this node is made from has changed since it was acquired. */
  #see(node: NodeObject): boolean {
    if (nameOf(node) !== this.#name) return false;
    this.#ownKey = keyOf(node, this.config);
    return this.#inputs !== undefined && this.#inputs !== leaseInputs(node, this.#keys);
  }

  #holds(node: NodeObject, { subnets }: Lease): boolean {
    const isManaged = annotationOf(node, this.#keys.managed) === 'true';
    return isManaged && keyOf(node, this.config) === formatLeaseKey(subnets);
  }

  async #readNode(): Promise<NodeObject> {
    const node = await this.#findNode();
    if (node !== undefined) return node;
    const advice =
      'see that its kubelet has registered it, and that NODE_NAME is as `kubectl get nodes` has it';
    const message = `kubernetes: expected node ${this.#name}, found no such node; ${advice}`;
    throw new LeaseError('unavailable', message);
  }

  async #findNode(): Promise<NodeObject | undefined> {
    return this.#api.readNode(await this.#nodeName(), this.#closed.signal);
  }

  async #nodeName(): Promise<string> {
    if (this.#name !== undefined) return this.#name;
    const { POD_NAME = '', POD_NAMESPACE = '' } = this.#environment;
    const name = await this.#api.readNodeName(POD_NAMESPACE, POD_NAME, this.#closed.signal);
    if (name !== undefined) this.#name = name;
    else
      throw new LeaseError(
        'unavailable',
        `kubernetes: pod ${POD_NAMESPACE}/${POD_NAME}: expected it on a node, found it on none as yet`,
      );
    return name;
  }
}

/** Undefined where the pod has to be asked for. */
function requireName({ NODE_NAME, POD_NAME, POD_NAMESPACE }: Readonly<Record<string, string | undefined>>) {
  if (NODE_NAME) return NODE_NAME;
  if (POD_NAME && POD_NAMESPACE) return undefined;
  const expected = 'NODE_NAME, or POD_NAME and POD_NAMESPACE, in the environment';
  const message = `kubernetes: expected ${expected}, found neither; set NODE_NAME to the node's name (spec.nodeName)`;
  throw new LeaseError('bad-config', message);
}

/** The key of the lease that the node has, or would have; undefined for pod CIDRs that are none. */
function keyOf(node: NodeObject, config: NetworkConfig): string | undefined {
  try {
    return formatLeaseKey(podSubnets(node, familiesOf(config)));
  } catch {
    return undefined;
  }
}
