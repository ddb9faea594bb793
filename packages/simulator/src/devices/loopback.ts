/** `lo`: what a host sends to itself. */
import type { MacAddress } from '@podlan/wire';
import type { Netns } from '../kernel/netns.js';
import type { Packet } from '../kernel/packet.js';
import { Device } from './device.js';

export class Loopback extends Device {
  readonly type = 'loopback';

  constructor(netns: Netns) {
    super(netns, { name: 'lo', mac: '00:00:00:00:00:00' as MacAddress, mtu: 65536, up: true });
  }

  protected send(packet: Packet): void {
    this.receive(packet);
  }
}
