/**
 * flannel's udp backend (pkg/backend/udp): one TUN with one route for the whole pod network, and a forwarder that knows
 * which node has which part of it. A packet is a datagram's payload as it is; IPv4 only.
 *
 * podlan's TUN is persistent, so that routes outlive the agent, as they do with the other backends.
 */
import { ROUTE_PROTOCOL, type Row } from '@podlan/linux/model';
import { parseInterfaceAddress, prefixAddress } from '@podlan/wire';
import type { Backend, HostNode } from '../backend.js';
import type { UdpConfig } from '../backend-config.js';
import { type Lease, type LeaseAttributes, LeaseError } from '../lease.js';
import { endpointOf, subnetOf } from '../lease-json.js';
import type { NetworkConfig } from '../network-config.js';
import { type OwnEndpoint, ownEndpoint } from './own-endpoint.js';
import { peerProblem, shortJson } from './peer-problems.js';

export interface UdpBackendOptions {
  readonly config: NetworkConfig;
  readonly node: HostNode;
}

/** What flannel's `flannel%d` becomes on a host without another. */
const DEVICE = 'flannel0';
/** Outer IPv4 20 + UDP 8 bytes. */
const OVERHEAD = 28;
/** flannel's udp leases have none. */
const NO_BACKEND_TYPE = '';

export function createUdpBackend(options: UdpBackendOptions, config: UdpConfig): Backend {
  return new Udp(options, config);
}

class Udp implements Backend {
  readonly type = 'udp';
  readonly mtu: number;
  readonly #port: number;
  readonly #endpoint: OwnEndpoint;

  constructor({ config, node }: UdpBackendOptions, { port }: UdpConfig) {
    const [endpoint, ipv6] = config.networks.map(({ network }) => ownEndpoint(node, network));
    if (endpoint?.family !== 4 || ipv6 !== undefined) refuseIpv6(config);
    this.#endpoint = endpoint;
    this.#port = port;
    this.mtu = node.externalInterface.mtu - OVERHEAD;
  }

  leaseAttributes(): LeaseAttributes {
    return { backendType: NO_BACKEND_TYPE, endpoints: [{ publicIp: this.#endpoint.publicIp }] };
  }

  hostState(own: Lease): Row[] {
    const { network } = this.#endpoint;
    return [
      { kind: 'link', type: 'tun', name: DEVICE, mtu: this.mtu, up: true },
      ...this.#addressed(own),
      { kind: 'route', prefix: network, dev: DEVICE, protocol: ROUTE_PROTOCOL },
    ];
  }

  peerState(own: Lease, peer: Lease): Row[] {
    const prefix = subnetOf(peer, 4);
    const remote = endpointOf(peer, 4)?.publicIp;
    if (this.refusal(own, peer) !== undefined || !prefix || !remote) return [];
    return [{ kind: 'tunnel', dev: DEVICE, prefix, remote, port: this.#port }];
  }

  refusal(own: Lease, peer: Lease): string | undefined {
    const { backendType } = peer.attributes;
    if (backendType === NO_BACKEND_TYPE) return peerProblem(own, [this.#endpoint], peer);
    return `expected a lease without backend type, as those of udp are, found backend type ${shortJson(backendType)}`;
  }

  /** The subnet's network address alone, as the host speaks to remote pods from it; and the forwarder that knows it. */
  #addressed(own: Lease): Row[] {
    const subnet = subnetOf(own, 4);
    if (subnet === undefined) return [];
    const { local, network } = this.#endpoint;
    const ends = { local, port: this.#port, address: prefixAddress(subnet) };
    return [
      { kind: 'address', dev: DEVICE, address: parseInterfaceAddress(`${ends.address}/32`)! },
      { kind: 'forwarder', type: 'udp', dev: DEVICE, ...ends, networks: [network], subnets: [subnet] },
    ];
  }
}

function refuseIpv6({ networks }: NetworkConfig): never {
  const found = networks.map(({ network }) => network).join(' and ');
  const message = `the udp backend carries IPv4 only: expected one IPv4 Network, found ${found}; write "Backend": {"Type": "vxlan"}, or leave EnableIPv6 out`;
  throw new LeaseError('bad-config', message);
}
