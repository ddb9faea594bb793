/**
 * Leases in Kubernetes, as flannel keeps them there (pkg/subnet/kube): a node's subnets are its pod CIDRs, what others
 * have to know of it its annotations. Subnets are assigned by kube-controller-manager, and leases don't end.
 * @module @podlan/fabric/kubernetes
 */

import { opened } from '../opened.js';
import type { KubernetesStoreOptions } from './options.js';
import { KubernetesLeaseStore } from './store.js';

export type { KubernetesConnection } from './options.js';
export { KubernetesLeaseStore, type KubernetesStoreOptions };

/**
 * Waits until the API server answers and knows this node, and tells `onWarning` what it waits for. Throws LeaseError:
 * `bad-config`, and what it waited for when `signal` aborts.
 * @example
 * ```ts
 * import { once } from 'node:events';
 * import { createServer } from 'node:http';
 * import type { AddressInfo } from 'node:net';
 * import { openKubernetesStore } from '@podlan/fabric/kubernetes';
 *
 * // In place of a cluster's API server: it knows one node.
 * const node = { metadata: { name: 'node-a' }, spec: { podCIDRs: ['10.244.1.0/24'] } };
 * const server = createServer((_, response) => {
 *   response.setHeader('content-type', 'application/json').end(JSON.stringify(node));
 * });
 * await once(server.listen(0, '127.0.0.1'), 'listening');
 *
 * const store = await openKubernetesStore({
 *   config: { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } },
 *   apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
 *   environment: { NODE_NAME: 'node-a' },
 * });
 * store.config.backend.type; // => 'vxlan'
 *
 * await store.close();
 * server.close();
 * ```
 */
export async function openKubernetesStore(options: KubernetesStoreOptions): Promise<KubernetesLeaseStore> {
  return opened(new KubernetesLeaseStore(options));
}
