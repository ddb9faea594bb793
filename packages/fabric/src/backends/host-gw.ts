/**
 * flannel's host-gw backend (pkg/backend/hostgw): a route per peer by the external interface, and no device. Every node
 * has to be on one link with every other, and at its own address: no router between them knows where pods are.
 */
import type { Row } from '@podlan/linux/model';
import type { Backend, HostNode } from '../backend.js';
import { type Lease, type LeaseAttributes, LeaseError } from '../lease.js';
import { endpointOf, subnetOf } from '../lease-json.js';
import type { NetworkConfig } from '../network-config.js';
import { directRoute, isOnLink } from './direct-route.js';
import { type OwnEndpoint, ownEndpoint } from './own-endpoint.js';
import { peerProblem, typeProblem } from './peer-problems.js';

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
      const subnet = subnetOf(peer, family);
      const publicIp = endpointOf(peer, family)?.publicIp;
      return subnet && publicIp ? [directRoute(this.#node, subnet, publicIp)] : [];
    });
  }

  refusal(own: Lease, peer: Lease): string | undefined {
    return typeProblem(this.type, peer) ?? peerProblem(own, this.#endpoints, peer) ?? this.#linkProblem(peer);
  }

  #linkProblem(peer: Lease): string | undefined {
    const { name } = this.#node.externalInterface;
    for (const { family } of this.#endpoints) {
      const publicIp = endpointOf(peer, family)?.publicIp;
      if (subnetOf(peer, family) === undefined || publicIp === undefined) continue;
      if (isOnLink(this.#node, publicIp)) continue;
      return `its public address ${publicIp} is not on the link of ${name}, and host-gw needs every node to be: use vxlan`;
    }
    return undefined;
  }
}

function refuseNat({ publicIp, local }: OwnEndpoint, { externalInterface }: HostNode): void {
  if (publicIp === local) return;
  const expected = `the public address to be that of ${externalInterface.name}, ${local}`;
  const message = `host-gw: expected ${expected}, found ${publicIp}; leave out --public-ip, or use vxlan`;
  throw new LeaseError('bad-config', message);
}
