/** The clients of `node-a` of a test's API server, and other nodes as flanneld writes them. */
import type { KubernetesLeaseStore, KubernetesStoreOptions } from '../../src/stores/kubernetes/kubernetes.js';
import { FLANNEL, openNode } from './clients.js';
import { Follower } from './follower.js';
import { type Asked, KubernetesServer } from './server.js';

export class Bench {
  readonly server = new KubernetesServer();
  readonly #stores: KubernetesLeaseStore[] = [];
  readonly #followers: Follower[] = [];

  static async start(): Promise<Bench> {
    const bench = new Bench();
    await bench.server.start();
    bench.server.objects.add({ name: 'node-a', podCIDRs: ['10.244.1.0/24'] });
    return bench;
  }

  async stop(): Promise<void> {
    for (const follower of this.#followers) await follower.stop();
    for (const store of this.#stores) await store.close();
    await this.server.stop();
  }

  async open(options: Partial<KubernetesStoreOptions> = {}): Promise<KubernetesLeaseStore> {
    const store = await openNode(this.server, 'node-a', options);
    this.#stores.push(store);
    return store;
  }

  async followed(store: KubernetesLeaseStore): Promise<Follower> {
    const follower = await Follower.of(store);
    this.#followers.push(follower);
    return follower;
  }

  async follow(options: Partial<KubernetesStoreOptions> = {}): Promise<Follower> {
    return this.followed(await this.open(options));
  }

  /** `peer-HOST`, with the subnets and the addresses of that number. */
  addPeer(host: number): void {
    const podCIDRs = [`10.244.${host}.0/24`, `fd00:244:0:${host}::/64`];
    this.server.objects.add({ name: `peer-${host}`, podCIDRs, annotations: flannelAnnotations(host) });
  }

  annotate(name: string, annotations: Readonly<Record<string, string | null>>): void {
    this.server.objects.annotate(name, prefixed(annotations));
  }

  lists(): number {
    return this.server.asked.filter(({ verb }) => verb === 'list').length;
  }

  watches(): Asked[] {
    return this.server.asked.filter(({ verb }) => verb === 'watch');
  }
}

export function prefixed<T extends string | null>(
  annotations: Readonly<Record<string, T>>,
): Record<string, T> {
  return Object.fromEntries(Object.entries(annotations).map(([key, value]) => [`${FLANNEL}/${key}`, value]));
}

/** As flanneld writes them on another node. */
export function flannelAnnotations(host: number): Record<string, string> {
  return prefixed({
    'backend-type': 'vxlan',
    'backend-data': `{"VNI":1,"VtepMAC":"02:00:00:00:00:0${host}"}`,
    'backend-v6-data': `{"VNI":1,"VtepMAC":"02:00:00:00:06:0${host}"}`,
    'public-ip': `192.168.77.1${host}`,
    'public-ipv6': `fd00:77::1${host}`,
    'kube-subnet-manager': 'true',
  });
}
