import { rowText } from '@podlan/linux/model';
import { parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { describe, expect, test } from 'vitest';
import { createBackend, formatLeaseValue, type Lease, parseNetworkConfig } from '../src/index.js';

const IPV6 = { EnableIPv6: true, IPv6Network: 'fd00:244::/48' };

function make(network: object = {}, node: object = {}) {
  return createBackend({
    config: parseNetworkConfig({ Network: '10.244.0.0/16', ...network, Backend: { Type: 'host-gw' } }),
    node: {
      publicIps: ['192.168.77.11', 'fd00:77::11'].map((text) => parseIpAddress(text)!),
      externalInterface: { name: 'eth0', mtu: 1500 },
      onLink: ['192.168.77.0/24', 'fd00:77::/64'].map((text) => parseIpPrefix(text)!),
      ...node,
    },
    dataplane: 'kernel',
    randomMac: () => parseMacAddress('02:00:00:00:00:01')!,
  });
}

const lease = (subnets: readonly string[], publicIps: readonly string[], backendType = 'host-gw'): Lease => ({
  subnets: subnets.map((text) => parseIpPrefix(text)!),
  attributes: { backendType, endpoints: publicIps.map((text) => ({ publicIp: parseIpAddress(text)! })) },
});
const own = lease(['10.244.1.0/24', 'fd00:244:0:1::/64'], ['192.168.77.11', 'fd00:77::11']);
const peer = lease(['10.244.2.0/24', 'fd00:244:0:2::/64'], ['192.168.77.12', 'fd00:77::12']);

const IPV4_ROUTE = 'route 10.244.2.0/24 via 192.168.77.12 dev eth0 proto 80';
const IPV6_ROUTE = 'route fd00:244:0:2::/64 via fd00:77::12 dev eth0 proto 80';

test.each([
  ['IPv4', {}, [IPV4_ROUTE]],
  ['IPv6', { EnableIPv4: false, ...IPV6 }, [IPV6_ROUTE]],
  ['both families', IPV6, [IPV4_ROUTE, IPV6_ROUTE]],
])('a host has no rows, and a route by the interface per peer: %s', (_, network, routes) => {
  const backend = make(network);
  expect(backend.mtu).toBe(1500);
  expect(backend.hostState(own)).toEqual([]);
  expect(backend.peerState(own, peer).map(rowText)).toEqual(routes);
});

test('a lease says the addresses and no data', () => {
  expect(make(IPV6).leaseAttributes(undefined)).toEqual({
    backendType: 'host-gw',
    endpoints: [{ publicIp: '192.168.77.11' }, { publicIp: 'fd00:77::11' }],
  });
});

test.each([
  ['IPv4', {}, '{"PublicIP":"192.168.77.11","PublicIPv6":null,"BackendType":"host-gw"}'],
  ['both families', IPV6, '{"PublicIP":"192.168.77.11","PublicIPv6":"fd00:77::11","BackendType":"host-gw"}'],
])('its value in the store is flannel’s, byte for byte: %s', (_, network, value) => {
  expect(formatLeaseValue({ subnets: [], attributes: make(network).leaseAttributes(undefined) })).toBe(value);
});

describe('a peer is refused', () => {
  test.each<[string, Lease]>([
    [
      'its public address 192.168.78.12 is not on the link of eth0, and host-gw needs every node to be: use vxlan',
      lease(['10.244.2.0/24'], ['192.168.78.12']),
    ],
    [
      'its public address fd00:78::12 is not on the link of eth0',
      lease(['10.244.2.0/24', 'fd00:244:0:2::/64'], ['192.168.77.12', 'fd00:78::12']),
    ],
    ['expected a host-gw lease, found backend type "vxlan"', lease(peer.subnets, ['192.168.77.12'], 'vxlan')],
    ['its public address 192.168.77.11 is ours', lease(['10.244.2.0/24'], ['192.168.77.11'])],
    ['its subnet 10.244.0.0/22 overlaps ours', lease(['10.244.0.0/22'], ['192.168.77.12'])],
    ['expected a subnet and a public address of one family', lease(['10.244.2.0/24'], ['fd00:77::12'])],
  ])('as %s', (reason, bad) => {
    const backend = make(IPV6);
    expect(backend.refusal(own, bad)).toContain(reason);
    expect(backend.peerState(own, bad)).toEqual([]);
  });
});

test('a node behind NAT is refused', () => {
  const behindNat = {
    publicIps: [parseIpAddress('192.0.2.9')!],
    localIps: [parseIpAddress('192.168.77.11')!],
  };
  expect(() => make({}, behindNat)).toThrow(
    /host-gw: expected the public address to be that of eth0, 192.168.77.11, found 192.0.2.9; /,
  );
});
