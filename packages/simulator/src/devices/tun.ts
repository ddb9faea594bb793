/** A TAP or TUN: what leaves by it a program reads, and what the program writes comes in (drivers/net/tun.c). */

import type { Netns } from '../kernel/netns.js';
import type { Packet } from '../kernel/packet.js';
import { Device, type DeviceOptions } from './device.js';

/** The program at the other side. */
export interface Reader {
  read(packet: Packet): void;
  stop(): void;
}

export class Tun extends Device {
  readonly type: 'tap' | 'tun';
  reader: Reader | undefined;

  constructor(netns: Netns, type: 'tap' | 'tun', options: DeviceOptions) {
    super(netns, options);
    this.type = type;
  }

  override get hasLinkLayer(): boolean {
    return this.type === 'tap';
  }

  /** A device that stays without its program has none. */
  override get carrier(): boolean {
    return this.reader !== undefined;
  }

  protected send(packet: Packet): void {
    this.tell(packet, 'to-user', `read from ${this.name}`, { crossing: 'to-user' });
    this.reader!.read(packet);
  }

  /** From the program. */
  write(packet: Packet): void {
    this.tell(packet, 'from-user', `written to ${this.name}`, { crossing: 'to-kernel' });
    this.receive(packet);
  }

  override dispose(): void {
    super.dispose();
    this.reader?.stop();
    this.reader = undefined;
  }
}
