/**
 * Why a peer's lease can't be programmed, whatever the backend: in a sentence, or undefined where it can. Whoever can
 * write to the store can write a lease, so what it says is believed only as far as it can do no harm to others.
 */
import { contains, overlaps } from '@podlan/linux/prefix';
import { familyOf, type IpAddress, ipToBytes } from '@podlan/wire';
import type { Lease } from '../lease.js';
import { endpointOf, subnetOf } from '../lease-json.js';
import type { OwnEndpoint } from './own-endpoint.js';

/** Leases of other backends are no fault, but nothing that this one could reach. */
export function typeProblem(type: string, { attributes }: Lease): string | undefined {
  if (attributes.backendType === type) return undefined;
  return `expected a ${type} lease, found backend type ${shortJson(attributes.backendType)}`;
}

/** `own`: our lease; `endpoints`: our side of each family. */
export function peerProblem(own: Lease, endpoints: readonly OwnEndpoint[], peer: Lease): string | undefined {
  return (
    subnetProblem(own, endpoints, peer) ??
    addressProblem(own, endpoints, peer) ??
    familyProblem(endpoints, peer)
  );
}

/** A value of a lease, for a message: short, whatever it is. */
export function shortJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'none').slice(0, 80);
}

/** A subnet that is, in part, one of ours, or none of the pod network's. */
function subnetProblem(own: Lease, endpoints: readonly OwnEndpoint[], peer: Lease): string | undefined {
  for (const subnet of peer.subnets) {
    const ours = own.subnets.find((other) => overlaps(other, subnet));
    if (ours !== undefined) return `its subnet ${subnet} overlaps ours, ${ours}`;
    const network = endpoints.find(({ family }) => family === familyOf(subnet))?.network;
    if (network !== undefined && !contains(network, subnet))
      return `its subnet ${subnet} is not inside ${network}`;
  }
  return undefined;
}

/** A public address that no tunnel of ours could lead to. */
function addressProblem(own: Lease, endpoints: readonly OwnEndpoint[], peer: Lease): string | undefined {
  const ownAddresses = endpoints.flatMap(({ publicIp, local }) => [publicIp, local]);
  for (const { publicIp } of peer.attributes.endpoints) {
    if (ownAddresses.includes(publicIp)) return `its public address ${publicIp} is ours`;
    if (!isHostAddress(publicIp)) return `its public address ${publicIp} is no host's`;
    const ours = own.subnets.find((subnet) => contains(subnet, publicIp));
    if (ours !== undefined) return `its public address ${publicIp} lies in our subnet ${ours}`;
    for (const subnet of peer.subnets) {
      // Its tunnel packets, or ours, would be routed into the tunnel again.
      const inside = [publicIp, ...ownAddresses].find((address) => contains(subnet, address));
      if (inside !== undefined) return `its subnet ${subnet} holds the tunnel endpoint ${inside}`;
    }
  }
  return undefined;
}

function familyProblem(endpoints: readonly OwnEndpoint[], peer: Lease): string | undefined {
  if (endpoints.some(({ family }) => subnetOf(peer, family) && endpointOf(peer, family))) return undefined;
  return `expected a subnet and a public address of one family with ours, found ${peer.subnets.join(', ')}`;
}

/** Neither unspecified nor loopback nor multicast nor broadcast. */
function isHostAddress(address: IpAddress): boolean {
  const bytes = ipToBytes(address);
  if (bytes.length === 4) return bytes[0] !== 0 && bytes[0] !== 127 && bytes[0]! < 224;
  const loopbackOrUnspecified = bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15]! <= 1;
  return bytes[0] !== 0xff && !loopbackOrUnspecified;
}
