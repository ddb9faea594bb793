/** A device of a kind that is not simulated: it is there, has addresses and routes, and carries nothing. */
import type { Netns } from '../kernel/netns.js';
import type { Packet } from '../kernel/packet.js';
import { Device, type DeviceOptions } from './device.js';

export class Unmodelled extends Device {
  readonly type: string;

  constructor(netns: Netns, kind: string, options: DeviceOptions) {
    super(netns, options);
    this.type = kind;
  }

  protected send(packet: Packet): void {
    this.drop(packet, 'not-simulated', `${this.name} is a ${this.type} device, which is not simulated`);
  }
}
