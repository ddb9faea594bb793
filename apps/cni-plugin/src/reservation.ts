/** A pod's addresses, one for each family of the host's lease: all of them or none. */
import type { PodAddress } from '@podlan/cni/attach';
import { type Holder, HostLocal } from '@podlan/cni/host-local';
import type { PluginConfig } from '@podlan/cni/protocol';
import { CNI_CODE, CniError } from '@podlan/cni/protocol';
import { contains, nthAddress } from '@podlan/linux/prefix';
import { type InterfaceAddress, type IpAddress, type IpPrefix, prefixLength } from '@podlan/wire';
import type { Settings } from './settings.js';

export const storeOf = ({ name }: Pick<PluginConfig, 'name'>, { networksDir }: Settings): HostLocal =>
  new HostLocal({ dataDir: networksDir, network: name });

export const gatewayOf = (subnet: IpPrefix): IpAddress => nthAddress(subnet, 1);

export const onLink = (address: IpAddress, subnet: IpPrefix): InterfaceAddress =>
  `${address}/${prefixLength(subnet)}` as InterfaceAddress;

/** Throws what HostLocal throws, and CniError `INVALID_NETWORK_CONFIG` for a wanted address that is none of the host's. */
export async function reserve(
  store: HostLocal,
  holder: Holder,
  subnets: readonly IpPrefix[],
  wanted: readonly IpAddress[],
): Promise<PodAddress[]> {
  requireOurs(wanted, subnets);
  const reserved: PodAddress[] = [];
  try {
    for (const [range, subnet] of subnets.entries()) {
      const gateway = gatewayOf(subnet);
      const wish = wanted.find((address) => contains(subnet, address));
      const request = { ...holder, subnet, gateway, range, ...(wish ? { wanted: wish } : {}) };
      const address = await store.allocate(request);
      reserved.push({ address: onLink(address, subnet), gateway: onLink(gateway, subnet) });
    }
    return reserved;
  } catch (error) {
    // What the holder had before this call is its own.
    if (reserved.length > 0) await store.release(holder);
    throw error;
  }
}

function requireOurs(wanted: readonly IpAddress[], subnets: readonly IpPrefix[]): void {
  const foreign = wanted.filter((address) => !subnets.some((subnet) => contains(subnet, address)));
  if (foreign.length === 0) return;
  const details = `expected addresses of ${subnets.join(', ')}, found ${foreign.join(', ')}`;
  throw new CniError(CNI_CODE.INVALID_NETWORK_CONFIG, "not this host's address", details);
}
