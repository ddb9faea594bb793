/** What the agent of a node says of itself. */
import type { ForwarderRow, Tunnel as TunnelRow } from '@podlan/linux/model';
import { type IpAddress, type IpPrefix, type MacAddress, parseMacAddress } from '@podlan/wire';
import * as v from 'valibot';
import { address, deviceName, isoTime, may, port, prefix, vni, whole } from './field.js';

/** What podlan's agent says or, where none answers, what flannel left behind. */
export interface ControlSnapshot {
  readonly source: 'podlan' | 'flannel';
  /** `vxlan`, `host-gw`, `udp` or another of flannel's; absent where it can't be told. */
  readonly backend?: string;
  readonly dataplane?: 'wasm' | 'kernel';
  /** The pod networks. */
  readonly networks: readonly IpPrefix[];
  /** This node's own. */
  readonly subnets: readonly IpPrefix[];
  /** Of pods, in bytes. */
  readonly mtu?: number;
  readonly ipMasq?: boolean;
  /** What podlan's agent lacks before it is ready, or that it did not answer; empty where that was redacted. */
  readonly unready?: string;
  /** The external interface. */
  readonly interface?: {
    readonly name: string;
    readonly addresses: readonly IpAddress[];
    readonly publicIps: readonly IpAddress[];
    readonly mtu?: number;
  };
  readonly peers: readonly PeerSnapshot[];
  /** All of the cluster, this node's own among them, where the agent or the store was asked. */
  readonly leases?: readonly LeaseSnapshot[];
  /** Of the wasm dataplane: what its forwarders hold, which no table of the kernel shows. */
  readonly forwarders: readonly ForwarderRow[];
  readonly tunnels: readonly TunnelRow[];
}

/** Another node, as the agent of this one has it. */
export interface PeerSnapshot {
  readonly subnets: readonly IpPrefix[];
  readonly publicIps: readonly IpAddress[];
  readonly backendType: string;
  readonly status: 'programmed' | 'pending' | 'failed' | 'refused';
}

/** A lease, with what its backend says of the node. */
export interface LeaseSnapshot {
  readonly subnets: readonly IpPrefix[];
  readonly backendType: string;
  /** One for each family. */
  readonly endpoints: readonly LeaseEndpoint[];
  /** This node's own. */
  readonly own?: boolean;
  /** ISO 8601; absent where it does not end. */
  readonly expiresAt?: string;
}

/** Where packets for the node's subnet of the same family are sent; of vxlan, to which device. */
export interface LeaseEndpoint {
  readonly publicIp: IpAddress;
  readonly vni?: number;
  readonly vtepMac?: MacAddress;
}

const mac = v.custom<MacAddress>(
  (input) => typeof input === 'string' && parseMacAddress(input) !== undefined,
  'a MAC address',
);

const ofForwarder = {
  kind: v.literal('forwarder'),
  dev: deviceName,
  local: address,
  port,
  networks: v.array(prefix),
  subnets: v.array(prefix),
};

/** A forwarder row of @podlan/linux/model. */
const Forwarder = v.variant('type', [
  v.object({ ...ofForwarder, type: v.literal('vxlan'), vni, mac }),
  v.object({ ...ofForwarder, type: v.literal('udp'), address }),
]);

/** A tunnel row of @podlan/linux/model. */
const Tunnel = v.object({
  kind: v.literal('tunnel'),
  dev: deviceName,
  prefix,
  remote: address,
  port,
});

const Peer = v.object({
  subnets: v.array(prefix),
  publicIps: v.array(address),
  backendType: v.string(),
  status: v.picklist(['programmed', 'pending', 'failed', 'refused']),
});

const Lease = v.object({
  subnets: v.array(prefix),
  backendType: v.string(),
  endpoints: v.array(v.object({ publicIp: address, vni: may(vni), vtepMac: may(mac) })),
  own: may(v.boolean()),
  expiresAt: may(isoTime),
});

export const Control: v.GenericSchema<ControlSnapshot> = v.object({
  source: v.picklist(['podlan', 'flannel']),
  backend: may(v.string()),
  dataplane: may(v.picklist(['wasm', 'kernel'])),
  networks: v.array(prefix),
  subnets: v.array(prefix),
  mtu: may(whole),
  ipMasq: may(v.boolean()),
  unready: may(v.string()),
  interface: may(
    v.object({
      name: deviceName,
      addresses: v.array(address),
      publicIps: v.array(address),
      mtu: may(whole),
    }),
  ),
  peers: v.array(Peer),
  leases: may(v.array(Lease)),
  forwarders: v.array(Forwarder),
  tunnels: v.array(Tunnel),
});
