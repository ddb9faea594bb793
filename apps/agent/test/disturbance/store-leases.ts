/** What a lab's store holds, read and changed as another implementation of flannel would. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { labDirectory } from '../../dist/lab/lab-state.js';
import { underlayNetns } from '../../dist/lab/topology.js';
import { run, type TestLab } from '../test-lab.js';

export interface StoredLease {
  /** The node's address on the underlay. */
  readonly underlay: string;
  /** 10.244.1.0 of 10.244.1.0/24. */
  readonly subnet: string;
  readonly mac: string;
}

export interface StoreLeases {
  list(): Promise<StoredLease[]>;
  publish(underlay: string, mac: string): Promise<void>;
}

export const sqlitePath = (lab: TestLab): string => join(labDirectory(lab.name), 'leases.db');

export function leasesOf(lab: TestLab): StoreLeases {
  return lab.state.etcdUrl === undefined ? inSqlite(sqlitePath(lab)) : inEtcd(lab, lab.state.etcdUrl);
}

function inSqlite(path: string): StoreLeases {
  type Store = Awaited<ReturnType<typeof openSqliteStore>>;
  const withStore = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
    const store = await openSqliteStore({ path });
    return work(store).finally(() => store.close());
  };
  return {
    list: () =>
      withStore(async (store) =>
        (await store.list()).map(({ subnets, attributes: { endpoints } }) => ({
          underlay: endpoints[0]!.publicIp,
          subnet: subnets[0]!.split('/')[0]!,
          mac: (endpoints[0]!.data as { VtepMAC: string }).VtepMAC,
        })),
      ),
    publish: (underlay, mac) =>
      withStore(async (store) => {
        const lease = (await store.list()).find(
          ({ attributes }) => attributes.endpoints[0]!.publicIp === underlay,
        )!;
        const endpoints = [{ ...lease.attributes.endpoints[0]!, data: { VNI: 1, VtepMAC: mac } }];
        await store.renew({ ...lease, attributes: { ...lease.attributes, endpoints } });
      }),
  };
}

const CLIENT = fileURLToPath(new URL('./etcd-leases.js', import.meta.url));

/** By etcd's JSON gateway, from the namespace that etcd is in. */
function inEtcd(lab: TestLab, url: string): StoreLeases {
  const ask = async (...args: string[]): Promise<StoredLease[]> => {
    const netns = underlayNetns(lab.name);
    const { code, stdout, stderr } = await run(
      'ip',
      'netns',
      'exec',
      netns,
      process.execPath,
      CLIENT,
      url,
      ...args,
    );
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as StoredLease[];
  };
  return {
    list: () => ask(),
    publish: async (underlay, mac) => {
      await ask(underlay, mac);
    },
  };
}
