/** A network device, as all kinds of it are (`struct net_device`): what leaves by it, and what comes in. */
import type { MacAddress } from '@podlan/wire';
import { spendDevice } from '../kernel/budget.js';
import type { Netns } from '../kernel/netns.js';
import { note, type Packet } from '../kernel/packet.js';
import type { DropReason, HopNote } from '../trace/journey.js';
import type { Bridge } from './bridge.js';
import { OPEN_PORT, type PortSettings } from './bridge-port.js';

/** Of one device. */
export interface DeviceCounters {
  txPackets: number;
  rxPackets: number;
  txDropped: number;
  rxDropped: number;
}

/** Hops after which a packet goes round in circles: no way through a cluster is that long. */
const MOST_HOPS = 255;

export interface DeviceOptions {
  readonly name: string;
  readonly mac: MacAddress;
  readonly mtu: number;
  readonly up?: boolean;
}

export abstract class Device {
  abstract readonly type: string;
  readonly name: string;
  netns: Netns;
  mac: MacAddress;
  mtu: number;
  up: boolean;
  master: Bridge | undefined;
  hairpin = false;
  /** As a port of a bridge: it exchanges no frames with other ports that are isolated. */
  isolated = false;
  /** As a port of a bridge, what is seldom otherwise. */
  portSettings: PortSettings = OPEN_PORT;
  readonly counters: DeviceCounters = { txPackets: 0, rxPackets: 0, txDropped: 0, rxDropped: 0 };

  constructor(netns: Netns, { name, mac, mtu, up = false }: DeviceOptions) {
    this.netns = netns;
    this.name = name;
    this.mac = mac;
    this.mtu = mtu;
    this.up = up;
  }

  /** False for devices whose packets have no Ethernet header. */
  get hasLinkLayer(): boolean {
    return true;
  }

  /** Whether something is at the other end. */
  get carrier(): boolean {
    return true;
  }

  get isRunning(): boolean {
    return this.up && this.carrier;
  }

  /** Sends a frame out of this device. */
  transmit(packet: Packet): void {
    if (!this.up) {
      this.drop(packet, 'device-down', `${this.name} is down`);
      return;
    }
    if (!this.carrier) {
      this.drop(packet, 'no-carrier', `${this.name} has no carrier`);
      return;
    }
    if (packet.hops >= MOST_HOPS) {
      this.drop(packet, 'forwarding-loop', `after ${packet.hops} devices`);
      return;
    }
    if (!this.#mayPass(packet)) return;
    this.counters.txPackets++;
    this.tell(packet, 'transmit', `out of ${this.name}`);
    this.send({ ...packet, hops: packet.hops + 1 });
  }

  /** A frame comes in by this device. */
  receive(packet: Packet): void {
    if (!this.up) {
      this.drop(packet, 'device-down', `${this.name} is down`);
      return;
    }
    if (!this.#mayPass(packet)) return;
    this.counters.rxPackets++;
    this.tell(packet, 'receive', `in by ${this.name}`);
    if (this.master === undefined) this.netns.receive(this, packet);
    else this.master.forward(packet, this);
  }

  #mayPass(packet: Packet): boolean {
    if (spendDevice(packet)) return true;
    this.drop(
      packet,
      'forwarding-loop',
      'its copies, and what they gave rise to, have passed too many devices',
    );
    return false;
  }

  drop(packet: Packet, reason: DropReason, text: string, more: Partial<HopNote> = {}): void {
    this.counters.txDropped++;
    this.tell(packet, 'drop', text, { reason, ...more });
  }

  protected tell(
    packet: Packet,
    event:
      | 'transmit'
      | 'receive'
      | 'drop'
      | 'encapsulate'
      | 'decapsulate'
      | 'to-user'
      | 'from-user'
      | 'bridge'
      | 'flood',
    text: string,
    more: Partial<HopNote> = {},
  ): void {
    if (packet.trace === undefined) return;
    const { netns, name: device, hasLinkLayer: isFrame } = this;
    note(packet, { netns: netns.name, device, event, text, before: packet.bytes, isFrame, ...more });
  }

  /** Carries a frame away from this host, or up to who reads it. */
  protected abstract send(packet: Packet): void;

  /** Takes the device out of whatever it is part of. */
  dispose(): void {
    this.master?.removePort(this);
  }
}
