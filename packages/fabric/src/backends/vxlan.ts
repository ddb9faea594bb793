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
import type { Backend, BackendOptions } from '../backend.js';
import type { VxlanConfig } from '../backend-config.js';
import { refuseConfig } from '../config-object.js';
import type { Endpoint, Lease, LeaseAttributes } from '../lease.js';
import { endpointOf, subnetOf } from '../lease-json.js';
import { directRoute, isOnLink } from './direct-route.js';
import { type OwnEndpoint, ownEndpoint } from './own-endpoint.js';
import { peerProblem, shortJson, typeProblem } from './peer-problems.js';

/** Outer IPv4 20 + UDP 8 + VXLAN 8 + inner Ethernet 14 bytes. */
const IPV4_OVERHEAD = 50;
const IPV6_OVERHEAD = 70;
/** IP6_RT_PRIO_USER: what flannel writes, and the kernel's own default. */
const IPV6_METRIC = 1024;

/** flannel's leases have 16 bits for the VNI, and its nodes can't read a lease with more. */
const LEASE_VNI_MASK = 0xffff;

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
interface Vtep extends OwnEndpoint {
  readonly dev: string;
  readonly freshMac: MacAddress;
}

interface PeerVtep {
  readonly subnet: IpPrefix;
  readonly publicIp: IpAddress;
  readonly mac: MacAddress;
}

export function createVxlanBackend(options: BackendOptions, config: VxlanConfig): Backend {
  return new Vxlan(options, config);
}

class Vxlan implements Backend {
  readonly type = 'vxlan';
  readonly mtu: number;
  readonly #options: BackendOptions;
  readonly #config: VxlanConfig;
  readonly #vteps: readonly Vtep[];

  constructor(options: BackendOptions, vxlan: VxlanConfig) {
    const { config, node, dataplane } = options;
    if (vxlan.gbp && dataplane === 'wasm') refuseGroupPolicy();
    const families = config.networks.map(({ network }) => familyOf(network));
    this.#options = options;
    this.#config = vxlan;
    this.mtu = overlayMtu(vxlan.mtu ?? node.externalInterface.mtu, families);
    this.#vteps = config.networks.map(({ network }) => this.#makeVtep(network));
  }

  leaseAttributes(previous: LeaseAttributes | undefined): LeaseAttributes {
    const endpoints = this.#vteps.map((vtep): Endpoint => {
      const data = {
        VNI: this.#config.vni & LEASE_VNI_MASK,
        VtepMAC: this.#knownMac(previous, vtep) ?? vtep.freshMac,
      };
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
    return (
      typeProblem(this.type, peer) ?? peerProblem(own, this.#vteps, peer) ?? this.#dataProblem(own, peer)
    );
  }

  #knownMac(previous: LeaseAttributes | undefined, { family }: Vtep): MacAddress | undefined {
    if (previous?.backendType !== this.type) return undefined;
    const mac = vtepMac({ attributes: previous }, family);
    return mac !== undefined && hasPrefix(mac, this.#config.macPrefix) ? mac : undefined;
  }

  #makeVtep(network: IpPrefix): Vtep {
    const { node, randomMac } = this.#options;
    const { vni, macPrefix } = this.#config;
    const endpoint = ownEndpoint(node, network);
    const dev = `${endpoint.family === 4 ? 'flannel' : 'flannel-v6'}.${vni}`;
    return { ...endpoint, dev, freshMac: vtepMacOf(randomMac(), macPrefix) };
  }

  #link({ dev, local }: Vtep, mac: MacAddress): Row {
    const { node, dataplane } = this.#options;
    const base = { kind: 'link', name: dev, mac, mtu: this.mtu, up: true } as const;
    if (dataplane === 'wasm') return { ...base, type: 'tap' };
    const { vni, port, learning, gbp } = this.#config;
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
    const { vni, port } = this.#config;
    const { dev, local, network } = vtep;
    const subnets = subnet === undefined ? [] : [subnet];
    return { kind: 'forwarder', type: 'vxlan', dev, vni, local, port, mac, networks: [network], subnets };
  }

  #peerRows(vtep: Vtep, peer: PeerVtep): Row[] {
    const { node, dataplane } = this.#options;
    const direct = this.#config.directRouting && isOnLink(node, peer.publicIp);
    if (!direct) return this.#tunnelRows(vtep, peer);
    const route = directRoute(node, peer.subnet, peer.publicIp);
    // The peer may see it otherwise and send in VXLAN, which the forwarder takes from ends of tunnels alone.
    return dataplane === 'wasm' ? [this.#tunnel(vtep, peer), route] : [route];
  }

  #tunnelRows(vtep: Vtep, peer: PeerVtep): Row[] {
    const { dev, family } = vtep;
    const { subnet: prefix, publicIp: dst, mac } = peer;
    const via = prefixAddress(prefix);
    const route: Row = { kind: 'route', prefix, via, dev, onlink: true, protocol: ROUTE_PROTOCOL };
    return [
      { kind: 'neighbor', dev, address: via, mac },
      this.#options.dataplane === 'wasm' ? this.#tunnel(vtep, peer) : { kind: 'fdb', dev, mac, dst },
      family === 6 ? { ...route, metric: IPV6_METRIC } : route,
    ];
  }

  #tunnel({ dev }: Vtep, { subnet: prefix, publicIp: remote }: PeerVtep): Row {
    return { kind: 'tunnel', dev, prefix, remote, port: this.#config.port };
  }

  #dataProblem(own: Lease, peer: Lease): string | undefined {
    const ownMacs = this.#vteps.map((vtep) => vtepMac(own, vtep.family) ?? vtep.freshMac);
    for (const { family } of this.#vteps) {
      const endpoint = endpointOf(peer, family);
      if (endpoint === undefined || subnetOf(peer, family) === undefined) continue;
      const result = v.safeParse(BackendData, endpoint.data);
      if (!result.success)
        return `expected backend data {"VNI", "VtepMAC"}, found ${shortJson(endpoint.data)}: ${result.issues[0].message}`;
      const mac = result.output.VtepMAC;
      if (mac !== undefined && ownMacs.includes(mac)) return `its VtepMAC ${mac} is ours`;
    }
    return undefined;
  }
}

/** Packets that lose their group's mark on the way would get past, or fail, the policies that it stands for. */
function refuseGroupPolicy(): never {
  const advice = 'run the agent with --dataplane kernel, or leave GBP out';
  return refuseConfig('Backend.GBP is not for the wasm dataplane', 'the kernel dataplane', 'wasm', advice);
}

/** One MTU for pods of both families: the smaller. flannel takes 50 off for IPv6 too, and its packets don't fit. */
function overlayMtu(underlay: number, families: readonly Family[]): number {
  return underlay - (families.includes(6) ? IPV6_OVERHEAD : IPV4_OVERHEAD);
}

/** Locally administered and unicast: U/L bit set, I/G bit clear (IEEE 802, section 8). A prefix says so for itself. */
function vtepMacOf(random: MacAddress, prefix: string | undefined): MacAddress {
  const bytes = macToBytes(random).slice();
  bytes[0] = (bytes[0]! & 0xfe) | 0x02;
  bytes.set(prefixBytes(prefix));
  return macFromBytes(bytes);
}

const prefixBytes = (prefix = ''): number[] =>
  prefix
    .split('-', 2)
    .filter(Boolean)
    .map((byte) => Number.parseInt(byte, 16));

function hasPrefix(mac: MacAddress, prefix: string | undefined): boolean {
  const bytes = macToBytes(mac);
  return prefixBytes(prefix).every((byte, i) => bytes[i] === byte);
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
