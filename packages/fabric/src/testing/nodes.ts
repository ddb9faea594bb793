/** Made-up nodes that ask for leases. */
import { type IpPrefix, parseIpAddress, parseIpPrefix } from '@podlan/wire';
import type { LeaseAttributes, LeaseRequest } from '../lease.js';

/**
 * The attributes of a made-up node, 192.168.1.`host`.
 * @example In a test file
 * ```ts
 * import { testAttributes } from '@podlan/fabric/testing';
 * import { expect, test } from 'vitest';
 *
 * test('a node has one endpoint', () => {
 *   const [endpoint] = testAttributes(7).endpoints;
 *   expect(endpoint).toEqual({ publicIp: '192.168.1.7', data: { VNI: 1, VtepMAC: '02:00:00:00:00:01' } });
 * });
 * ```
 */
export function testAttributes(host: number, mac = '02:00:00:00:00:01'): LeaseAttributes {
  const publicIp = parseIpAddress(`192.168.1.${host}`)!;
  return { backendType: 'vxlan', endpoints: [{ publicIp, data: { VNI: 1, VtepMAC: mac } }] };
}

/** fd00:77::`host`, on an underlay of IPv6 alone. */
export function ipv6Attributes(host: number): LeaseAttributes {
  const publicIp = parseIpAddress(`fd00:77::${host.toString(16)}`)!;
  return { backendType: 'vxlan', endpoints: [{ publicIp, data: { VNI: 1, VtepMAC: '02:00:00:00:00:06' } }] };
}

/** Both of them. */
export function dualAttributes(host: number): LeaseAttributes {
  const endpoints = [...testAttributes(host).endpoints, ...ipv6Attributes(host).endpoints];
  return { backendType: 'vxlan', endpoints };
}

export function prefixes(...texts: readonly string[]): IpPrefix[] {
  return texts.map((text) => parseIpPrefix(text)!);
}

export function request(host: number, previous: readonly string[] = []): LeaseRequest {
  return { attributes: testAttributes(host), previous: prefixes(...previous) };
}
