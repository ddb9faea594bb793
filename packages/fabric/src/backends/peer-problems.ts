/** Why a peer's lease can't be programmed, whatever the backend: in a sentence, or undefined where it can. */
import { contains, overlaps } from '@podlan/linux/prefix';
import { type IpAddress, ipToBytes } from '@podlan/wire';
import type { Lease } from '../lease.js';

/** A subnet that is, in part, one of ours. */
export function subnetProblem(own: Lease, peer: Lease): string | undefined {
  for (const subnet of peer.subnets) {
    const ours = own.subnets.find((other) => overlaps(other, subnet));
    if (ours !== undefined) return `its subnet ${subnet} overlaps ours, ${ours}`;
  }
  return undefined;
}

/** A public address that no tunnel of `own` could lead to. */
export function addressProblem(peer: Lease, own: readonly IpAddress[]): string | undefined {
  for (const { publicIp } of peer.attributes.endpoints) {
    if (own.includes(publicIp)) return `its public address ${publicIp} is ours`;
    if (!isHostAddress(publicIp)) return `its public address ${publicIp} is no host's`;
    for (const subnet of peer.subnets) {
      // Its tunnel packets, or ours, would be routed into the tunnel again.
      const inside = [publicIp, ...own].find((address) => contains(subnet, address));
      if (inside !== undefined) return `its subnet ${subnet} holds the tunnel endpoint ${inside}`;
    }
  }
  return undefined;
}

/** Neither unspecified nor loopback nor multicast nor broadcast. */
function isHostAddress(address: IpAddress): boolean {
  const bytes = ipToBytes(address);
  if (bytes.length === 4) return bytes[0] !== 0 && bytes[0] !== 127 && bytes[0]! < 224;
  const loopbackOrUnspecified = bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15]! <= 1;
  return bytes[0] !== 0xff && !loopbackOrUnspecified;
}
