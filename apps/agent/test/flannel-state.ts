/**
 * The kernel state that a backend is answerable for, as `ip` and `bridge` print it, with the names of the two hosts taken
 * out: two hosts that see each other in the same way have the same state, field by field.
 */
import { deviceOf, type Family, plainMac } from './plain-host.js';
import { type Box, hostAddress, say, subnetOf } from './two-hosts.js';

/** Whose MAC is whose, by family. */
export type Macs = Readonly<Record<number, { readonly own: string; readonly peer: string }>>;

type Json = Record<string, unknown>;

export interface KernelState {
  readonly links: Json[];
  readonly addresses: Json[];
  readonly routes: Json[];
  readonly neighbors: Json[];
  readonly fdb: Json[];
  readonly acceptRa: string;
}

export async function kernelState(box: Box, families: readonly Family[], macs: Macs): Promise<KernelState> {
  const read = async (...argv: string[]) => parts(rename(await say(box.netns, ...argv), box, macs));
  const each = async (look: (dev: string, family: Family) => Promise<Json[]>) =>
    (await Promise.all(families.map((family) => look(deviceOf(family), family)))).flat();
  return {
    links: (await each((dev) => read('ip', '-d', '-j', 'link', 'show', 'dev', dev))).map(withoutOrder),
    addresses: (await each((dev) => read('ip', '-j', 'addr', 'show', 'dev', dev))).flatMap(globalAddresses),
    routes: (await each((_, family) => read('ip', `-${family}`, '-j', 'route', 'show'))).flatMap(toPods),
    neighbors: await each((dev) => read('ip', '-j', 'neigh', 'show', 'dev', dev, 'nud', 'permanent')),
    fdb: await each((dev) => read('bridge', '-j', 'fdb', 'show', 'dev', dev)),
    acceptRa: families.includes(6)
      ? (await say(box.netns, 'cat', '/proc/sys/net/ipv6/conf/flannel-v6.1/accept_ra')).trim()
      : '0',
  };
}

/** What the wasm dataplane has too: of links name, MAC, MTU and flags; all else but the FDB, which is its tunnels'. */
export function onAnyDataplane({ links, addresses, routes, neighbors, acceptRa }: KernelState): object {
  const common = links.map(({ ifname, address, mtu, flags }) => ({
    ...{ ifname, address, mtu },
    flags: (flags as string[]).filter((flag) => flag !== 'LOWER_UP').sort(),
  }));
  return { links: common, addresses, routes, neighbors, acceptRa };
}

export const macsOf = (families: readonly Family[], published: (family: Family) => string): Macs =>
  Object.fromEntries(families.map((family) => [family, { own: published(family), peer: plainMac(family) }]));

export const mirrored = (macs: Macs): Macs =>
  Object.fromEntries(
    Object.entries(macs).map(([family, { own, peer }]) => [family, { own: peer, peer: own }]),
  );

function rename(text: string, { number }: Box, macs: Macs): string {
  const peer = 3 - number;
  const names: [string, string][] = ([4, 6] as const).flatMap((family): [string, string][] => [
    [subnetOf(family, number).split('/')[0]!, `OWN-NET-${family}`],
    [subnetOf(family, peer).split('/')[0]!, `PEER-NET-${family}`],
    [hostAddress(family, number), `OWN-IP-${family}`],
    [hostAddress(family, peer), `PEER-IP-${family}`],
    [macs[family]?.own ?? 'none', `OWN-MAC-${family}`],
    [macs[family]?.peer ?? 'none', `PEER-MAC-${family}`],
  ]);
  return names.reduce((renamed, [name, role]) => renamed.replaceAll(name, role), text);
}

const parts = (text: string): Json[] => JSON.parse(text || '[]') as Json[];

/** Numbers of devices are given in the order of their making. */
const withoutOrder = ({ ifindex: _, ...link }: Json): Json => link;

/** The kernel makes one of its own for the link. podlan's are of use at once, flannel's after a second of detection. */
const globalAddresses = ({ addr_info }: Json): Json[] =>
  (addr_info as Json[])
    .filter(({ scope }) => scope === 'global')
    .map(({ nodad: _, tentative: __, ...address }) => address);

/** Whichever protocol they carry. */
const toPods = ({ protocol: _, ...route }: Json): Json[] =>
  /^PEER-NET/.test(String(route.dst)) ? [route] : [];
