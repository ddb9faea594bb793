/** `podlan leases`: who holds which subnet, by the lease store itself; and, where the store allocates, changes to that. */
import type { AllocatingStore, Lease, OpenStore } from '@podlan/fabric';
import { type IpAddress, type IpPrefix, parseIpPrefix } from '@podlan/wire';
import type { Command } from 'commander';
import { parseAddress } from '../agent/flags/flag-values.js';
import { declareStoreFlags, type StoreFlags, storeChoice } from '../agent/flags/store-flags.js';
import { withStore as inStore, isAllocating, leasesIn } from '../agent/listed-leases.js';
import { table } from '../table.js';
import { UsageError } from '../usage-error.js';

interface LeaseReport {
  readonly subnets: readonly IpPrefix[];
  readonly publicIps: readonly IpAddress[];
  readonly backendType: string;
  /** Kept for its node for ever. */
  readonly reserved: boolean;
  readonly expiresAtMs?: number;
}

type Addresses = { readonly publicIp?: IpAddress; readonly publicIpv6?: IpAddress };

const ipOption = (flag: string, family: 4 | 6) => (text: string) => parseAddress(flag, text, family);

export function declareLeases(program: Command): void {
  const leases = program.command('leases').description('the leases and reservations in the store');
  declareStoreFlags(leases);
  leases
    .option('--json', 'report as JSON')
    .action((flags: StoreFlags & { json?: boolean }) => withStore(flags, (store) => list(store, flags.json)));

  const reserve = leases
    .command('reserve')
    .description('keep a subnet for a node, for ever: it gets it the next time it starts')
    .argument('<subnet...>', 'one for each family of the network');
  declareStoreFlags(reserve);
  reserve
    .option('--public-ip <address>', "the node's IPv4 address", ipOption('--public-ip', 4))
    .option('--public-ipv6 <address>', 'its IPv6 address', ipOption('--public-ipv6', 6))
    .action((subnets: string[], flags: StoreFlags & Addresses) =>
      withStore(flags, (store) => reserveFor(allocating(store), subnets.map(parseSubnet), flags)),
    );

  const revoke = leases
    .command('revoke')
    .description(
      'take a lease or reservation away; a node that runs takes its subnet anew, if it still is free',
    )
    .argument('<subnet...>', 'all subnets of the lease');
  declareStoreFlags(revoke);
  revoke.action((subnets: string[], flags: StoreFlags) =>
    withStore(flags, (store) => revokeOf(allocating(store), subnets.map(parseSubnet))),
  );
}

const withStore = (flags: StoreFlags, work: (store: OpenStore) => Promise<void>): Promise<void> =>
  inStore(storeChoice(flags), work);

function allocating(store: OpenStore): OpenStore & AllocatingStore {
  if (isAllocating(store)) return store;
  throw new UsageError(
    'expected a store that hands out subnets (sqlite, etcd), found Kubernetes, which does so itself: ' +
      'see spec.podCIDRs of the nodes',
  );
}

async function list(store: OpenStore, json = false): Promise<void> {
  const allocates = isAllocating(store);
  const leases = await leasesIn(store);
  const reports = leases.map((lease) => reportOf(lease, allocates));
  process.stdout.write(`${json ? JSON.stringify(reports) : textOf(reports)}\n`);
}

function reportOf({ subnets, attributes, expiresAtMs }: Lease, allocates: boolean): LeaseReport {
  return {
    subnets,
    publicIps: attributes.endpoints.map(({ publicIp }) => publicIp),
    backendType: attributes.backendType,
    reserved: allocates && expiresAtMs === undefined,
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}

function textOf(reports: readonly LeaseReport[]): string {
  const until = ({ reserved, expiresAtMs }: LeaseReport) =>
    reserved ? 'reserved' : expiresAtMs === undefined ? '-' : new Date(expiresAtMs).toISOString();
  const rows = reports.map((one) => [
    one.subnets.join(', '),
    one.publicIps.join(', '),
    one.backendType || '-',
    until(one),
  ]);
  return table(['SUBNET', 'NODE', 'BACKEND', 'UNTIL'], rows);
}

async function reserveFor(
  store: AllocatingStore,
  subnets: readonly IpPrefix[],
  { publicIp, publicIpv6 }: Addresses,
): Promise<void> {
  const publicIps = [publicIp, publicIpv6].filter((address) => address !== undefined);
  if (publicIps.length === 0)
    throw new UsageError('expected the address of the node, found none: give --public-ip or --public-ipv6');
  const lease = await store.reserve(subnets, publicIps);
  process.stdout.write(`${lease.subnets.join(', ')} is reserved for ${publicIps.join(', ')}\n`);
}

async function revokeOf(store: AllocatingStore, subnets: readonly IpPrefix[]): Promise<void> {
  const text = subnets.join(', ');
  if (!(await store.revoke(subnets)))
    throw new UsageError(`expected a lease of exactly ${text}, found none; see them with: podlan leases`);
  process.stdout.write(`${text} is revoked\n`);
}

function parseSubnet(text: string): IpPrefix {
  const prefix = parseIpPrefix(text);
  if (prefix !== undefined) return prefix;
  throw new UsageError(`expected a subnet such as 10.244.5.0/24, found ${text}`);
}
