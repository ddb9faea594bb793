/** The `Backend` part of the network configuration: which backend, and its options (flannel's pkg/backend/vxlan). */
import { type ConfigObject, refuseConfig } from './config-object.js';

/** The `Backend` object of the network configuration, with flannel's defaults filled in. */
export interface BackendConfig {
  readonly type: 'vxlan';
  readonly vni: number;
  /** UDP destination port. */
  readonly port: number;
  /** MTU of the *underlay*, where it is not the external interface's own. */
  readonly mtu?: number;
  readonly gbp: boolean;
  readonly learning: boolean;
  /** Read, but not acted on as yet: every peer is reached through its tunnel. */
  readonly directRouting: boolean;
  /** The dataplane of nodes whose agent was told none. */
  readonly dataplane?: Dataplane;
}

/** What wraps packets: `wasm`, podlan's module behind a TAP, or `kernel`, Linux's own VXLAN device. */
export type Dataplane = 'wasm' | 'kernel';

/** Linux's default, older than IANA's 4789, and flannel's. */
const DEFAULT_PORT = 8472;
const MAX_VNI = 0xffffff;
/** An IPv4 host takes datagrams of 576 bytes (RFC 791); below that no useful pod MTU is left. */
const MIN_UNDERLAY_MTU = 576;
const FLANNEL_TYPES = ['host-gw', 'udp', 'wireguard', 'ipip', 'ipsec', 'alloc', 'extension', 'tencent-vpc'];

export function parseBackendConfig(config: ConfigObject): BackendConfig {
  const backend = config.object('Backend');
  const type = backend?.text('Type')?.toLowerCase() ?? 'udp';
  if (backend === undefined || type !== 'vxlan') return refuseType(type, backend === undefined);
  const mtu = parseMtu(backend);
  const dataplane = parseDataplane(backend);
  return {
    type,
    vni: backend.integerUpTo('VNI', MAX_VNI) ?? 1,
    port: backend.integerUpTo('Port', 0xffff) || DEFAULT_PORT,
    ...(mtu === undefined ? {} : { mtu }),
    gbp: backend.boolean('GBP', false),
    learning: backend.boolean('Learning', false),
    directRouting: backend.boolean('DirectRouting', false),
    ...(dataplane === undefined ? {} : { dataplane }),
  };
}

function refuseType(type: string, absent: boolean): never {
  const advice = 'write "Backend": {"Type": "vxlan"}';
  const found = absent ? 'no Backend, which in flannel means udp' : `Backend.Type ${JSON.stringify(type)}`;
  const problem = FLANNEL_TYPES.includes(type) ? 'backend not supported as yet' : 'unknown backend type';
  return refuseConfig(problem, 'Backend.Type "vxlan"', found, advice);
}

/** 0 is flannel's "not set". */
function parseMtu(backend: ConfigObject): number | undefined {
  const mtu = backend.integerUpTo('MTU', 0xffff);
  if (mtu === undefined || mtu === 0) return undefined;
  if (mtu >= MIN_UNDERLAY_MTU) return mtu;
  return refuseConfig('Backend.MTU is too small', `${MIN_UNDERLAY_MTU} to 65535`, `${mtu}`, 'leave it out');
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
