/**
 * What acquiring, reserving and releasing change in a store that allocates. Pure: the store carries a claim out, at once
 * or not at all.
 */
import { overlaps } from '@podlan/linux/prefix';
import { familyOf, type IpAddress, type IpPrefix } from '@podlan/wire';
import { chooseSubnets, fits, isReservation, isSameNode } from '../allocation.js';
import { type Lease, type LeaseAttributes, LeaseError, type LeaseRequest } from '../lease.js';
import { formatLeaseKey, parseLeaseKey } from '../lease-json.js';
import type { NetworkConfig } from '../network-config.js';

/** An entry to write, in place of others. */
export interface Claim {
  readonly subnets: readonly IpPrefix[];
  readonly attributes: LeaseAttributes;
  /** Whether it is to have no end. */
  readonly reserved: boolean;
  /** The node's entries under other keys, to be deleted. Reservations elsewhere stay. */
  readonly replaced: readonly Lease[];
}

type Networks = Pick<NetworkConfig, 'networks'>;

/** `leases`: those in force; `skip`: as for `chooseSubnets`. Throws LeaseError `out-of-subnets`. */
export function claimLease(
  config: Networks,
  leases: readonly Lease[],
  request: LeaseRequest,
  skip = 0,
): Claim {
  const { attributes } = request;
  const subnets = chooseSubnets(config, leases, request, skip);
  const own = leases.filter((lease) => isSameNode(lease.attributes, attributes));
  const here = own.filter((lease) => overlap(lease.subnets, subnets));
  const elsewhere = own.filter((lease) => !isReservation(lease) || here.includes(lease));
  const replaced = elsewhere.filter((lease) => !hasSubnets(lease, subnets));
  return { subnets, attributes, reserved: here.some(isReservation), replaced };
}

/** The entry to write, without an end. `leases`: those in force. Throws LeaseError `not-free`. */
export function claimReservation(
  config: Networks,
  leases: readonly Lease[],
  subnets: readonly IpPrefix[],
  publicIps: readonly IpAddress[],
): Lease {
  requireFit(config, subnets);
  if (publicIps.length === 0) {
    throw new LeaseError('not-free', 'reservation: expected a public address of a node, found none');
  }
  const sorted = [...subnets].sort((a, b) => familyOf(a) - familyOf(b));
  const attributes = reservedFor(publicIps);
  const held = leases.find((lease) => hasSubnets(lease, sorted));
  const own = held !== undefined && isSameNode(held.attributes, attributes) ? held : undefined;
  const other = leases.find((lease) => lease !== own && overlap(lease.subnets, sorted));
  if (other !== undefined) throw taken(sorted, other);
  return { subnets: sorted, attributes: own?.attributes ?? attributes };
}

/** What a reservation says while its node is away. */
export function reservedFor(publicIps: readonly IpAddress[]): LeaseAttributes {
  const sorted = [...publicIps].sort((a, b) => familyOf(a) - familyOf(b));
  return { backendType: '', endpoints: sorted.map((publicIp) => ({ publicIp })) };
}

/** The same subnets, for the same node, which has left. */
export function vacated({ subnets, attributes }: Lease): Lease {
  return { subnets, attributes: reservedFor(attributes.endpoints.map(({ publicIp }) => publicIp)) };
}

/**
 * What stands under keys whose values can't be read: somebody's leases all the same, unless they were ours before.
 */
export function unreadableLeases(keys: readonly string[], previous: readonly IpPrefix[]): Lease[] {
  const subnets = keys.map((key) => parseLeaseKey(key) ?? []);
  const others = subnets.filter((list) => !list.some((subnet) => previous.includes(subnet)));
  return others.map((list) => ({ subnets: list, attributes: { backendType: '', endpoints: [] } }));
}

export function hasSubnets(lease: Pick<Lease, 'subnets'>, subnets: readonly IpPrefix[]): boolean {
  return formatLeaseKey(lease.subnets) === formatLeaseKey(subnets);
}

export function leaseLost(lease: Pick<Lease, 'subnets'>): LeaseError {
  const key = formatLeaseKey(lease.subnets);
  return new LeaseError(
    'lease-lost',
    `lease ${key}: expected it to be ours, found it gone or another's; acquire again`,
  );
}

function overlap(a: readonly IpPrefix[], b: readonly IpPrefix[]): boolean {
  return a.some((subnet) => b.some((other) => overlaps(subnet, other)));
}

function requireFit({ networks }: Networks, subnets: readonly IpPrefix[]): void {
  const families = new Set(subnets.map(familyOf));
  const fitting = subnets.filter((subnet) => networks.some((range) => fits(range, subnet)));
  if (subnets.length > 0 && fitting.length === subnets.length && families.size === subnets.length) return;
  const expected = networks.map(
    ({ network, subnetLength, first, last }) => `a /${subnetLength} of ${network} from ${first} to ${last}`,
  );
  const found = subnets.join(' and ') || 'none';
  throw new LeaseError('not-free', `reservation: expected ${expected.join(', and ')}, found ${found}`);
}

function taken(subnets: readonly IpPrefix[], other: Lease): LeaseError {
  const holder =
    other.attributes.endpoints.map(({ publicIp }) => publicIp).join(', ') || 'an unreadable entry';
  const message = `reservation of ${subnets.join(', ')}: expected it free, found ${other.subnets.join(', ')} of ${holder}`;
  return new LeaseError('not-free', `${message}; revoke that first, or reserve another`);
}
