/** A network namespace: devices, addresses, tables and rules, and the way of a frame that comes in by a device. */
import { addressBits, contains, prefixOf } from '@podlan/linux/prefix';
import {
  EthernetView,
  EtherType,
  type Family,
  familyOf,
  type InterfaceAddress,
  type IpAddress,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';
import type { SimClock } from '../clock.js';
import type { Device } from '../devices/device.js';
import { Loopback } from '../devices/loopback.js';
import { Netfilter } from '../netfilter/netfilter.js';
import type { Random } from '../random.js';
import { type DropReason, familyOfPacket, type HopEvent, type HopNote } from '../trace/journey.js';
import { receiveArp } from './arp.js';
import { Fib, type FibRoute, TABLE_LOCAL } from './fib.js';
import { Fragments } from './fragments.js';
import { broadcastOf, type DeviceAddress, hostPrefix, linkLocalOf, scopeOf } from './interface-address.js';
import { receiveIp } from './ip-input.js';
import { isIpv6Off } from './ipv6-switch.js';
import { askNeighbor } from './neighbor-questions.js';
import { Neighbors } from './neighbors.js';
import { note, type Packet, withBytes } from './packet.js';
import { Sockets } from './sockets.js';
import { Sysctls } from './sysctls.js';
import { Watchers } from './watchers.js';

/** What all namespaces of a simulation share. */
export interface NetnsOptions {
  readonly name: string;
  readonly clock: SimClock;
  readonly random: Random;
  /** Without the addresses and routes that the kernel makes for `lo`: whoever restores a state has them. */
  readonly isBare?: boolean;
}

export class Netns {
  readonly name: string;
  readonly clock: SimClock;
  readonly random: Random;
  readonly fib = new Fib();
  readonly neighbors: Neighbors;
  readonly sysctls = new Sysctls();
  readonly netfilter: Netfilter;
  readonly sockets: Sockets;
  readonly fragments: Fragments;
  readonly watchers = new Watchers();
  readonly #devices = new Map<string, Device>();
  #addresses: DeviceAddress[] = [];
  #identification: number;
  readonly #view = new EthernetView();

  constructor({ name, clock, random, isBare = false }: NetnsOptions) {
    this.name = name;
    this.clock = clock;
    this.random = random;
    this.neighbors = new Neighbors(clock, {
      ask: (device, address, about, mac) => askNeighbor(this, device, address, about, mac),
    });
    this.netfilter = new Netfilter({ random, nowMs: () => clock.nowMs() });
    this.sockets = new Sockets(this);
    this.fragments = new Fragments(clock);
    this.#identification = Math.floor(random() * 0x10000);
    if (isBare) return;
    this.addDevice(new Loopback(this));
    this.addAddress('lo', '127.0.0.1/8' as InterfaceAddress, 'host');
    this.addAddress('lo', '::1/128' as InterfaceAddress, 'host');
  }

  // Devices.

  get devices(): Iterable<Device> {
    return this.#devices.values();
  }

  device(name: string): Device | undefined {
    return this.#devices.get(name);
  }

  addDevice(device: Device): void {
    device.netns = this;
    this.#devices.set(device.name, device);
    if (device.up) this.#bringUp(device);
  }

  deleteDevice(name: string): void {
    const device = this.#devices.get(name);
    if (device === undefined) return;
    this.#devices.delete(name);
    this.neighbors.deleteOf(name);
    this.#addresses = this.#addresses.filter(({ dev }) => dev !== name);
    this.fib.deleteWhere(({ dev }) => dev === name);
    device.dispose();
  }

  /** What goes with a device that goes down, and comes with one that comes up, as Linux has it for each family. */
  setUp(device: Device, up: boolean): void {
    if (device.up === up) return;
    device.up = up;
    if (up) this.#bringUp(device);
    else this.#bringDown(device);
  }

  #bringUp(device: Device): void {
    for (const { dev, address } of this.#addresses) if (dev === device.name) this.#connect(device, address);
    this.addLinkLocal(device);
  }

  /** Where it is to have one. */
  addLinkLocal(device: Device): void {
    if (!device.hasLinkLayer || device.name === 'lo' || device.type === 'nic') return;
    if (isIpv6Off(this, device.name)) return;
    const linkLocal = linkLocalOf(device.mac);
    if (!this.addressesOf(device.name).some((one) => one.address === linkLocal))
      this.addAddress(device.name, linkLocal, 'link');
  }

  #bringDown(device: Device): void {
    const { name } = device;
    this.neighbors.deleteOf(name, true);
    this.fib.deleteWhere((route, table) => route.dev === name && (table !== TABLE_LOCAL || isIpv6(route)));
    this.#addresses = this.#addresses.filter(({ dev, address }) => dev !== name || familyOf(address) === 4);
  }

  // Addresses.

  get addresses(): readonly DeviceAddress[] {
    return this.#addresses;
  }

  addressesOf(dev: string, family?: Family): DeviceAddress[] {
    return this.#addresses.filter((one) => one.dev === dev && (!family || familyOf(one.address) === family));
  }

  addAddress(dev: string, address: InterfaceAddress, scope: DeviceAddress['scope'] = scopeOf(address)): void {
    if (this.#addresses.some((one) => one.dev === dev && one.address === address)) return;
    this.#addresses.push({ dev, address, scope });
    const device = this.#devices.get(dev)!;
    this.fib.append({ ...ofKernel(dev), prefix: hostPrefix(address), type: 'local' }, TABLE_LOCAL);
    if (device.up) this.#connect(device, address);
  }

  /** An address that has its routes already. */
  restoreAddress(address: DeviceAddress): void {
    this.#addresses.push(address);
  }

  /** With those that it is the first of its subnet of, as long as none of them is promoted (`promote_secondaries`). */
  deleteAddress(dev: string, address: InterfaceAddress): boolean {
    const found = this.addressesOf(dev).find((one) => one.address === address);
    if (found === undefined) return false;
    const secondaries = this.isSecondary(found) ? [] : this.addressesOf(dev, 4).filter(isBehind(found));
    for (const one of [...secondaries, found]) this.#deleteOne(one);
    // fib_disable_ip: a device without an address has no routes.
    if (familyOf(address) === 4 && this.addressesOf(dev, 4).length === 0)
      this.fib.deleteWhere((route) => route.dev === dev && !isIpv6(route));
    return true;
  }

  #deleteOne({ dev, address }: DeviceAddress): void {
    this.#addresses = this.#addresses.filter((one) => one.dev !== dev || one.address !== address);
    const host = prefixAddress(address);
    const isItsRoute = (route: FibRoute) => route.protocol === 'kernel' && route.dev === dev;
    this.fib.delete(hostPrefix(address), isItsRoute, TABLE_LOCAL);
    this.fib.delete(
      prefixOf(address),
      (route) => isItsRoute(route) && [undefined, host].includes(route.source),
    );
    const broadcast = broadcastOf(address);
    if (broadcast) this.fib.delete(broadcast, isItsRoute, TABLE_LOCAL);
    // fib_sync_down_addr: nobody can speak from it any more.
    if (!this.#addresses.some((one) => prefixAddress(one.address) === host))
      this.fib.deleteWhere(({ source }) => source === host);
  }

  /** Whether the device has had another of the subnet before: then the subnet's route is that one's. */
  isSecondary(one: DeviceAddress): boolean {
    if (familyOf(one.address) === 6) return false;
    const [first] = this.addressesOf(one.dev, 4).filter((other) => other === one || isBehind(other)(one));
    return first !== one && first !== undefined;
  }

  /** The address this host speaks from by `dev`, to `towards` (inet_select_addr, RFC 6724 as far as it matters here). */
  sourceAddress(dev: string | undefined, family: Family, towards?: IpAddress): IpAddress | undefined {
    const wanted = (one: DeviceAddress) =>
      familyOf(one.address) === family &&
      one.scope !== 'host' &&
      (one.scope === 'global' || isLinkLocal(towards));
    const onDevice = this.#addresses.filter((one) => one.dev === dev && wanted(one));
    const near = onDevice.find(
      ({ address }) => towards !== undefined && contains(prefixOf(address), towards),
    );
    const found = near ?? onDevice[0] ?? this.#addresses.find(wanted);
    return found && prefixAddress(found.address);
  }

  #connect(device: Device, address: InterfaceAddress): void {
    const { name: dev } = device;
    const prefix = prefixOf(address);
    const broadcast = broadcastOf(address);
    if (broadcast) this.fib.append({ ...ofKernel(dev), prefix: broadcast, type: 'broadcast' }, TABLE_LOCAL);
    if (device.name === 'lo') {
      if (familyOf(address) === 4) this.fib.append({ ...ofKernel(dev), prefix, type: 'local' }, TABLE_LOCAL);
      return;
    }
    if (familyOf(address) === 6) this.fib.append({ ...ofKernel(dev), prefix, type: 'unicast', metric: 256 });
    else if (prefixLength(prefix) < addressBits(prefix) && !this.#isSecondaryOn(dev, address))
      this.fib.append({ ...ofKernel(dev), prefix, type: 'unicast', source: prefixAddress(address) });
  }

  #isSecondaryOn(dev: string, address: InterfaceAddress): boolean {
    const one = this.addressesOf(dev, 4).find((known) => known.address === address);
    return one !== undefined && this.isSecondary(one);
  }

  // Frames.

  /** A frame that a device has taken in, and that no bridge has. */
  receive(device: Device, packet: Packet): void {
    if (!device.hasLinkLayer) {
      receiveIp(this, device, packet);
      return;
    }
    const view = this.#view;
    if (!view.reset(packet.bytes)) {
      device.drop(packet, 'malformed', 'no Ethernet header');
      return;
    }
    const { destination, etherType, payloadOffset } = view;
    const isGroup = (packet.bytes[0]! & 1) === 1;
    const inner = packet.bytes.subarray(payloadOffset);
    if (!isGroup && destination !== device.mac && device.name !== 'lo') {
      if (!packet.isFlooded)
        device.drop(packet, 'other-host', `for ${destination}; ${device.name} is ${device.mac}`);
      return;
    }
    if (etherType === EtherType.arp) receiveArp(this, device, withBytes(packet, inner));
    else if (etherType === EtherType.ipv4 && familyOfPacket(inner) === 4)
      receiveIp(this, device, withBytes(packet, inner), isGroup);
    else if (etherType === EtherType.ipv6 && familyOfPacket(inner) === 6)
      receiveIp(this, device, withBytes(packet, inner), isGroup);
    else device.drop(packet, 'malformed', 'no protocol of this host');
  }

  /** For packets that this host sends: what tells the fragments of one from those of another. */
  nextIdentification(): number {
    this.#identification = (this.#identification + 1) & 0xffff;
    return this.#identification;
  }

  /** A hop inside the stack, where packets have no link header. */
  tell(packet: Packet, event: HopEvent, text: string, more: Partial<HopNote> = {}): void {
    if (packet.trace === undefined) return;
    note(packet, { netns: this.name, event, text, before: packet.bytes, isFrame: false, ...more });
  }

  drop(packet: Packet, reason: DropReason, text: string, more: Partial<HopNote> = {}): void {
    this.tell(packet, 'drop', text, { reason, ...more });
  }
}

const ofKernel = (dev: string) => ({ dev, metric: 0, protocol: 'kernel' }) as const;

/** Of the same subnet, and not the same. */
const isBehind =
  (first: DeviceAddress) =>
  ({ address }: DeviceAddress): boolean =>
    address !== first.address &&
    prefixLength(address) === prefixLength(first.address) &&
    prefixOf(address) === prefixOf(first.address);

const isIpv6 = ({ prefix }: FibRoute) => familyOf(prefix) === 6;

const isLinkLocal = (address: IpAddress | undefined) =>
  address !== undefined &&
  (address.startsWith('fe80:') || address.startsWith('ff02:') || address.startsWith('169.254.'));
