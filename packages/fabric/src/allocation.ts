/** Which subnets a node gets, by flannel's order of preference (tryAcquireLease). Pure: the store holds the lock. */
import {
  addressOfValue,
  addressValue,
  boundsOf,
  overlaps,
  type PrefixBounds,
  prefixAround,
  prefixSize,
} from '@podlan/linux/prefix';
import { type Family, familyOf, type IpPrefix, prefixAddress, prefixLength } from '@podlan/wire';
import { type Lease, type LeaseAttributes, LeaseError, type LeaseRequest, type LeaseStore } from './lease.js';
import type { NetworkConfig, NetworkRange } from './network-config.js';

/**
 * One subnet per network: the node's own again (one reserved for it first), else the one it held before, else the lowest
 * free one.
 * `leases` are those in force; `skip` is how many free subnets to leave to others that choose at the same time. Throws
 * LeaseError `out-of-subnets`.
 * @example
 * ```ts
 * import { chooseSubnets, parseLease, parseNetworkConfig } from '@podlan/fabric';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const config = parseNetworkConfig({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });
 * const other = parseLease('10.244.1.0-24', '{"PublicIP":"192.168.77.11","BackendType":"vxlan"}');
 * const endpoints = [{ publicIp: parseIpAddress('192.168.77.12')! }];
 * const attributes = { backendType: 'vxlan', endpoints };
 * const previous = [parseIpPrefix('10.244.7.0/24')!];
 *
 * chooseSubnets(config, [other], { attributes, previous: [] }); // => ['10.244.2.0/24']
 * chooseSubnets(config, [other], { attributes, previous }); // => ['10.244.7.0/24']
 * chooseSubnets(config, [other], { attributes: other.attributes, previous }); // => ['10.244.1.0/24']
 * ```
 */
export function chooseSubnets(
  config: Pick<NetworkConfig, 'networks'>,
  leases: readonly Lease[],
  request: LeaseRequest,
  skip = 0,
): IpPrefix[] {
  const own = leases.filter((lease) => isSameNode(lease.attributes, request.attributes));
  const ownSubnets = [...own.filter(isReservation), ...own].flatMap((lease) => lease.subnets);
  const taken = leases.filter((lease) => !own.includes(lease)).flatMap((lease) => lease.subnets);
  return config.networks.map(
    (range) =>
      ownSubnets.find((subnet) => fits(range, subnet)) ??
      request.previous.find((subnet) => fits(range, subnet) && isFree(subnet, taken)) ??
      lowestFree(range, taken, skip) ??
      refuse(range),
  );
}

/**
 * A node is known by its public addresses: one in common is enough.
 * @example
 * ```ts
 * import { isSameNode, parseLease } from '@podlan/fabric';
 *
 * const before = parseLease('10.244.1.0-24', '{"PublicIP":"192.168.77.11","BackendType":"udp"}');
 * const after = parseLease('10.244.9.0-24', '{"PublicIP":"192.168.77.11","BackendType":"vxlan"}');
 * isSameNode(before.attributes, after.attributes); // => true
 * ```
 */
export function isSameNode(a: LeaseAttributes, b: LeaseAttributes): boolean {
  return a.endpoints.some(({ publicIp }) => b.endpoints.some((other) => other.publicIp === publicIp));
}

/** This node's own among `leases`. `attributes`: what it publishes. */
export function ownLease(
  store: Pick<LeaseStore, 'isOwn'>,
  leases: readonly Lease[],
  attributes: LeaseAttributes,
): Lease | undefined {
  return leases.find((lease) => store.isOwn?.(lease) ?? isSameNode(lease.attributes, attributes));
}

/** In a store where leases end: an entry that does not. */
export function isReservation(lease: Lease): boolean {
  return lease.expiresAtMs === undefined;
}

/** True for a subnet that this network could have given out. */
export function fits(range: NetworkRange, subnet: IpPrefix): boolean {
  if (familyOf(subnet) !== familyOf(range.network) || prefixLength(subnet) !== range.subnetLength)
    return false;
  const start = addressValue(prefixAddress(subnet));
  return addressValue(range.first) <= start && start <= addressValue(range.last);
}

function isFree(subnet: IpPrefix, taken: readonly IpPrefix[]): boolean {
  return !taken.some((other) => overlaps(subnet, other));
}

/**
 * Walks the taken ranges in order with a cursor that jumps over each, up to the next subnet boundary. Leaves out the first
 * `skip` free subnets, or all but the last where they are fewer.
 */
function lowestFree(range: NetworkRange, taken: readonly IpPrefix[], skip: number): IpPrefix | undefined {
  const family = familyOf(range.network);
  const size = prefixSize(family, range.subnetLength);
  const end = addressValue(range.last) + size;
  let cursor = addressValue(range.first);
  let left = BigInt(skip);
  let found: bigint | undefined;
  for (const busy of [...sortedBounds(family, taken), { first: end, last: end }]) {
    const free = ((busy.first < end ? busy.first : end) - cursor) / size;
    if (free > 0n) {
      found = cursor + (left < free ? left : free - 1n) * size;
      if (left < free) break;
      left -= free;
    }
    if (busy.last >= cursor) cursor = ((busy.last + size) / size) * size;
  }
  return found === undefined ? undefined : prefixAround(addressOfValue(family, found), range.subnetLength);
}

function sortedBounds(family: Family, taken: readonly IpPrefix[]): PrefixBounds[] {
  const bounds = taken.filter((subnet) => familyOf(subnet) === family).map(boundsOf);
  return bounds.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
}

function refuse({ network, subnetLength, first, last }: NetworkRange): never {
  const range = `every /${subnetLength} of ${network} from ${first} to ${last}`;
  const advice = `release the lease of a node that is gone, or configure a wider Network than /${prefixLength(network)}`;
  throw new LeaseError(
    'out-of-subnets',
    `out of subnets: expected a free subnet, found ${range} leased; ${advice} (now ${prefixAddress(network)})`,
  );
}
