/**
 * A host as flanneld would set it up, by plain `ip` and `bridge` commands, from nothing but the leases in the store: its
 * own device, a lease that tells of it, and three entries per peer (pkg/backend/vxlan, pkg/backend/hostgw).
 */
import type { Lease, LeaseStore } from '@podlan/fabric';
import { type IpAddress, parseIpAddress } from '@podlan/wire';
import { type Box, hostAddress, ip, say, subnetOf } from './two-hosts.js';

export type Family = 4 | 6;

export interface PlainHost {
  readonly box: Box;
  readonly families: readonly Family[];
  readonly mtu: number;
  /** Of its VTEP. Default: the same for all. */
  readonly mac?: string;
}

export const plainMac = (family: Family) => `02:00:00:00:b0:0${family}`;
export const deviceOf = (family: Family) => (family === 4 ? 'flannel.1' : 'flannel-v6.1');
const address = (family: Family, number: number) => parseIpAddress(hostAddress(family, number)) as IpAddress;

/** First the device, then the lease, as a foreign node must. */
export async function joinPlainly(store: LeaseStore, host: PlainHost, backendType: string): Promise<Lease> {
  if (backendType === 'vxlan') for (const family of host.families) await makeDevice(host, family);
  const endpoints = host.families.map((family) => ({
    publicIp: address(family, host.box.number),
    ...(backendType === 'vxlan' && { data: { VNI: 1, VtepMAC: host.mac ?? plainMac(family) } }),
  }));
  return store.acquire({ attributes: { backendType, endpoints }, previous: [] });
}

async function makeDevice({ box, mtu, mac }: PlainHost, family: Family): Promise<void> {
  const dev = deviceOf(family);
  const local = hostAddress(family, box.number);
  const network = subnetOf(family, box.number).split('/')[0];
  await ip(
    box.netns,
    `link add ${dev} address ${mac ?? plainMac(family)} mtu ${mtu} type vxlan id 1 dev eth0 local ${local} dstport 8472 nolearning`,
    `link set ${dev} up`,
    `addr add ${network}/${family === 4 ? 32 : '128'} dev ${dev}`,
  );
  if (family === 6) await say(box.netns, 'sysctl', '-qw', 'net.ipv6.conf.flannel-v6/1.accept_ra=0');
}

/** The peer's neighbor, FDB entry and route, from what its lease says. */
export async function followByTunnel({ box, families }: PlainHost, peer: Lease): Promise<void> {
  for (const [subnet, publicIp, mac, family] of sides(peer, families)) {
    const [dev, network] = [deviceOf(family), subnet.split('/')[0]];
    const metric = family === 6 ? ' metric 1024' : '';
    await ip(box.netns, `neigh replace ${network} lladdr ${mac} dev ${dev} nud permanent`);
    await say(box.netns, 'bridge', 'fdb', 'replace', mac, 'dev', dev, 'dst', publicIp, 'self', 'permanent');
    await ip(box.netns, `route replace ${subnet} via ${network} dev ${dev} onlink${metric}`);
  }
}

/** As host-gw, and as vxlan with DirectRouting. */
export async function followDirectly({ box, families }: PlainHost, peer: Lease): Promise<void> {
  for (const [subnet, publicIp] of sides(peer, families)) {
    await ip(box.netns, `route replace ${subnet} via ${publicIp} dev eth0`);
  }
}

function sides(peer: Lease, families: readonly Family[]): [string, string, string, Family][] {
  return families.map((family) => {
    const of = (text: string) => text.includes(':') === (family === 6);
    const endpoint = peer.attributes.endpoints.find(({ publicIp }) => of(publicIp))!;
    const { VtepMAC = '' } = (endpoint.data ?? {}) as { VtepMAC?: string };
    return [peer.subnets.find(of)!, endpoint.publicIp, VtepMAC, family];
  });
}

/** The leases of the store, by subnet. */
export async function leaseOf(store: LeaseStore, subnet: string): Promise<Lease> {
  const stop = new AbortController();
  try {
    for await (const [first] of store.watch(stop.signal)) {
      const leases = first?.type === 'snapshot' ? first.leases : [];
      return leases.find(({ subnets }) => (subnets as readonly string[]).includes(subnet))!;
    }
    throw new Error('the watch ended without a snapshot');
  } finally {
    stop.abort();
  }
}
