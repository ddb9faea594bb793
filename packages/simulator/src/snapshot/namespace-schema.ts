/**
 * What one network namespace has, each table as iproute2 prints it (`ip -d -j link`, `ip -j address`, `ip -j route show
 * table all`, `ip -j rule`, `ip -j neigh`, `bridge -j fdb`, `nft -j list ruleset`), less the fields that decide nothing
 * about packets. Fields have iproute2's names, so that its manual explains them.
 */
import * as v from 'valibot';
import {
  address,
  destination,
  deviceName,
  hopLimit,
  index,
  linkLayerAddress,
  mark,
  may,
  name,
  port,
  prefixLength,
  ruleAddress,
  tableName,
  uint32,
  vni,
  whole,
  words,
} from './field.js';

/** Of `linkinfo.info_data`: what kind of link has which is iproute2's matter. */
const InfoData = v.object({
  // vxlan
  id: may(vni),
  local: may(address),
  local6: may(address),
  remote: may(address),
  remote6: may(address),
  group: may(address),
  group6: may(address),
  link: may(v.string()),
  port: may(port),
  learning: may(v.boolean()),
  proxy: may(v.boolean()),
  l2miss: may(v.boolean()),
  l3miss: may(v.boolean()),
  external: may(v.boolean()),
  gbp: may(v.boolean()),
  ttl: may(v.union([hopLimit, v.string()])),
  ageing: may(whole),
  udp_csum: may(v.boolean()),
  udp_zero_csum6_tx: may(v.boolean()),
  udp_zero_csum6_rx: may(v.boolean()),
  // bridge: times in hundredths of a second
  ageing_time: may(whole),
  forward_delay: may(whole),
  stp_state: may(whole),
  vlan_filtering: may(whole),
  mcast_snooping: may(whole),
  nf_call_iptables: may(whole),
  nf_call_ip6tables: may(whole),
  nf_call_arptables: may(whole),
  // tun
  type: may(v.string()),
  pi: may(v.boolean()),
  vnet_hdr: may(v.boolean()),
  persist: may(v.boolean()),
  // vlan, macvlan, ipvlan, vrf
  protocol: may(v.string()),
  mode: may(v.string()),
  table: may(uint32),
});

/** Of `linkinfo.info_slave_data`, where the link is a port of a bridge. */
const PortData = v.object({
  state: may(v.string()),
  hairpin: may(v.boolean()),
  guard: may(v.boolean()),
  learning: may(v.boolean()),
  flood: may(v.boolean()),
  mcast_flood: may(v.boolean()),
  bcast_flood: may(v.boolean()),
  neigh_suppress: may(v.boolean()),
  proxy_arp: may(v.boolean()),
  isolated: may(v.boolean()),
  locked: may(v.boolean()),
});

export const Link = v.object({
  ifindex: uint32,
  ifname: deviceName,
  // Index of the lower device or, of a veth, of its other end: in the namespace of `link_netnsid`, else in this one.
  link_index: may(uint32),
  // The lower device or other end by name, where it is in this namespace.
  link: may(v.nullable(v.string())),
  // Which namespace `link_index` counts in, as `nsids` names it.
  link_netnsid: may(index),
  flags: words,
  mtu: uint32,
  operstate: may(v.string()),
  link_type: may(v.string()),
  address: may(linkLayerAddress),
  broadcast: may(linkLayerAddress),
  master: may(deviceName),
  promiscuity: may(whole),
  txqlen: may(whole),
  linkinfo: may(
    v.object({
      info_kind: may(v.string()),
      info_data: may(InfoData),
      info_slave_kind: may(v.string()),
      info_slave_data: may(PortData),
    }),
  ),
});

export const Address = v.object({
  ifindex: uint32,
  ifname: deviceName,
  addr_info: v.array(
    v.object({
      family: v.picklist(['inet', 'inet6']),
      local: address,
      // Of a point-to-point link: the other end.
      address: may(address),
      prefixlen: prefixLength,
      broadcast: may(address),
      scope: v.string(),
      label: may(v.string()),
      secondary: may(v.boolean()),
      dynamic: may(v.boolean()),
      deprecated: may(v.boolean()),
      temporary: may(v.boolean()),
      tentative: may(v.boolean()),
      dadfailed: may(v.boolean()),
      nodad: may(v.boolean()),
      noprefixroute: may(v.boolean()),
      mngtmpaddr: may(v.boolean()),
    }),
  ),
});

const Via = v.object({ family: v.string(), host: address });

export const Route = v.object({
  family: v.picklist(['inet', 'inet6']),
  // Absent: unicast.
  type: may(v.string()),
  dst: destination,
  // IPv6 alone: only for packets from there.
  from: may(destination),
  gateway: may(address),
  // A gateway of the other family.
  via: may(Via),
  dev: may(deviceName),
  // Absent: main.
  table: may(tableName),
  protocol: may(v.string()),
  scope: may(v.string()),
  prefsrc: may(address),
  metric: may(uint32),
  tos: may(v.string()),
  flags: words,
  nexthops: may(
    v.array(
      v.object({
        gateway: may(address),
        via: may(Via),
        dev: may(deviceName),
        weight: may(whole),
        flags: words,
      }),
    ),
  ),
  metrics: may(v.array(v.record(v.string(), v.unknown()))),
  pref: may(v.string()),
});

export const Rule = v.object({
  family: v.picklist(['inet', 'inet6']),
  priority: uint32,
  not: may(v.nullable(v.boolean())),
  // `all`, an address, or with `srclen` a prefix.
  src: may(ruleAddress),
  srclen: may(prefixLength),
  dst: may(ruleAddress),
  dstlen: may(prefixLength),
  tos: may(v.string()),
  fwmark: may(mark),
  fwmask: may(mark),
  iif: may(v.string()),
  oif: may(v.string()),
  ipproto: may(v.string()),
  sport: may(port),
  sport_start: may(port),
  sport_end: may(port),
  dport: may(port),
  dport_start: may(port),
  dport_end: may(port),
  uid_start: may(whole),
  uid_end: may(whole),
  // The table of the VRF.
  l3mdev: may(v.nullable(v.boolean())),
  table: may(tableName),
  suppress_prefixlen: may(index),
  suppress_ifgroup: may(v.string()),
  // Absent: look in `table`.
  action: may(v.string()),
  goto: may(v.union([whole, v.string()])),
});

export const Neighbor = v.object({
  dst: address,
  dev: may(deviceName),
  lladdr: may(linkLayerAddress),
  state: words,
  router: may(v.nullable(v.boolean())),
  // Answered for another, and nobody's entry: `proxy`.
  proxy: may(v.nullable(v.boolean())),
});

export const FdbEntry = v.object({
  mac: linkLayerAddress,
  ifname: deviceName,
  // Of a vxlan device: the outer destination.
  dst: may(address),
  port: may(port),
  vni: may(vni),
  via: may(v.string()),
  vlan: may(index),
  master: may(deviceName),
  flags: words,
  state: may(v.string()),
});

export const Socket = v.object({
  protocol: v.picklist(['udp', 'tcp']),
  // 0.0.0.0: every address of IPv4; `::`: every address, of IPv4 too unless `v6only`.
  local: address,
  v6only: may(v.boolean()),
  port,
  // The device it is bound to.
  dev: may(deviceName),
});

const ofTable = { family: v.string(), table: v.string() };
const NftRule = v.looseObject({ ...ofTable, chain: v.string(), expr: v.array(v.unknown()) });
const NftSet = v.looseObject({ ...ofTable, name: v.string(), elem: may(v.array(v.unknown())) });

/** One object of `nft -j list ruleset`, in its order. What is not named here is kept as nft says it. */
export const NftObject = v.looseObject({
  table: may(v.looseObject({ family: v.string(), name: v.string() })),
  chain: may(
    v.looseObject({
      ...ofTable,
      name: v.string(),
      type: may(v.string()),
      hook: may(v.string()),
      prio: may(index),
      policy: may(v.string()),
    }),
  ),
  rule: may(NftRule),
  set: may(NftSet),
  map: may(NftSet),
});

const Namespace = v.object({
  name,
  kind: v.picklist(['host', 'pod']),
  // What the kernel numbers the namespace by (the inode of its file): the same in every file taken on one machine.
  netns: whole,
  // The numbers by which this namespace knows others, where it could be told which these are.
  nsids: v.array(v.object({ nsid: index, netns: whole })),
  links: v.array(Link),
  addresses: v.array(Address),
  routes: v.array(Route),
  rules: v.array(Rule),
  neighbors: v.array(Neighbor),
  fdb: v.array(FdbEntry),
  // By key with slashes, relative to /proc/sys: `net/ipv4/ip_forward`.
  sysctls: v.record(v.string(), v.string()),
  nftables: v.array(NftObject),
  // Listening ones alone.
  sockets: v.array(Socket),
  // What could not be read, so that an empty table is not taken for one that has nothing.
  unknown: may(v.array(v.picklist(['nftables', 'iptables', 'iptables-legacy', 'sockets']))),
});

/** One network namespace, its tables as iproute2 and nft print them, less what decides nothing about packets. */
export interface NamespaceSnapshot extends v.InferOutput<typeof Namespace> {}

/** By its interface: brands of addresses have no name outside of their package. */
export const NamespaceSchema: v.GenericSchema<NamespaceSnapshot> = Namespace;
