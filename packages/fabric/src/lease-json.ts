/**
 * A lease as flannel's etcd layout writes it (pkg/subnet/etcd/registry.go): the subnets in the key, the rest in a JSON
 * value. Field order is flannel's, so that values are equal byte for byte.
 *
 *     10.244.10.0-24&fd00:244:0:4b::-64
 *     {"PublicIP":"192.168.77.12","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"…"}}
 */
import {
  type Family,
  familyOf,
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';
import { type Endpoint, type Lease, LeaseError } from './lease.js';

/** flannel's text for an absent IPv4 side. */
const NO_IPV4_SUBNET = '0.0.0.0-0';
const NO_IPV4_ADDRESS = '0.0.0.0';

/**
 * The last part of the lease's key. Equal subnets have equal keys.
 * @example
 * ```ts
 * import { formatLeaseKey } from '@podlan/fabric';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * const subnets = [parseIpPrefix('10.244.10.0/24')!, parseIpPrefix('fd00:244:0:4b::/64')!];
 * formatLeaseKey(subnets); // => '10.244.10.0-24&fd00:244:0:4b::-64'
 * formatLeaseKey(subnets.slice(1)); // => '0.0.0.0-0&fd00:244:0:4b::-64'
 * ```
 */
export function formatLeaseKey(subnets: readonly IpPrefix[]): string {
  const parts = subnets.map((subnet) => `${prefixAddress(subnet)}-${prefixLength(subnet)}`);
  const ipv6Only = subnets[0] !== undefined && familyOf(subnets[0]) === 6;
  return (ipv6Only ? [NO_IPV4_SUBNET, ...parts] : parts).join('&');
}

/**
 * The inverse of {@link formatLeaseKey}; undefined for a key that names no subnet.
 * @example
 * ```ts
 * import { parseLeaseKey } from '@podlan/fabric';
 *
 * parseLeaseKey('10.244.10.0-24'); // => ['10.244.10.0/24']
 * parseLeaseKey('config'); // => undefined
 * ```
 */
export function parseLeaseKey(key: string): IpPrefix[] | undefined {
  const match = /^(\d+\.\d+\.\d+\.\d+)-(\d+)(?:&([a-f\d:]+)-(\d+))?$/.exec(key);
  if (match === null) return undefined;
  const ipv4 = match[0].startsWith(`${NO_IPV4_SUBNET}&`) ? [] : [parseSubnet(match[1]!, match[2]!)];
  const ipv6 = match[3] === undefined ? [] : [parseSubnet(match[3], match[4]!)];
  const subnets = [...ipv4, ...ipv6];
  return subnets.every((subnet) => subnet !== undefined) ? subnets : undefined;
}

/** No node's subnet is a whole family's address space. */
function parseSubnet(address: string, length: string): IpPrefix | undefined {
  return Number(length) === 0 ? undefined : parseIpPrefix(`${address}/${length}`);
}

/**
 * The lease's value: JSON with flannel's keys, in its order.
 * @example
 * ```ts
 * import { formatLeaseValue } from '@podlan/fabric';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const endpoints = [{ publicIp: parseIpAddress('192.168.77.12')!, data: { VNI: 1 } }];
 * const attributes = { backendType: 'vxlan', endpoints };
 * formatLeaseValue({ subnets: [], attributes });
 * // => '{"PublicIP":"192.168.77.12","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1}}'
 * ```
 */
export function formatLeaseValue(lease: Lease): string {
  const ipv4 = endpointOf(lease, 4);
  const ipv6 = endpointOf(lease, 6);
  const { backendType } = lease.attributes;
  return JSON.stringify({
    PublicIP: ipv4?.publicIp ?? NO_IPV4_ADDRESS,
    PublicIPv6: ipv6?.publicIp ?? null,
    ...(backendType === '' ? {} : { BackendType: backendType }),
    ...(ipv4?.data == null ? {} : { BackendData: ipv4.data }),
    ...(ipv6?.data == null ? {} : { BackendV6Data: ipv6.data }),
  });
}

/**
 * Throws LeaseError `corrupt` where the key or the value is no lease's. Backend data is passed on as it is.
 * @example
 * ```ts
 * import { parseLease } from '@podlan/fabric';
 *
 * const { subnets, attributes } = parseLease('10.244.2.0-24', '{"PublicIP":"192.168.77.12","BackendType":"vxlan"}');
 * subnets; // => ['10.244.2.0/24']
 * attributes; // => { backendType: 'vxlan', endpoints: [{ publicIp: '192.168.77.12' }] }
 * ```
 */
export function parseLease(key: string, value: string, expiresAtMs?: number): Lease {
  const subnets = parseLeaseKey(key) ?? refuse(key, 'a key such as 10.244.1.0-24', key);
  const fields = decodeFields(key, value);
  const endpoints = [
    ...parseEndpoint(key, 4, fields.PublicIP, fields.BackendData),
    ...parseEndpoint(key, 6, fields.PublicIPv6, fields.BackendV6Data),
  ];
  if (endpoints.length === 0) refuse(key, 'a PublicIP', value);
  const backendType = fields.BackendType ?? '';
  if (typeof backendType !== 'string') return refuse(key, 'a string as BackendType', value);
  const attributes = { backendType, endpoints };
  return expiresAtMs === undefined ? { subnets, attributes } : { subnets, attributes, expiresAtMs };
}

/** The endpoint of one family. */
export function endpointOf(lease: Pick<Lease, 'attributes'>, family: Family): Endpoint | undefined {
  return lease.attributes.endpoints.find(({ publicIp }) => familyOf(publicIp) === family);
}

export function subnetOf(lease: Pick<Lease, 'subnets'>, family: Family): IpPrefix | undefined {
  return lease.subnets.find((subnet) => familyOf(subnet) === family);
}

function parseEndpoint(key: string, family: Family, address: unknown, data: unknown): Endpoint[] {
  if (address === undefined || address === null || address === '' || address === NO_IPV4_ADDRESS) return [];
  const publicIp: IpAddress | undefined = typeof address === 'string' ? parseIpAddress(address) : undefined;
  if (publicIp === undefined || familyOf(publicIp) !== family) {
    return refuse(key, `an IPv${family} public address`, JSON.stringify(address));
  }
  return [data === undefined || data === null ? { publicIp } : { publicIp, data }];
}

function decodeFields(key: string, value: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(value);
    if (typeof fields === 'object' && fields !== null && !Array.isArray(fields)) {
      return fields as Record<string, unknown>;
    }
  } catch {
    // Refused below, with the text that was found.
  }
  return refuse(key, 'a JSON object', value);
}

function refuse(key: string, expected: string, found: string): never {
  const message = `lease ${key}: expected ${expected}, found ${found.slice(0, 120)}; delete or correct the entry`;
  throw new LeaseError('corrupt', message);
}
