import { type Row, rowText } from '@podlan/linux/model';
import { parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { describe, expect, test } from 'vitest';
import {
  createBackend,
  type Dataplane,
  formatLeaseValue,
  type Lease,
  parseNetworkConfig,
} from '../src/index.js';
import { testAttributes } from '../src/testing.js';

interface Given {
  readonly dataplane?: Dataplane;
  readonly options?: object;
  readonly network?: object;
  readonly publicIps?: readonly string[];
  readonly localIp?: string;
  readonly mac?: string;
  readonly onLink?: readonly string[];
}

function make({
  dataplane = 'kernel',
  options = {},
  network = {},
  publicIps,
  localIp,
  mac = 'ff:11:22:33:44:55',
  onLink = [],
}: Given = {}) {
  const Backend = { Type: 'vxlan', ...options };
  return createBackend({
    config: parseNetworkConfig({ Network: '10.244.0.0/16', ...network, Backend }),
    node: {
      publicIps: (publicIps ?? ['192.168.1.1', 'fd00:77::1']).map((text) => parseIpAddress(text)!),
      ...(localIp !== undefined && { localIps: [parseIpAddress(localIp)!] }),
      externalInterface: { name: 'eth0', mtu: 1500 },
      onLink: onLink.map((text) => parseIpPrefix(text)!),
    },
    dataplane,
    randomMac: () => parseMacAddress(mac)!,
  });
}

const IPV6 = { EnableIPv6: true, IPv6Network: 'fd00:244::/48' };
const lines = (rows: readonly Row[]) => rows.map(rowText);

function own(backend: ReturnType<typeof make>, ...subnets: string[]): Lease {
  return {
    subnets: subnets.map((text) => parseIpPrefix(text)!),
    attributes: backend.leaseAttributes(undefined),
  };
}

const peer = (subnet: string, attributes = testAttributes(2, '02:00:00:00:00:02')): Lease => ({
  subnets: [parseIpPrefix(subnet)!],
  attributes,
});

const attributesAt = (publicIp: string): Lease['attributes'] => ({
  backendType: 'vxlan',
  endpoints: [{ publicIp: parseIpAddress(publicIp)!, data: { VtepMAC: '02:00:00:00:00:02' } }],
});

describe('the host’s rows', () => {
  test.each(['kernel', 'wasm'] as const)(
    'behind NAT are local to the interface, the lease names the public address: %s',
    (dataplane) => {
      const backend = make({ dataplane, publicIps: ['192.0.2.9'], localIp: '192.168.1.1' });
      const lease = own(backend, '10.244.1.0/24');
      expect(lease.attributes.endpoints.map(({ publicIp }) => publicIp)).toEqual(['192.0.2.9']);
      const text = lines(backend.hostState(lease)).join('\n');
      expect(text).toContain('local 192.168.1.1');
      expect(text).not.toContain('192.0.2.9');
    },
  );

  test('on the kernel dataplane are a vxlan device and its address', () => {
    const backend = make({ options: { VNI: 7, Port: 4789, Learning: true, GBP: true } });
    expect(lines(backend.hostState(own(backend, '10.244.1.0/24')))).toEqual([
      'link flannel.7 address fe:11:22:33:44:55 mtu 1450 up type vxlan id 7 dev eth0 local 192.168.1.1 dstport 4789 learning gbp',
      'address 10.244.1.0/32 dev flannel.7',
    ]);
  });

  test('on the wasm dataplane are a TAP, its address and a forwarder that knows whose sources are whose', () => {
    const backend = make({ dataplane: 'wasm' });
    const rows = backend.hostState(own(backend, '10.244.1.0/24'));
    expect(rows.map(({ kind }) => kind)).toEqual(['link', 'address', 'forwarder']);
    expect(rows[0]).toMatchObject({ name: 'flannel.1', type: 'tap', mac: 'fe:11:22:33:44:55', mtu: 1450 });
    expect(rows[2]).toEqual({
      kind: 'forwarder',
      type: 'vxlan',
      dev: 'flannel.1',
      vni: 1,
      local: '192.168.1.1',
      port: 8472,
      mac: 'fe:11:22:33:44:55',
      networks: ['10.244.0.0/16'],
      subnets: ['10.244.1.0/24'],
    });
  });

  test.each([
    [1450, {}, {}],
    [1350, { MTU: 1400 }, {}],
    [1430, {}, IPV6],
    [1430, {}, { ...IPV6, EnableIPv4: false }],
  ])('have MTU %i with options %j and network %j', (mtu, options, network) => {
    expect(make({ options, network }).mtu).toBe(mtu);
  });
});

describe('a peer’s rows', () => {
  test.each<[Dataplane, string]>([
    ['kernel', 'fdb 02:00:00:00:00:02 dev flannel.1 dst 192.168.1.2 self permanent'],
    ['wasm', 'tunnel 10.244.2.0/24 remote 192.168.1.2 port 8472 dev flannel.1'],
  ])('on the %s dataplane are neighbor, %s and route', (dataplane, middle) => {
    const backend = make({ dataplane });
    expect(lines(backend.peerState(own(backend, '10.244.1.0/24'), peer('10.244.2.0/24')))).toEqual([
      'neigh 10.244.2.0 lladdr 02:00:00:00:00:02 dev flannel.1 nud permanent',
      middle,
      'route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
    ]);
  });

  test('are made whatever VNI it tells, as in flannel', () => {
    const backend = make();
    const attributes = testAttributes(2);
    const data = { VNI: 9, VtepMAC: '02:00:00:00:00:02' };
    const lease = peer('10.244.2.0/24', {
      ...attributes,
      endpoints: [{ ...attributes.endpoints[0]!, data }],
    });
    expect(backend.peerState(own(backend, '10.244.1.0/24'), lease)).toHaveLength(3);
  });

  test.each<[Dataplane, string[]]>([
    ['kernel', []],
    ['wasm', ['tunnel 10.244.2.0/24 remote 192.168.1.2 port 8472 dev flannel.1']],
  ])('with DirectRouting and on link are a plain route: %s', (dataplane, tunnels) => {
    const options = { DirectRouting: true };
    const backend = make({ dataplane, options, onLink: ['192.168.1.0/24'] });
    const mine = own(backend, '10.244.1.0/24');
    expect(lines(backend.peerState(mine, peer('10.244.2.0/24')))).toEqual([
      ...tunnels,
      'route 10.244.2.0/24 via 192.168.1.2 dev eth0 proto 80',
    ]);
    const tunnelled = make({ dataplane });
    for (const onLink of [['192.168.2.0/24'], []]) {
      const routed = make({ dataplane, options, onLink });
      expect(routed.peerState(mine, peer('10.244.2.0/24'))).toEqual(
        tunnelled.peerState(mine, peer('10.244.2.0/24')),
      );
    }
  });

  test('with DirectRouting are judged for each family by itself', () => {
    const backend = make({ options: { DirectRouting: true }, network: IPV6, onLink: ['fd00:77::/64'] });
    const mine = own(backend, '10.244.1.0/24', 'fd00:244:0:1::/64');
    const data = { VtepMAC: '02:00:00:00:00:02' };
    const endpoints = ['192.168.1.2', 'fd00:77::2'].map((text) => ({
      publicIp: parseIpAddress(text)!,
      data,
    }));
    const dual: Lease = {
      subnets: [parseIpPrefix('10.244.2.0/24')!, parseIpPrefix('fd00:244:0:2::/64')!],
      attributes: { backendType: 'vxlan', endpoints },
    };
    expect(lines(backend.peerState(mine, dual)).slice(2)).toEqual([
      'route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
      'route fd00:244:0:2::/64 via fd00:77::2 dev eth0 proto 80',
    ]);
  });

  test('in dual stack are those of the families that both have', () => {
    const backend = make({ network: IPV6 });
    const mine = own(backend, '10.244.1.0/24', 'fd00:244:0:1::/64');
    expect(backend.peerState(mine, peer('10.244.2.0/24'))).toHaveLength(3);
    expect(backend.refusal(mine, peer('fd00:244:0:2::/64'))).toMatch(/one family with ours/);
  });

  test.each<[string, Lease]>([
    [
      'expected a vxlan lease, found backend type "host-gw"',
      peer('10.244.2.0/24', { ...testAttributes(2), backendType: 'host-gw' }),
    ],
    ['its subnet 10.244.1.128/25 overlaps ours, 10.244.1.0/24', peer('10.244.1.128/25')],
    ['its public address 192.168.1.1 is ours', peer('10.244.2.0/24', testAttributes(1))],
    ['its subnet 172.20.0.0/24 is not inside 10.244.0.0/16', peer('172.20.0.0/24')],
    ['its subnet 10.0.0.0/8 overlaps ours, 10.244.1.0/24', peer('10.0.0.0/8')],
    [
      'its subnet 10.244.2.0/24 holds the tunnel endpoint 10.244.2.9',
      peer('10.244.2.0/24', attributesAt('10.244.2.9')),
    ],
    [
      'its public address 10.244.1.9 lies in our subnet 10.244.1.0/24',
      peer('10.244.2.0/24', attributesAt('10.244.1.9')),
    ],
    ['its VtepMAC fe:11:22:33:44:55 is ours', peer('10.244.2.0/24', testAttributes(2, 'fe:11:22:33:44:55'))],
    ['its public address 239.1.1.1 is no host’s', peer('10.244.2.0/24', attributesAt('239.1.1.1'))],
    [
      'expected backend data {"VNI", "VtepMAC"}, found {"VtepMAC":"zz"}',
      peer('10.244.2.0/24', {
        backendType: 'vxlan',
        endpoints: [{ ...testAttributes(2).endpoints[0]!, data: { VtepMAC: 'zz' } }],
      }),
    ],
  ])('are none, as %s', (reason, lease) => {
    const backend = make();
    const mine = own(backend, '10.244.1.0/24');
    expect(backend.refusal(mine, lease)?.replace("'", '’')).toContain(reason);
    expect(backend.peerState(mine, lease)).toEqual([]);
  });
});

describe('the VTEP MAC', () => {
  test('is a locally administered unicast address, the same at every call', () => {
    const backend = make({ mac: 'ff:ff:ff:ff:ff:ff' });
    const first = backend.leaseAttributes(undefined);
    expect(first.endpoints[0]?.data).toEqual({ VNI: 1, VtepMAC: 'fe:ff:ff:ff:ff:ff' });
    expect(backend.leaseAttributes(undefined)).toEqual(first);
  });

  test('is the one published before, unless that is no MAC or another backend’s', () => {
    const macOf = (previous: ReturnType<typeof testAttributes>) =>
      make().leaseAttributes(previous).endpoints[0]?.data;
    expect(macOf(testAttributes(1, '02:aa:00:00:00:01'))).toMatchObject({ VtepMAC: '02:aa:00:00:00:01' });
    expect(macOf(testAttributes(1, 'nonsense'))).toMatchObject({ VtepMAC: 'fe:11:22:33:44:55' });
    expect(macOf({ ...testAttributes(1), backendType: 'udp' })).toMatchObject({
      VtepMAC: 'fe:11:22:33:44:55',
    });
  });

  test('begins with the prefix of the configuration, and one kept from before must too', () => {
    const backend = make({ options: { MacPrefix: '0E-2A' } });
    const macOf = (previous: ReturnType<typeof testAttributes> | undefined) =>
      backend.leaseAttributes(previous).endpoints[0]?.data;
    expect(macOf(undefined)).toMatchObject({ VtepMAC: '0e:2a:22:33:44:55' });
    expect(macOf(testAttributes(1, '0e:2a:00:00:00:01'))).toMatchObject({ VtepMAC: '0e:2a:00:00:00:01' });
    expect(macOf(testAttributes(1, '02:aa:00:00:00:01'))).toMatchObject({ VtepMAC: '0e:2a:22:33:44:55' });
  });
});

test('a VNI that flannel’s leases have no room for is published as flannel does, in part', () => {
  const backend = make({ options: { VNI: 0x1_0007 } });
  const lease = own(backend, '10.244.1.0/24');
  expect(lease.attributes.endpoints[0]?.data).toMatchObject({ VNI: 7 });
  expect(backend.hostState(lease)[0]).toMatchObject({ name: 'flannel.65543', vni: 0x1_0007 });
});

test('group policy on the wasm dataplane is refused, and says what to do', () => {
  expect(() => make({ dataplane: 'wasm', options: { GBP: true } })).toThrow(
    /Backend\.GBP .* expected the kernel dataplane, found wasm; run the agent with --dataplane kernel/,
  );
});

test('a node without an address of a family that the config asks for is refused', () => {
  expect(() => make({ network: IPV6, publicIps: ['192.168.1.1'] })).toThrow(
    /network fd00:244::\/48: expected a public IPv6 address of this node, found 192.168.1.1 on eth0$/,
  );
});

const DATA = '{"VNI":1,"VtepMAC":"fe:11:22:33:44:55"}';

test.each([
  ['IPv4', {}, `{"PublicIP":"192.168.1.1","PublicIPv6":null,"BackendType":"vxlan","BackendData":${DATA}}`],
  [
    'both families',
    IPV6,
    `{"PublicIP":"192.168.1.1","PublicIPv6":"fd00:77::1","BackendType":"vxlan","BackendData":${DATA},"BackendV6Data":${DATA}}`,
  ],
])('the value in the store is flannel’s, byte for byte: %s', (_, network, value) => {
  const attributes = make({ network }).leaseAttributes(undefined);
  expect(formatLeaseValue({ subnets: [], attributes })).toBe(value);
});
