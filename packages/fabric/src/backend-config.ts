/** The `Backend` part of the network configuration: which backend, and its options (flannel's pkg/backend/*). */
import { type ConfigObject, refuseConfig } from './config-object.js';

/** The `Backend` object of the network configuration, with flannel's defaults filled in. */
export type BackendConfig = VxlanConfig | HostGwConfig | UdpConfig;

/** Packets go in VXLAN to every peer, or to those that no direct route leads to. */
export interface VxlanConfig {
  readonly type: 'vxlan';
  readonly vni: number;
  /** UDP destination port. */
  readonly port: number;
  /** MTU of the *underlay*, where it is not the external interface's own. */
  readonly mtu?: number;
  /** Carry the packet's mark in the VXLAN header; only Linux's own device can. */
  readonly gbp: boolean;
  /** Learn senders' addresses from their packets; only Linux's own device does, and podlan's nodes need none of it. */
  readonly learning: boolean;
  /** A peer that is on link gets a plain route, as with host-gw. */
  readonly directRouting: boolean;
  /** The first two bytes of a VTEP's MAC, as flannel writes them: `0E-2A`. */
  readonly macPrefix?: string;
  /** The dataplane of nodes whose agent was told none. */
  readonly dataplane?: Dataplane;
}

/** Packets go as they are, by routes to nodes that are all on one link. */
export interface HostGwConfig {
  readonly type: 'host-gw';
}

/** IPv4 packets go bare in UDP. What flannel takes no Backend for. */
export interface UdpConfig {
  readonly type: 'udp';
  /** UDP port of every node. */
  readonly port: number;
}

/** What wraps packets: `wasm`, podlan's module behind a TAP, or `kernel`, Linux's own VXLAN device. */
export type Dataplane = 'wasm' | 'kernel';

/** Linux's default, older than IANA's 4789, and flannel's. */
const DEFAULT_VXLAN_PORT = 8472;
const DEFAULT_UDP_PORT = 8285;
const MAX_VNI = 0xffffff;
/** An IPv4 host takes datagrams of 576 bytes (RFC 791); below that no useful pod MTU is left. */
const MIN_UNDERLAY_MTU = 576;
/** What flannel's other backends are called. */
const FLANNEL_TYPES = ['wireguard', 'ipip', 'ipsec', 'alloc', 'extension', 'tencent-vpc'];
const PARSERS: Record<BackendConfig['type'], (backend: ConfigObject) => BackendConfig> = {
  vxlan: parseVxlan,
  'host-gw': () => ({ type: 'host-gw' }),
  udp: (backend) => ({ type: 'udp', port: backend.integerUpTo('Port', 0xffff) || DEFAULT_UDP_PORT }),
};

export function parseBackendConfig(config: ConfigObject): BackendConfig {
  const backend = config.object('Backend');
  if (backend === undefined) return { type: 'udp', port: DEFAULT_UDP_PORT };
  const type = backend.text('Type')?.toLowerCase() ?? 'udp';
  return Object.hasOwn(PARSERS, type) ? PARSERS[type as BackendConfig['type']](backend) : refuseType(type);
}

function refuseType(type: string): never {
  const names = Object.keys(PARSERS).map((name) => JSON.stringify(name));
  const expected = `Backend.Type ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
  const found = `Backend.Type ${JSON.stringify(type)}`;
  const problem = FLANNEL_TYPES.includes(type) ? 'backend not supported as yet' : 'unknown backend type';
  return refuseConfig(problem, expected, found, 'write "Backend": {"Type": "vxlan"}');
}

function parseVxlan(backend: ConfigObject): VxlanConfig {
  const mtu = parseMtu(backend);
  const macPrefix = parseMacPrefix(backend);
  const dataplane = parseDataplane(backend);
  return {
    type: 'vxlan',
    vni: backend.integerUpTo('VNI', MAX_VNI) ?? 1,
    port: backend.integerUpTo('Port', 0xffff) || DEFAULT_VXLAN_PORT,
    ...(mtu === undefined ? {} : { mtu }),
    gbp: backend.boolean('GBP', false),
    learning: backend.boolean('Learning', false),
    directRouting: backend.boolean('DirectRouting', false),
    ...(macPrefix === undefined ? {} : { macPrefix }),
    ...(dataplane === undefined ? {} : { dataplane }),
  };
}

/** 0 is flannel's "not set". */
function parseMtu(backend: ConfigObject): number | undefined {
  const mtu = backend.integerUpTo('MTU', 0xffff);
  if (mtu === undefined || mtu === 0) return undefined;
  if (mtu >= MIN_UNDERLAY_MTU) return mtu;
  return refuseConfig('Backend.MTU is too small', `${MIN_UNDERLAY_MTU} to 65535`, `${mtu}`, 'leave it out');
}

/** flannel knows it on Windows only, where it is part of every peer's address (pkg/backend/vxlan/vxlan_windows.go). */
function parseMacPrefix(backend: ConfigObject): string | undefined {
  const prefix = backend.text('MacPrefix');
  if (prefix === undefined || prefix === '') return undefined;
  // The lowest bit of the first byte makes an address a group's (IEEE 802, section 8).
  if (/^[\da-f][02468ace]-[\da-f]{2}$/i.test(prefix)) return prefix;
  const expected = 'two bytes of a unicast address, such as "0E-2A"';
  return refuseConfig(
    'Backend.MacPrefix is no prefix',
    expected,
    JSON.stringify(prefix),
    'correct it or leave it out',
  );
}

function parseDataplane(backend: ConfigObject): Dataplane | undefined {
  const name = backend.text('Dataplane');
  if (name === undefined || name === 'wasm' || name === 'kernel') return name;
  return refuseConfig(
    'unknown Backend.Dataplane',
    '"wasm" or "kernel"',
    JSON.stringify(name),
    'correct it or leave it out',
  );
}
