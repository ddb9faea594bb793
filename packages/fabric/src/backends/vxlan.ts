/**
 * flannel's vxlan backend (pkg/backend/vxlan): one VXLAN device per family and three rows per peer, in the order
 * neighbor, FDB entry, route. On the wasm dataplane the device is a TAP and a tunnel row stands for the FDB entry.
 */
import type { Row } from '@podlan/linux/model';
import { ROUTE_PROTOCOL } from '@podlan/linux/model';
import { addressBits } from '@podlan/linux/prefix';
import {
  type Family,
  familyOf,
  type IpAddress,
  type IpPrefix,
  type MacAddress,
  macFromBytes,
  macToBytes,
  parseInterfaceAddress,
  parseMacAddress,
  prefixAddress,
} from '@podlan/wire';
import * as v from 'valibot';
import type { Backend, HostNode } from '../backend.js';
import type { Dataplane } from '../backend-config.js';
import { type Endpoint, type Lease, type LeaseAttributes, LeaseError } from '../lease.js';
import { endpointOf, subnetOf } from '../lease-json.js';
import type { NetworkConfig } from '../network-config.js';
import { addressProblem, subnetProblem } from './peer-problems.js';

/** The cluster's configuration, the host, and what the host decides for itself. */
export interface VxlanBackendOptions {
  readonly config: NetworkConfig;
  readonly node: HostNode;
  readonly dataplane: Dataplane;
  /** Six random bytes of any kind: they are made a locally administered unicast address. */
  readonly randomMac: () => MacAddress;
}

/** A backend that can say why it refuses a peer. */
export interface VxlanBackend extends Backend {
  /** Why `peerState` is empty for this peer; undefined where it is not. */
  refusal(own: Lease, peer: Lease): string | undefined;
}

/** Outer IPv4 20 + UDP 8 + VXLAN 8 + inner Ethernet 14 bytes. */
const IPV4_OVERHEAD = 50;
const IPV6_OVERHEAD = 70;
/** IP6_RT_PRIO_USER: what flannel writes, and the kernel's own default. */
const IPV6_METRIC = 1024;

/** `VNI` is decoded and never compared, as in flannel. */
const BackendData = v.object({
  VNI: v.optional(v.number()),
  VtepMAC: v.pipe(
    v.string(),
    v.transform((text) => parseMacAddress(text)),
    v.check((mac) => mac !== undefined && isUnicast(mac), 'not a unicast MAC address'),
  ),
});

/** The side of one family: a device and what it is made from. */
interface Vtep {
  readonly family: Family;
  readonly dev: string;
  readonly network: IpPrefix;
  readonly publicIp: IpAddress;
  /** Where outer packets leave and arrive: behind NAT not the public address. */
  readonly local: IpAddress;
  readonly freshMac: MacAddress;
}

interface PeerVtep {
  readonly subnet: IpPrefix;
  readonly publicIp: IpAddress;
  readonly mac: MacAddress;
}

/**
 * Throws LeaseError `bad-config` where the node has no address of a family that the config asks for.
 * @example
 * ```ts
 * import { createVxlanBackend, parseLease, parseNetworkConfig } from '@podlan/fabric';
 * import { rowText } from '@podlan/linux/model';
 * import { parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
 *
 * const config = parseNetworkConfig({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });
 * const node = { publicIps: [parseIpAddress('192.168.77.11')!], externalInterface: { name: 'eth0', mtu: 1500 } };
 * const randomMac = () => parseMacAddress('02:00:00:00:00:01')!;
 * const backend = createVxlanBackend({ config, node, dataplane: 'kernel', randomMac });
 * backend.mtu; // => 1450
 *
 * const own = { subnets: [parseIpPrefix('10.244.1.0/24')!], attributes: backend.leaseAttributes(undefined) };
 * const value = { PublicIP: '192.168.77.12', BackendType: 'vxlan', BackendData: { VtepMAC: '02:00:00:00:00:02' } };
 * const peer = parseLease('10.244.2.0-24', JSON.stringify(value));
 * backend.peerState(own, peer).map(rowText);
 * // => [
 * //      'neigh 10.244.2.0 lladdr 02:00:00:00:00:02 dev flannel.1 nud permanent',
 * //      'fdb 02:00:00:00:00:02 dev flannel.1 dst 192.168.77.12 self permanent',
 * //      'route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
 * //    ]
 * ```
 */
export function createVxlanBackend(options: VxlanBackendOptions): VxlanBackend {
  return new Vxlan(options);
}

class Vxlan implements VxlanBackend {
  readonly type = 'vxlan';
  readonly mtu: number;
  readonly #options: VxlanBackendOptions;
  readonly #vteps: readonly Vtep[];

  constructor(options: VxlanBackendOptions) {
    const { config, node } = options;
    const families = config.networks.map(({ network }) => familyOf(network));
    this.#options = options;
    this.mtu = overlayMtu(config.backend.mtu ?? node.externalInterface.mtu, families);
    this.#vteps = config.networks.map(({ network }) => makeVtep(options, network));
  }

  leaseAttributes(previous: LeaseAttributes | undefined): LeaseAttributes {
    const endpoints = this.#vteps.map((vtep): Endpoint => {
      const known =
        previous?.backendType === this.type ? vtepMac({ attributes: previous }, vtep.family) : undefined;
      const data = { VNI: this.#options.config.backend.vni, VtepMAC: known ?? vtep.freshMac };
      return { publicIp: vtep.publicIp, data };
    });
    return { backendType: this.type, endpoints };
  }

  hostState(own: Lease): Row[] {
    return this.#vteps.flatMap((vtep) => {
      const mac = vtepMac(own, vtep.family) ?? vtep.freshMac;
      const subnet = subnetOf(own, vtep.family);
      const rows = [this.#link(vtep, mac), ...acceptNoAdvertisements(vtep), ...deviceAddress(vtep, subnet)];
      return this.#options.dataplane === 'wasm' ? [...rows, this.#forwarder(vtep, mac, subnet)] : rows;
    });
  }

  peerState(own: Lease, peer: Lease): Row[] {
    if (this.refusal(own, peer) !== undefined) return [];
    return this.#vteps.flatMap((vtep) => {
      const remote = peerVtep(peer, vtep.family);
      return remote === undefined ? [] : this.#peerRows(vtep, remote);
    });
  }

  refusal(own: Lease, peer: Lease): string | undefined {
    if (peer.attributes.backendType !== this.type) {
      return `expected a vxlan lease, found backend type ${JSON.stringify(peer.attributes.backendType)}`;
    }
    const ownAddresses = this.#vteps.map(({ publicIp }) => publicIp);
    return (
      subnetProblem(own, peer) ??
      addressProblem(peer, ownAddresses) ??
      this.#dataProblem(peer) ??
      this.#familyProblem(peer)
    );
  }

  #link({ dev, local }: Vtep, mac: MacAddress): Row {
    const { config, node, dataplane } = this.#options;
    const base = { kind: 'link', name: dev, mac, mtu: this.mtu, up: true } as const;
    if (dataplane === 'wasm') return { ...base, type: 'tap' };
    const { vni, port, learning, gbp } = config.backend;
    return {
      ...base,
      type: 'vxlan',
      vni,
      port,
      local,
      dev: node.externalInterface.name,
      learning,
      gbp,
    };
  }

  #forwarder(vtep: Vtep, mac: MacAddress, subnet: IpPrefix | undefined): Row {
    const { vni, port } = this.#options.config.backend;
    const { dev, local, network } = vtep;
    const subnets = subnet === undefined ? [] : [subnet];
    return { kind: 'forwarder', dev, vni, local, port, mac, networks: [network], subnets };
  }

  #peerRows({ dev, family }: Vtep, { subnet, publicIp, mac }: PeerVtep): Row[] {
    const via = prefixAddress(subnet);
    const route = {
      kind: 'route',
      prefix: subnet,
      via,
      dev,
      onlink: true,
      protocol: ROUTE_PROTOCOL,
    } as const;
    const { port } = this.#options.config.backend;
    return [
      { kind: 'neighbor', dev, address: via, mac },
      this.#options.dataplane === 'wasm'
        ? { kind: 'tunnel', dev, prefix: subnet, remote: publicIp, port }
        : { kind: 'fdb', dev, mac, dst: publicIp },
      family === 6 ? { ...route, metric: IPV6_METRIC } : route,
    ];
  }

  #dataProblem(peer: Lease): string | undefined {
    for (const { family } of this.#vteps) {
      const endpoint = endpointOf(peer, family);
      if (endpoint === undefined || subnetOf(peer, family) === undefined) continue;
      const result = v.safeParse(BackendData, endpoint.data);
      if (!result.success)
        return `expected backend data {"VNI", "VtepMAC"}, found ${shortJson(endpoint.data)}: ${result.issues[0].message}`;
    }
    return undefined;
  }

  #familyProblem(peer: Lease): string | undefined {
    if (this.#vteps.some(({ family }) => peerVtep(peer, family) !== undefined)) return undefined;
    return `expected a subnet and a public address of one family with ours, found ${peer.subnets.join(', ')}`;
  }
}

function makeVtep({ config, node, randomMac }: VxlanBackendOptions, network: IpPrefix): Vtep {
  const family = familyOf(network);
  const publicIp = node.publicIps.find((address) => familyOf(address) === family);
  if (publicIp === undefined) {
    const found = `found ${node.publicIps.join(', ') || 'none'} on ${node.externalInterface.name}`;
    const message = `network ${network}: expected a public IPv${family} address of this node, ${found}${family === 4 ? '; give one with --public-ip' : ''}`;
    throw new LeaseError('bad-config', message);
  }
  const dev = `${family === 4 ? 'flannel' : 'flannel-v6'}.${config.backend.vni}`;
  const local = node.localIps?.find((address) => familyOf(address) === family) ?? publicIp;
  return { family, dev, network, publicIp, local, freshMac: locallyAdministered(randomMac()) };
}

/** One MTU for pods of both families: the smaller. flannel takes 50 off for IPv6 too, and its packets don't fit. */
function overlayMtu(underlay: number, families: readonly Family[]): number {
  return underlay - (families.includes(6) ? IPV6_OVERHEAD : IPV4_OVERHEAD);
}

/** U/L bit set, I/G bit clear (IEEE 802, section 8). */
function locallyAdministered(mac: MacAddress): MacAddress {
  const bytes = macToBytes(mac).slice();
  bytes[0] = (bytes[0]! & 0xfe) | 0x02;
  return macFromBytes(bytes);
}

function isUnicast(mac: MacAddress): boolean {
  const bytes = macToBytes(mac);
  return (bytes[0]! & 1) === 0 && bytes.some((byte) => byte !== 0);
}

function vtepMac(lease: Pick<Lease, 'attributes'>, family: Family): MacAddress | undefined {
  const result = v.safeParse(BackendData, endpointOf(lease, family)?.data);
  return result.success ? result.output.VtepMAC : undefined;
}

function peerVtep(peer: Lease, family: Family): PeerVtep | undefined {
  const subnet = subnetOf(peer, family);
  const publicIp = endpointOf(peer, family)?.publicIp;
  const mac = vtepMac(peer, family);
  return subnet && publicIp && mac && { subnet, publicIp, mac };
}

/** Router advertisements heard through the tunnel would give the host addresses and a default route. */
function acceptNoAdvertisements({ family, dev }: Vtep): Row[] {
  return family === 4 ? [] : [{ kind: 'sysctl', key: `net/ipv6/conf/${dev}/accept_ra`, value: '0' }];
}

/** The subnet's network address, alone: the host speaks to remote pods from it. */
function deviceAddress({ dev }: Vtep, subnet: IpPrefix | undefined): Row[] {
  const address = subnet && parseInterfaceAddress(`${prefixAddress(subnet)}/${addressBits(subnet)}`);
  return address === undefined ? [] : [{ kind: 'address', dev, address }];
}

function shortJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'none').slice(0, 80);
}
