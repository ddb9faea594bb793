/** Devices of a snapshot's namespace: made of what `ip -d link` said, and not yet joined to those of others. */
import { type InterfaceAddress, type MacAddress, parseInterfaceAddress, parseMacAddress } from '@podlan/wire';
import { Bridge } from '../../devices/bridge.js';
import type { PortSettings, PortState } from '../../devices/bridge-port.js';
import type { Device } from '../../devices/device.js';
import { Loopback } from '../../devices/loopback.js';
import { Nic } from '../../devices/nic.js';
import { Tun } from '../../devices/tun.js';
import { Unmodelled } from '../../devices/unmodelled.js';
import { Veth } from '../../devices/veth.js';
import { Vxlan } from '../../devices/vxlan.js';
import type { Netns } from '../../kernel/netns.js';
import type { NamespaceSnapshot } from '../namespace-schema.js';
import type { LinkSnapshot } from '../types.js';

const NO_MAC = '00:00:00:00:00:00' as MacAddress;
/** `info_data` has hundredths of a second. */
const HUNDREDTHS_MS = 10;

/** `isUplink`: what leads to no namespace that is known, and so to other hosts. */
export function restoreLinks(
  netns: Netns,
  snapshot: NamespaceSnapshot,
  isUplink: (link: LinkSnapshot) => boolean,
): void {
  for (const link of snapshot.links) {
    const device = isUplink(link) ? new Nic(netns, optionsOf(link)) : deviceOf(netns, snapshot, link);
    netns.addDevice(device);
    device.up = link.flags.includes('UP');
  }
  for (const link of snapshot.links) enslave(netns, link);
  for (const { ifname: dev, addr_info } of snapshot.addresses) {
    for (const { local, prefixlen, scope, tentative, dadfailed } of addr_info) {
      const address = parseInterfaceAddress(`${local}/${prefixlen}`) as InterfaceAddress;
      const kind = scope === 'link' || scope === 'host' ? scope : 'global';
      if (!tentative && !dadfailed) netns.restoreAddress({ dev, address, scope: kind });
    }
  }
}

const optionsOf = ({ ifname: name, mtu, address = '' }: LinkSnapshot) => ({
  name,
  mtu,
  mac: parseMacAddress(address) ?? NO_MAC,
});

function deviceOf(netns: Netns, snapshot: NamespaceSnapshot, link: LinkSnapshot): Device {
  const options = optionsOf(link);
  const kind = link.linkinfo?.info_kind;
  if (link.link_type === 'loopback') return new Loopback(netns);
  switch (kind) {
    case 'bridge':
      return bridge(netns, link);
    case 'veth':
      return new Veth(netns, options);
    case 'tun':
      return new Tun(netns, link.linkinfo?.info_data?.type === 'tap' ? 'tap' : 'tun', options);
    case 'vxlan':
      return vxlan(netns, snapshot, link) ?? new Unmodelled(netns, 'vxlan', options);
    default:
      return new Unmodelled(netns, kind ?? link.link_type ?? 'unknown', options);
  }
}

function bridge(netns: Netns, link: LinkSnapshot): Bridge {
  const device = new Bridge(netns, optionsOf(link));
  const { ageing_time: ageing } = link.linkinfo?.info_data ?? {};
  device.hasOwnMac = true;
  if (ageing !== undefined) device.ageingMs = ageing * HUNDREDTHS_MS;
  return device;
}

/** Undefined for one without a VNI or an address of its own: those are the `external` ones. */
function vxlan(netns: Netns, snapshot: NamespaceSnapshot, link: LinkSnapshot): Vxlan | undefined {
  const { id: vni, local, local6, port, learning = true, gbp = false } = link.linkinfo?.info_data ?? {};
  const own = local ?? local6;
  if (vni === undefined || port === undefined || own === undefined) return undefined;
  const lower = lowerOf(snapshot, link);
  return new Vxlan(netns, { ...optionsOf(link), vni, port, local: own, lower, learning, gbp });
}

function lowerOf(
  { links }: NamespaceSnapshot,
  { link, link_index, linkinfo }: LinkSnapshot,
): string | undefined {
  const byIndex = links.find(({ ifindex }) => ifindex === link_index)?.ifname;
  return linkinfo?.info_data?.link ?? link ?? byIndex;
}

function enslave(netns: Netns, { ifname, master, linkinfo, flags }: LinkSnapshot): void {
  const bridge = master === undefined ? undefined : netns.device(master);
  const device = netns.device(ifname);
  if (!(bridge instanceof Bridge) || device === undefined) return;
  bridge.addPort(device);
  const { hairpin = false, isolated = false, ...settings } = linkinfo?.info_slave_data ?? {};
  device.hairpin = hairpin;
  device.isolated = isolated;
  device.portSettings = portOf(settings, bridge.up && flags.includes('LOWER_UP'));
}

const STATES: ReadonlySet<string> = new Set<PortState>([
  ...(['disabled', 'blocking', 'listening', 'learning', 'forwarding'] as const),
]);

type PortData = NonNullable<NonNullable<LinkSnapshot['linkinfo']>['info_slave_data']>;

/** `isRunning`: of one that is down the state says no more than that. */
function portOf(settings: PortData, isRunning: boolean): PortSettings {
  const { state = '', learning = true, flood = true, mcast_flood = true, bcast_flood = true } = settings;
  return {
    state: isRunning && STATES.has(state) ? (state as PortState) : 'forwarding',
    learning,
    floods: { unicast: flood, multicast: mcast_flood, broadcast: bcast_flood },
  };
}
