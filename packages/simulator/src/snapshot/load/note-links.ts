/** What of a namespace's links and of what bridges and tunnels know is not simulated: a line each. */
import { Unmodelled } from '../../devices/unmodelled.js';
import { Vxlan } from '../../devices/vxlan.js';
import type { Netns } from '../../kernel/netns.js';
import type { NamespaceSnapshot } from '../namespace-schema.js';
import type { LinkSnapshot } from '../types.js';
import { allPackets, type Note } from './concerns.js';

/** After the links themselves were restored. */
export function noteLinks(netns: Netns, { links, fdb }: NamespaceSnapshot, note: Note): void {
  for (const link of links) {
    const device = netns.device(link.ifname);
    if (device instanceof Unmodelled) noteUnmodelled(netns, device, link.flags, note);
    else if (link.flags.includes('UP')) noteSettings(link, note);
  }
  for (const { ifname, mac, dst, master } of fdb)
    if (netns.device(ifname) instanceof Vxlan && dst === undefined && master === undefined)
      note(`the entry ${mac} dev ${ifname} is left out: it names no host`, allPackets);
}

/** Carries nothing in any case: a packet that comes to it ends there. */
function noteUnmodelled(netns: Netns, device: Unmodelled, flags: readonly string[], note: Note): void {
  const isUsed = device.master !== undefined || netns.addressesOf(device.name).length > 0;
  if (flags.includes('UP') && isUsed)
    note(`${device.name} is a ${device.type} device, which is not simulated`);
}

/** Of a port, each with what it does, and whether that decides about more than questions for MACs. */
const PORT_FLAGS = [
  ['locked', 'only MACs that the FDB has may send', true],
  ['proxy_arp', 'frames for all are not sent out of it', true],
  ['neigh_suppress', 'the bridge answers ARP and ND itself', false],
] as const;

function noteSettings({ ifname, master, linkinfo }: LinkSnapshot, note: Note): void {
  const { info_data: data = {}, info_slave_data: port = {} } = linkinfo ?? {};
  if ((data.vlan_filtering ?? 0) > 0)
    note(
      `vlan_filtering of ${ifname} is not simulated: all its ports are taken to be in one VLAN`,
      allPackets,
    );
  if (data.proxy) note(`proxy of ${ifname} is not simulated: it answers ARP and ND itself`);
  if (data.group !== undefined || data.group6 !== undefined)
    note(`group of ${ifname} is not simulated: all hosts on the link are taken to be in it`);
  if (typeof data.ttl === 'number' && data.ttl > 0)
    note(`ttl of ${ifname} is not simulated: what it sends has that of the host`);
  if (master === undefined) return;
  for (const [flag, text, decides] of PORT_FLAGS)
    if (port[flag]) note(`${flag} of ${ifname} is not simulated: ${text}`, decides ? allPackets : undefined);
}
