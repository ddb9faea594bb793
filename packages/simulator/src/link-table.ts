/** Links of a simulated namespace as rows: makes devices of them, changes them, and tells of them. */
import type { Link } from '@podlan/linux/model';
import { Bridge } from './devices/bridge.js';
import type { Device } from './devices/device.js';
import { Tun } from './devices/tun.js';
import { pair, Veth } from './devices/veth.js';
import { Vxlan } from './devices/vxlan.js';
import type { Netns } from './kernel/netns.js';
import type { SimNetwork } from './sim-network.js';

/** What a device has that nobody said more of. */
const ETHERNET_MTU = 1500;

/** What links are made with, and where the other ends of pairs may lie. */
export type LinkSurroundings = Pick<SimNetwork, 'nextMac' | 'netns'>;

export class LinkTable {
  readonly #network: LinkSurroundings;
  readonly #netns: Netns;

  constructor(network: LinkSurroundings, netns: Netns) {
    this.#network = network;
    this.#netns = netns;
  }

  /** Undefined for devices that podlan makes none of, as network cards are. */
  row(name: string): Link | undefined {
    const device = this.#netns.device(name);
    if (device === undefined) return undefined;
    const { mac, mtu, up, master, hairpin } = device;
    const port = master === undefined ? {} : { master: master.name, hairpin };
    const base = { kind: 'link', name, mtu, up, ...port } as const;
    if (device instanceof Bridge) return { ...base, mac, type: 'bridge' };
    if (device instanceof Tun)
      return device.type === 'tun' ? { ...base, type: 'tun' } : { ...base, mac, type: 'tap' };
    if (device instanceof Veth) return { ...base, mac, type: 'veth', ...peerOf(device) };
    if (!(device instanceof Vxlan)) return undefined;
    const { vni, port: udpPort, local, lower: dev = '', learning, gbp } = device;
    return { ...base, mac, type: 'vxlan', vni, port: udpPort, local, dev, learning, gbp };
  }

  /** Makes the device, or changes what can be changed in place. Throws where it is of another kind. */
  set(row: Link): void {
    const master = this.#masterFor(row);
    const known = this.#netns.device(row.name);
    const device = known ?? this.#make(row);
    if (device.type !== row.type && device.type !== 'nic')
      throw new Error(`File exists: ${row.name} is a ${device.type} device`);
    if (row.mac !== undefined) device.mac = row.mac;
    // NETDEV_CHANGEADDR, though it is the same one: even permanent neighbors are forgotten.
    if (row.mac !== undefined && known !== undefined) this.#netns.neighbors.deleteOf(row.name);
    if (device instanceof Bridge && row.mac !== undefined) device.hasOwnMac = true;
    if (device instanceof Vxlan && row.type === 'vxlan') device.learning = row.learning;
    device.mtu = row.mtu;
    if (device.master !== master) this.#enslave(device, master);
    device.hairpin = master !== undefined && row.hairpin === true;
    this.#netns.setUp(device, row.up);
    this.#wakeAll(['address', 'route', 'neighbor']);
  }

  delete(name: string): boolean {
    const device = this.#netns.device(name);
    if (device === undefined) return false;
    this.#netns.deleteDevice(name);
    this.#wakeAll(['address', 'route', 'neighbor', 'fdb']);
    return true;
  }

  #wakeAll(tables: readonly ('address' | 'route' | 'neighbor' | 'fdb')[]): void {
    for (const table of tables) this.#netns.watchers.wake(table);
  }

  #masterFor({ master }: Link): Bridge | undefined {
    if (master === undefined) return undefined;
    const bridge = this.#netns.device(master);
    if (bridge instanceof Bridge) return bridge;
    throw new Error(bridge === undefined ? `Cannot find device "${master}"` : `${master} is no bridge`);
  }

  #enslave(device: Device, master: Bridge | undefined): void {
    if (master === undefined) device.master?.removePort(device);
    else master.addPort(device);
  }

  #make(row: Link): Device {
    const device = this.#newDevice(row);
    this.#netns.addDevice(device);
    return device;
  }

  #newDevice(row: Link): Device {
    const { name, mtu, mac = this.#network.nextMac() } = row;
    const options = { name, mtu, mac };
    switch (row.type) {
      case 'bridge':
        return new Bridge(this.#netns, options);
      case 'tap':
      case 'tun':
        return new Tun(this.#netns, row.type, options);
      case 'veth':
        return this.#newPair(row, options);
      case 'vxlan': {
        if (this.#netns.device(row.dev) === undefined) throw new Error(`Cannot find device "${row.dev}"`);
        const { vni, port, local, dev: lower, learning, gbp } = row;
        return new Vxlan(this.#netns, { ...options, vni, port, local, lower, learning, gbp });
      }
    }
  }

  #newPair(row: Link & { type: 'veth' }, options: { name: string; mtu: number; mac: Device['mac'] }): Veth {
    const { peer } = row;
    if (peer === undefined) throw new Error(`Cannot find device "${row.name}"`);
    const netns = peer.netns === undefined ? this.#netns : this.#network.netns(peer.netns);
    if (netns === undefined) throw new Error(`Invalid "netns" value "${peer.netns}"`);
    if (netns.device(peer.name) !== undefined) throw new Error(`File exists: ${peer.name} in ${netns.name}`);
    const near = new Veth(this.#netns, options);
    const far = new Veth(netns, { name: peer.name, mtu: ETHERNET_MTU, mac: this.#network.nextMac() });
    pair(near, far);
    netns.addDevice(far);
    netns.watchers.wake('link');
    return near;
  }
}

function peerOf(device: Veth): { readonly peer?: { readonly name: string; readonly netns?: string } } {
  const { peer } = device;
  if (peer === undefined) return {};
  return {
    peer: peer.netns === device.netns ? { name: peer.name } : { name: peer.name, netns: peer.netns.name },
  };
}
