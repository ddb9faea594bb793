import { type Row, rowText } from '@podlan/linux/model';
import { parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { describe, expect, test } from 'vitest';
import { createBackend, formatLeaseValue, type Lease, parseLease, parseNetworkConfig } from '../src/index.js';

const IPV6 = { EnableIPv6: true, IPv6Network: 'fd00:244::/48' };

function make(options: object | undefined = { Type: 'udp' }, network: object = {}, node: object = {}) {
  return createBackend({
    config: parseNetworkConfig({ Network: '10.244.0.0/16', ...network, Backend: options }),
    node: {
      publicIps: ['192.168.77.11', 'fd00:77::11'].map((text) => parseIpAddress(text)!),
      externalInterface: { name: 'eth0', mtu: 1500 },
      ...node,
    },
    dataplane: 'wasm',
    randomMac: () => parseMacAddress('02:00:00:00:00:01')!,
  });
}

const lines = (rows: readonly Row[]) => rows.map(rowText);
const lease = (subnet: string, publicIp: string, backendType = ''): Lease => ({
  subnets: [parseIpPrefix(subnet)!],
  attributes: { backendType, endpoints: [{ publicIp: parseIpAddress(publicIp)! }] },
});
const own = lease('10.244.1.0/24', '192.168.77.11');
const peer = lease('10.244.2.0/24', '192.168.77.12');

test('a host has a TUN, one route for the whole network, and a forwarder', () => {
  const backend = make();
  expect(backend.mtu).toBe(1472);
  expect(lines(backend.hostState(own))).toEqual([
    'link flannel0 mtu 1472 up type tun vnet_hdr',
    'address 10.244.1.0/32 dev flannel0',
    'forwarder dev flannel0 type udp from 10.244.1.0 local 192.168.77.11 port 8285',
    'route 10.244.0.0/16 dev flannel0 proto 80',
  ]);
  expect(backend.hostState(own)[2]).toMatchObject({
    networks: ['10.244.0.0/16'],
    subnets: ['10.244.1.0/24'],
  });
});

test('a peer is one row: which node has its subnet', () => {
  expect(lines(make().peerState(own, peer))).toEqual([
    'tunnel 10.244.2.0/24 remote 192.168.77.12 port 8285 dev flannel0',
  ]);
});

test('the port is that of all nodes', () => {
  const backend = make({ Type: 'UDP', Port: 9000 });
  expect(lines([...backend.hostState(own), ...backend.peerState(own, peer)]).join()).toMatch(
    /port 9000.*port 9000/,
  );
});

test('behind NAT the socket is bound to the address of the interface', () => {
  const addresses = { publicIps: ['192.0.2.9'], localIps: ['192.168.77.11'] };
  const backend = make(
    { Type: 'udp' },
    {},
    Object.fromEntries(Object.entries(addresses).map(([key, texts]) => [key, texts.map(parseIpAddress)])),
  );
  expect(lines(backend.hostState(own)).join()).toContain('local 192.168.77.11 port 8285');
  expect(backend.leaseAttributes(undefined).endpoints).toEqual([{ publicIp: '192.0.2.9' }]);
});

test('a lease is written as flannel writes it, and read back', () => {
  const attributes = make().leaseAttributes(undefined);
  const value = formatLeaseValue({ subnets: own.subnets, attributes });
  expect(value).toBe('{"PublicIP":"192.168.77.11","PublicIPv6":null}');
  expect(make().refusal(own, parseLease('10.244.2.0-24', value.replace('.11', '.12')))).toBeUndefined();
});

test.each([undefined, {}, { Port: 8285 }])('is what flannel takes %j for', (options) => {
  expect(make(options).type).toBe('udp');
});

describe('a peer is refused', () => {
  test.each<[string, Lease]>([
    [
      'expected a lease without backend type, as those of udp are, found backend type "vxlan"',
      lease('10.244.2.0/24', '192.168.77.12', 'vxlan'),
    ],
    ['its public address 192.168.77.11 is ours', lease('10.244.2.0/24', '192.168.77.11')],
    ['its subnet 10.244.0.0/22 overlaps ours', lease('10.244.0.0/22', '192.168.77.12')],
    ['its subnet 10.245.2.0/24 is not inside 10.244.0.0/16', lease('10.245.2.0/24', '192.168.77.12')],
    ['expected a subnet and a public address of one family', lease('10.244.2.0/24', 'fd00:77::12')],
  ])('as %s', (reason, bad) => {
    expect(make().refusal(own, bad)).toContain(reason);
    expect(make().peerState(own, bad)).toEqual([]);
  });
});

test.each([
  ['10.244.0.0/16 and fd00:244::/48', IPV6],
  ['fd00:244::/48', { ...IPV6, EnableIPv4: false }],
])('IPv6 is refused: %s', (found, network) => {
  const message = `the udp backend carries IPv4 only: expected one IPv4 Network, found ${found}; write`;
  expect(() => make({ Type: 'udp' }, network)).toThrow(
    expect.objectContaining({ code: 'bad-config', message: expect.stringContaining(message) }),
  );
});
