/** A veth pair: what goes in at one end comes out at the other (drivers/net/veth.c). */
import type { Packet } from '../kernel/packet.js';
import { Device } from './device.js';

/** Of Ethernet, with room for a VLAN tag. */
export const HEADERS_BYTES = 18;

export class Veth extends Device {
  readonly type = 'veth';
  peer: Veth | undefined;

  override get carrier(): boolean {
    return this.peer?.up ?? false;
  }

  protected send(packet: Packet): void {
    const peer = this.peer!;
    // is_skb_forwardable: the other end takes no more than its own MTU.
    if (packet.bytes.length <= peer.mtu + HEADERS_BYTES) peer.receive(packet);
    else
      peer.drop(packet, 'too-big', `${packet.bytes.length - 14} bytes, and ${peer.name} takes ${peer.mtu}`);
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
