import { attachPod } from '@podlan/cni/attach';
import { HostLocal } from '@podlan/cni/host-local';
import { Forwarder, type RouteMatch, RouteTable } from '@podlan/dataplane';
import { FakeDevice } from '@podlan/dataplane/fakes';
import { MemoryLeaseStore, parseNetworkConfig } from '@podlan/fabric';
import { KubernetesLeaseStore, type KubernetesStoreOptions } from '@podlan/fabric/kubernetes';
import { SqliteLeaseStore } from '@podlan/fabric/sqlite';
import { LinuxKernel } from '@podlan/linux';
import { diff, type Row } from '@podlan/linux/model';
import { contains } from '@podlan/linux/prefix';
import { type IpAddress, parseIpAddress, UdpView } from '@podlan/wire';

const address: IpAddress | undefined = parseIpAddress('10.244.2.7');
const routes: RouteTable<string> = await RouteTable.create<string>({ capacity: 16 });
const match: RouteMatch<string> | undefined = routes.insert('10.244.2.0/24', 'host B').lookup('10.244.2.7');
const value: string | undefined = match?.value;
const forwarder: Forwarder = await Forwarder.create({ slots: 1 });
const none: readonly Row[] = [];
export const changes = diff(none, none);
export const used = [
  address,
  value,
  forwarder.tx.lengths,
  attachPod,
  HostLocal,
  FakeDevice,
  MemoryLeaseStore,
];
const inCluster: KubernetesStoreOptions = { config: '{}', environment: { NODE_NAME: 'node-a' } };
export const opened = () => new KubernetesLeaseStore(inCluster);
export const more = [parseNetworkConfig, SqliteLeaseStore, LinuxKernel, contains, UdpView];

// @ts-expect-error a capacity is a number
await RouteTable.create({ capacity: '16' });
