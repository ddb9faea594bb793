/**
 * Where a simulated cluster's addresses lie. The first hosts have those of the lab, 192.168.77.11 and so on; a cluster of
 * more than a /24 holds has 192.168.0.0/16 all for itself.
 */
import { nthAddress } from '@podlan/linux/prefix';
import type { Family, InterfaceAddress, IpAddress, IpPrefix } from '@podlan/wire';
import type { Switch } from '../devices/nic.js';

export const UNDERLAY_MTU = 1500;
const FIRST_HOST = 11;
/** Of 192.168.77.0/24 and fd00:77::/64. */
const FIRST_SEGMENT = 77;
export const SMALL_CLUSTER = 240;
/** 192.168.77.0/24 to 192.168.99.0/24, and as many that are read alike in IPv6. */
export const MOST_SEGMENTS = 23;

export interface Underlay {
  readonly prefix: IpPrefix;
  readonly length: number;
  readonly gateway: IpAddress;
  readonly anywhere: IpPrefix;
  address(host: number): IpAddress;
}

/** One broadcast domain: what its hosts reach without a router. */
export interface Segment {
  readonly medium: Switch;
  /** By family of the pod networks. */
  readonly underlays: readonly Underlay[];
}

/** `segment` is counted from 0, and is the only one in a large cluster. */
export function underlay(family: Family, mostHosts: number, segment: number): Underlay {
  return family === 4 ? underlay4(mostHosts, segment) : underlay6(segment);
}

function underlay4(mostHosts: number, segment: number): Underlay {
  const base = `192.168.${FIRST_SEGMENT + segment}.0/24` as IpPrefix;
  const isSmall = mostHosts <= SMALL_CLUSTER;
  const prefix = (isSmall ? base : '192.168.0.0/16') as IpPrefix;
  // Counted on from 192.168.77.11, in a large cluster beyond 192.168.77.255 too.
  const first = isSmall ? FIRST_HOST : FIRST_SEGMENT * 256 + FIRST_HOST;
  return {
    prefix,
    length: isSmall ? 24 : 16,
    gateway: nthAddress(base, 1),
    anywhere: '0.0.0.0/0' as IpPrefix,
    address: (host) => nthAddress(prefix, first + host),
  };
}

function underlay6(segment: number): Underlay {
  const prefix = `fd00:${FIRST_SEGMENT + segment}::/64` as IpPrefix;
  return {
    prefix,
    length: 64,
    gateway: nthAddress(prefix, 1),
    anywhere: '::/0' as IpPrefix,
    // Read as the lab's are: fd00:77::11 is the first.
    address: (host) => nthAddress(prefix, Number.parseInt(String(FIRST_HOST + host), 16)),
  };
}

export const onUnderlay = (address: IpAddress, { length }: Underlay): InterfaceAddress =>
  `${address}/${length}` as InterfaceAddress;

/** 0 -> `a`, 25 -> `z`, 26 -> `aa`. */
export function hostLetter(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest > 0 ? hostLetter(rest - 1) : '') + String.fromCharCode(97 + (index % 26));
}
