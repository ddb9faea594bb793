/** Whether the links of a namespace fit each other: names and indexes of their own, masters that can be such. */
import { type Key, refuse } from './snapshot-error.js';
import type { LinkSnapshot } from './types.js';

/** Kinds that have no ports. Of kinds that are not simulated this is not known. */
const WITHOUT_PORTS = new Set(['veth', 'vxlan', 'tun', 'dummy']);
/** ETH_MIN_MTU, and what the loopback device has: of devices whose frames are simulated. */
const [LEAST_MTU, MOST_MTU] = [68, 65_536];
const SIMULATED = new Set(['bridge', 'veth', 'vxlan', 'tun']);

export function checkLinks(links: readonly LinkSnapshot[], path: readonly Key[]): void {
  const byName = new Map<string, LinkSnapshot>();
  const indexes = new Set<number>();
  for (const [i, link] of links.entries()) {
    const { ifname, ifindex } = link;
    if (byName.has(ifname)) refuse([...path, i, 'ifname'], 'a name that no other link has', ifname);
    if (indexes.has(ifindex)) refuse([...path, i, 'ifindex'], 'an index that no other link has', ifindex);
    byName.set(ifname, link);
    indexes.add(ifindex);
    checkMtu(link, [...path, i, 'mtu']);
  }
  for (const [i, link] of links.entries()) checkMaster(link, byName, [...path, i, 'master']);
}

function checkMtu({ mtu, linkinfo }: LinkSnapshot, path: readonly Key[]): void {
  if (!SIMULATED.has(linkinfo?.info_kind ?? '')) return;
  if (mtu < LEAST_MTU || mtu > MOST_MTU) refuse(path, `an MTU from ${LEAST_MTU} to ${MOST_MTU}`, mtu);
}

function checkMaster(
  link: LinkSnapshot,
  byName: ReadonlyMap<string, LinkSnapshot>,
  path: readonly Key[],
): void {
  if (link.master === undefined) return;
  const master = byName.get(link.master);
  const kind = master?.linkinfo?.info_kind;
  if (master === undefined) refuse(path, 'a link of this namespace', link.master);
  if (master.link_type === 'loopback' || WITHOUT_PORTS.has(kind ?? ''))
    refuse(path, 'a bridge or another link that has ports', link.master);
  const seen = new Set([link.ifname]);
  for (let at: LinkSnapshot | undefined = master; at !== undefined; at = byName.get(at.master ?? '')) {
    if (seen.has(at.ifname)) refuse(path, 'masters without a circle', link.master);
    seen.add(at.ifname);
  }
}
