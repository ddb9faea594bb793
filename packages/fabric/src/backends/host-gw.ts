/**
 * flannel's host-gw backend (pkg/backend/hostgw): a route per peer by the external interface, and no device. Every node
 * has to be on one link with every other, and at its own address: no router between them knows where pods are.
 */
import { ROUTE_PROTOCOL, type Row } from '@podlan/linux/model';
import { contains } from '@podlan/linux/prefix';
import type { IpAddress } from '@podlan/wire';
import type { Backend, HostNode } from '../backend.js';
import { type Lease, type LeaseAttributes, LeaseError } from '../lease.js';
import { endpointOf, subnetOf } from '../lease-json.js';
import type { NetworkConfig } from '../network-config.js';
import { type OwnEndpoint, ownEndpoint } from './own-endpoint.js';
import { addressProblem, subnetProblem } from './peer-problems.js';

export interface HostGwOptions {
  readonly config: NetworkConfig;
  readonly node: HostNode;
}

export function createHostGwBackend(options: HostGwOptions): Backend {
  return new HostGw(options);
}

class HostGw implements Backend {
  readonly type = 'host-gw';
  readonly mtu: number;
  readonly #node: HostNode;
  readonly #endpoints: readonly OwnEndpoint[];

  constructor({ config, node }: HostGwOptions) {
    this.mtu = node.externalInterface.mtu;
    this.#node = node;
    this.#endpoints = config.networks.map(({ network }) => ownEndpoint(node, network));
    for (const endpoint of this.#endpoints) refuseNat(endpoint, node);
  }

  leaseAttributes(): LeaseAttributes {
    return { backendType: this.type, endpoints: this.#endpoints.map(({ publicIp }) => ({ publicIp })) };
  }

  hostState(): Row[] {
    return [];
  }

  peerState(own: Lease, peer: Lease): Row[] {
    if (this.refusal(own, peer) !== undefined) return [];
    return this.#endpoints.flatMap(({ family }): Row[] => {
      const prefix = subnetOf(peer, family);
      const via = endpointOf(peer, family)?.publicIp;
      if (prefix === undefined || via === undefined) return [];
      return [
        { kind: 'route', prefix, via, dev: this.#node.externalInterface.name, protocol: ROUTE_PROTOCOL },
      ];
    });
  }

  refusal(own: Lease, peer: Lease): string | undefined {
    if (peer.attributes.backendType !== this.type) {
      return `expected a host-gw lease, found backend type ${JSON.stringify(peer.attributes.backendType)}`;
    }
    const ownAddresses = this.#endpoints.map(({ publicIp }) => publicIp);
    return (
      subnetProblem(own, peer) ??
      addressProblem(peer, ownAddresses) ??
      this.#familyProblem(peer) ??
      this.#linkProblem(peer)
    );
  }

  #familyProblem(peer: Lease): string | undefined {
    const shared = this.#endpoints.some(({ family }) => subnetOf(peer, family) && endpointOf(peer, family));
    if (shared) return undefined;
    return `expected a subnet and a public address of one family with ours, found ${peer.subnets.join(', ')}`;
  }

  #linkProblem(peer: Lease): string | undefined {
    for (const { family } of this.#endpoints) {
      const publicIp = endpointOf(peer, family)?.publicIp;
      if (subnetOf(peer, family) === undefined || publicIp === undefined || this.#isOnLink(publicIp))
        continue;
      const { name } = this.#node.externalInterface;
      return `its public address ${publicIp} is not on the link of ${name}, and host-gw needs every node to be: use vxlan`;
    }
    return undefined;
  }

  #isOnLink(address: IpAddress): boolean {
    return this.#node.onLink?.some((prefix) => contains(prefix, address)) ?? false;
  }
}

function refuseNat({ publicIp, local }: OwnEndpoint, { externalInterface }: HostNode): void {
  if (publicIp === local) return;
  const expected = `the public address to be that of ${externalInterface.name}, ${local}`;
  const message = `host-gw: expected ${expected}, found ${publicIp}; leave out --public-ip, or use vxlan`;
  throw new LeaseError('bad-config', message);
}
