/** Whatever is written to the store, whoever kept to the rules is reached, and nobody gets what is another's. */
import { type Row, rowText } from '@podlan/linux/model';
import { contains, overlaps } from '@podlan/linux/prefix';
import { type IpPrefix, parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBackend, type Lease, type LeaseEvent, parseNetworkConfig } from '../src/index.js';
import { PeerLeases } from '../src/peer-leases.js';

const NETWORK = parseIpPrefix('10.244.0.0/16')!;
const config = parseNetworkConfig({
  Network: NETWORK,
  EnableIPv6: true,
  IPv6Network: 'fd00:244::/48',
  Backend: { Type: 'vxlan', DirectRouting: true },
});
const addresses = ['192.168.1.1', 'fd00:77::1'].map((text) => parseIpAddress(text)!);

const backend = createBackend({
  config,
  node: {
    publicIps: addresses,
    externalInterface: { name: 'eth0', mtu: 1500 },
    onLink: [parseIpPrefix('192.168.1.0/25')!],
  },
  dataplane: 'kernel',
  randomMac: () => parseMacAddress('02:00:00:00:00:01')!,
});
const own: Lease = {
  subnets: ['10.244.1.0/24', 'fd00:244:0:1::/64'].map((text) => parseIpPrefix(text)!),
  attributes: backend.leaseAttributes(undefined),
};
const honest: Lease = {
  subnets: ['10.244.2.0/24', 'fd00:244:0:2::/64'].map((text) => parseIpPrefix(text)!),
  attributes: {
    backendType: 'vxlan',
    endpoints: ['192.168.1.200', 'fd00:77::2'].map((text) => ({
      publicIp: parseIpAddress(text)!,
      data: { VNI: 1, VtepMAC: '02:00:00:00:00:02' },
    })),
  },
};

const ipv4Subnet = fc
  .tuple(
    fc.constantFrom('10.244.0', '10.244.1', '10.244.2', '10.244.3', '192.168.1'),
    fc.nat(255),
    fc.integer({ min: 8, max: 32 }),
  )
  .map(([start, last, length]) => parseIpPrefix(`${start}.${last}/${length}`)!);
const ipv6Subnet = fc
  .tuple(fc.nat(4), fc.integer({ min: 16, max: 128 }))
  .map(([subnet, length]) => parseIpPrefix(`fd00:244:0:${subnet}::/${length}`)!);
const subnets = fc.oneof(
  ipv4Subnet.map((one) => [one]),
  ipv6Subnet.map((one) => [one]),
  fc.tuple(ipv4Subnet, ipv6Subnet).map((both) => [...both]),
);
const mac = fc.constantFrom(
  '02:00:00:00:00:01',
  '02:00:00:00:00:03',
  '01:00:5e:00:00:01',
  '00:00:00:00:00:00',
  'x',
);
const data = fc.oneof(
  mac.map((VtepMAC) => ({ VNI: 1, VtepMAC })),
  fc.jsonValue(),
);
const publicIp = fc
  .constantFrom(
    '192.168.1.1',
    '192.168.1.3',
    '192.168.1.200',
    '10.244.2.9',
    '10.244.3.9',
    '127.0.0.1',
    'fd00:77::1',
    'fd00:77::3',
  )
  .map((text) => parseIpAddress(text)!);
const lease: fc.Arbitrary<Lease> = fc
  .record({
    subnets,
    backendType: fc.constantFrom('vxlan', 'vxlan', 'vxlan', 'host-gw', ''),
    endpoints: fc.array(fc.record({ publicIp, data }), { minLength: 1, maxLength: 2 }),
  })
  .map(({ subnets, backendType, endpoints }) => ({ subnets, attributes: { backendType, endpoints } }));
const isHonest = ({ subnets }: Lease) => subnets.length === 2 && subnets.join() === honest.subnets.join();
const event: fc.Arbitrary<LeaseEvent> = fc.oneof(
  { weight: 4, arbitrary: lease.map((one) => ({ type: 'put' as const, lease: one })) },
  { weight: 1, arbitrary: lease.map((one) => ({ type: 'delete' as const, lease: one })) },
  {
    weight: 1,
    arbitrary: fc
      .array(lease, { maxLength: 5 })
      .map((leases) => ({ type: 'snapshot' as const, leases: [honest, ...leases] })),
  },
);

const routesOf = (rows: readonly Row[] = []): IpPrefix[] =>
  rows.flatMap((row) => (row.kind === 'route' ? [row.prefix] : []));

test('no lease takes anything from us, or from a peer that was there first', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 30 }), (events) => {
      const programmed = new Map<string, readonly Row[]>();
      const leases = new PeerLeases({
        program: (key, rows) => programmed.set(key, rows),
        refused: () => {},
      });
      const take = (one: LeaseEvent) => leases.settle(leases.record(one), { own, backend });
      take({ type: 'put', lease: honest });
      const [[honestKey]] = [...programmed] as [[string, Row[]]];
      const before = programmed.get(honestKey)!.map(rowText);
      for (const one of events) if (one.type === 'snapshot' || !isHonest(one.lease)) take(one);

      expect(programmed.get(honestKey)!.map(rowText)).toEqual(before);
      const owners = [...programmed.values()].map(routesOf);
      const all = owners.flat();
      for (const prefix of all) {
        expect(config.networks.some(({ network }) => contains(network, prefix))).toBe(true);
        expect([...own.subnets, ...addresses].some((ours) => overlapsAny(prefix, ours))).toBe(false);
        expect(all.filter((other) => overlaps(other, prefix))).toEqual([prefix]);
      }
    }),
  );
});

function overlapsAny(prefix: IpPrefix, other: string): boolean {
  const whole = other.includes('/') ? other : `${other}/${other.includes(':') ? 128 : 32}`;
  return overlaps(prefix, parseIpPrefix(whole)!);
}
