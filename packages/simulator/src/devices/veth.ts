/** A veth pair: what goes in at one end comes out at the other (drivers/net/veth.c). */
import type { Packet } from '../kernel/packet.js';
import { Device } from './device.js';

export class Veth extends Device {
  readonly type = 'veth';
  peer: Veth | undefined;

  override get carrier(): boolean {
    return this.peer?.up ?? false;
  }

  protected send(packet: Packet): void {
    this.peer!.receive(packet);
  }

  override dispose(): void {
    super.dispose();
    const { peer } = this;
    this.peer = undefined;
    if (peer === undefined) return;
    peer.peer = undefined;
    peer.netns.deleteDevice(peer.name);
  }
}

/** Joins two ends. */
export function pair(one: Veth, other: Veth): void {
  one.peer = other;
  other.peer = one;
}
