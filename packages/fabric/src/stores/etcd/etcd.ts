/**
 * Leases in etcd v3, in flannel's keys and values (pkg/subnet/etcd/registry.go): podlan and flanneld nodes share them.
 * Nothing is polled: a node reads all leases once, watches from there, and writes its own once in a lease's time.
 *
 *     <prefix>/config                     the network configuration
 *     <prefix>/subnets/10.244.1.0-24      a lease, bound to an etcd lease; a reservation without one
 *
 * @module @podlan/fabric/etcd
 */

import { opened } from '../opened.js';
import type { EtcdStoreOptions } from './options.js';
import { EtcdLeaseStore } from './store.js';

export type { EtcdAccess } from './client.js';
export type { EtcdStoreOptions } from './options.js';
export { EtcdLeaseStore };

/**
 * Connects, and waits until etcd answers and holds a valid network configuration, asking every second as flanneld does.
 * Throws LeaseError: `bad-config` for an option that is no good or a `config` that is not etcd's, and what it waited for
 * when `signal` aborts.
 * @example As root
 * ```ts
 * import { spawn } from 'node:child_process';
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { openEtcdStore } from '@podlan/fabric/etcd';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'etcd-'));
 * const etcd = spawn('etcd', ['--data-dir', folder], { stdio: 'ignore' });
 *
 * const endpoints = ['http://127.0.0.1:2379'];
 * const config = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
 * const store = await openEtcdStore({ endpoints, config });
 * const attributes = { backendType: 'vxlan', endpoints: [{ publicIp: parseIpAddress('192.168.77.11')! }] };
 * const lease = await store.acquire({ attributes, previous: [] });
 * lease.subnets; // => ['10.244.1.0/24']
 * await store.close();
 *
 * etcd.kill();
 * await rm(folder, { recursive: true });
 * ```
 */
export async function openEtcdStore(options: EtcdStoreOptions = {}): Promise<EtcdLeaseStore> {
  return opened(new EtcdLeaseStore(options));
}
