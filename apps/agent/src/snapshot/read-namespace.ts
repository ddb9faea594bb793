/** All tables of one namespace, as the tools print them. What decides nothing about packets is left out later, by the schema. */
import type { NamespaceSnapshot } from '@podlan/simulator/snapshot';
import type { KnownNamespace } from './known-namespaces.js';
import { readSockets } from './listening-sockets.js';
import { readRuleset } from './nft-objects.js';
import { nsidsOf } from './nsids.js';
import { readSysctls } from './sysctls.js';
import { listOf, type Netns } from './tool-text.js';

type Tables = Omit<NamespaceSnapshot, 'name' | 'kind' | 'netns' | 'nsids'>;

/** Who the namespace is. */
export type Identity = Pick<NamespaceSnapshot, 'name' | 'kind' | 'netns'>;

export async function readNamespace(
  netns: Netns,
  identity: Identity,
  known: readonly KnownNamespace[],
): Promise<NamespaceSnapshot> {
  // Tables first: the kernel numbers another namespace when it is asked for a link that leads there.
  const tables = await readTables(netns);
  return { ...identity, nsids: await nsidsOf(netns, known), ...tables };
}

async function readTables(netns: Netns): Promise<Tables> {
  const list = async (...argv: string[]) => (await listOf(netns, argv)) as never[];
  const [links, addresses, routes, rules, neighbors, proxied, fdb, ruleset, sockets] = await Promise.all([
    list('ip', '-d', '-j', 'link', 'show'),
    list('ip', '-j', 'address', 'show'),
    ofBothFamilies(netns, 'route', 'show', 'table', 'all'),
    ofBothFamilies(netns, 'rule', 'show'),
    list('ip', '-j', 'neigh', 'show'),
    list('ip', '-j', 'neigh', 'show', 'proxy'),
    list('bridge', '-d', '-j', 'fdb', 'show'),
    readRuleset(netns),
    readSockets(netns),
  ]);
  const unknown = [...ruleset.unread, ...(sockets === undefined ? (['sockets'] as const) : [])];
  const devices = (links as { ifname: string }[]).map(({ ifname }) => ifname);
  const ofLinks = <T extends OnDevice>(rows: readonly T[]) => rows.filter((row) => isOnOneOf(devices, row));
  return {
    links,
    addresses: ofLinks(addresses),
    routes: ofLinks(routes),
    rules,
    neighbors: ofLinks([...neighbors, ...proxied.map((one: object) => ({ state: [], ...one }) as never)]),
    fdb: ofLinks((fdb as FdbJson[]).filter(isNoFilter) as never[]),
    sysctls: await readSysctls(netns, devices),
    nftables: [...ruleset.objects],
    sockets: sockets ?? [],
    ...(unknown.length > 0 && { unknown }),
  };
}

interface OnDevice {
  readonly dev?: string;
  readonly ifname?: string;
}

/** Tables are read one beside the other: of a pod that comes or goes meanwhile, one has it and another has not. */
function isOnOneOf(devices: readonly string[], { dev, ifname }: OnDevice): boolean {
  const device = dev ?? ifname;
  return device === undefined || devices.includes(device);
}

interface FdbJson {
  readonly mac: string;
  readonly dst?: string;
  readonly flags: readonly string[];
}

/** Multicast addresses that a device listens to for its own host stand among the entries: nothing is forwarded by these. */
const isNoFilter = ({ mac, dst, flags }: FdbJson): boolean =>
  !(dst === undefined && flags.includes('self') && /^(33:33|01:00:5e|01:80:c2)/.test(mac));

async function ofBothFamilies(netns: Netns, ...argv: string[]): Promise<never[]> {
  const [inet, inet6] = await Promise.all([
    listOf(netns, ['ip', '-4', '-j', ...argv]),
    listOf(netns, ['ip', '-6', '-j', ...argv]).catch(noneWithoutIpv6),
  ]);
  return [
    ...inet.map((one) => ({ family: 'inet', ...one })),
    ...inet6.map((one) => ({ family: 'inet6', ...one })),
  ] as never[];
}

function noneWithoutIpv6(error: Error): object[] {
  if (/not supported/i.test(error.message)) return [];
  throw error;
}
