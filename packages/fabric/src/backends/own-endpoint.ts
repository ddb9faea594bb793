/** This node's side of one family of pod networks: the address that peers send to. */
import { type Family, familyOf, type IpAddress, type IpPrefix } from '@podlan/wire';
import type { HostNode } from '../backend.js';
import { LeaseError } from '../lease.js';

export interface OwnEndpoint {
  readonly family: Family;
  readonly network: IpPrefix;
  readonly publicIp: IpAddress;
  /** Where outer packets leave and arrive: behind NAT not the public address. */
  readonly local: IpAddress;
}

/** Throws LeaseError `bad-config` where the node has no address of the network's family. */
export function ownEndpoint(node: HostNode, network: IpPrefix): OwnEndpoint {
  const family = familyOf(network);
  const publicIp = node.publicIps.find((address) => familyOf(address) === family);
  if (publicIp === undefined) {
    const found = `found ${node.publicIps.join(', ') || 'none'} on ${node.externalInterface.name}`;
    const message = `network ${network}: expected a public IPv${family} address of this node, ${found}${family === 4 ? '; give one with --public-ip' : ''}`;
    throw new LeaseError('bad-config', message);
  }
  const local = node.localIps?.find((address) => familyOf(address) === family) ?? publicIp;
  return { family, network, publicIp, local };
}
