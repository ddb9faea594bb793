import { addressValue, overlaps } from '@podlan/linux/prefix';
import { type IpPrefix, ipFromBytes, parseIpPrefix, prefixAddress, prefixLength } from '@podlan/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseSubnets, type Lease, parseNetworkConfig } from '../src/index.js';
import { testAttributes } from '../src/testing.js';
import { lowestFreeBlock } from './oracle/lowest-free-subnet.js';

const BASE = 0x0af40000;
const dotted = (number: number) => ipFromBytes(Uint8Array.from([24, 16, 8, 0], (shift) => number >>> shift));
const prefix = (start: number, length: number) => parseIpPrefix(`${dotted(start)}/${length}`) as IpPrefix;
const lease = (host: number, ...subnets: IpPrefix[]): Lease => ({
  subnets,
  attributes: testAttributes(host),
});

test('the oracle finds the gap between two blocks', () => {
  const taken = [
    { start: 0, size: 5 },
    { start: 12, size: 100 },
  ];
  expect(lowestFreeBlock(0, 28, 4, taken)).toBe(8);
  expect(lowestFreeBlock(0, 28, 8, taken)).toBeUndefined();
});

describe('the lowest free subnet', () => {
  const block = fc.record({ offset: fc.nat(255), length: fc.integer({ min: 24, max: 32 }) });
  const sizes = fc.integer({ min: 26, max: 30 });

  test('is the one that the oracle finds, whatever is leased', () => {
    const cases = fc.property(sizes, fc.array(block, { maxLength: 40 }), (length, blocks) => {
      const config = parseNetworkConfig({
        Network: '10.244.0.0/24',
        SubnetLen: length,
        Backend: { Type: 'vxlan' },
      });
      const leases = blocks.map(({ offset, length }, i) =>
        lease(100 + (i % 100), prefix(BASE + offset, length)),
      );
      const taken = leases.map(({ subnets: [subnet] }) => ({
        start: Number(addressValue(prefixAddress(subnet!))),
        size: 2 ** (32 - prefixLength(subnet!)),
      }));
      const size = 2 ** (32 - length);
      const expected = lowestFreeBlock(BASE + size, BASE + 256 - size, size, taken);
      const choose = () => chooseSubnets(config, leases, { attributes: testAttributes(1), previous: [] });
      if (expected === undefined) expect(choose).toThrow(/out of subnets/);
      else expect(choose()).toEqual([prefix(expected, length)]);
    });
    fc.assert(cases, { numRuns: 1000 });
  });

  test('never overlaps another lease, also where a previous one is asked for', () => {
    const cases = fc.property(sizes, fc.array(block, { maxLength: 20 }), block, (length, blocks, wanted) => {
      const config = parseNetworkConfig({
        Network: '10.244.0.0/24',
        SubnetLen: length,
        Backend: { Type: 'vxlan' },
      });
      const leases = blocks.map(({ offset, length }, i) => lease(100 + i, prefix(BASE + offset, length)));
      const previous = [prefix(BASE + wanted.offset, wanted.length)];
      try {
        const [chosen] = chooseSubnets(config, leases, { attributes: testAttributes(1), previous });
        expect(leases.some(({ subnets }) => overlaps(subnets[0]!, chosen!))).toBe(false);
      } catch (error) {
        expect(error).toMatchObject({ code: 'out-of-subnets' });
      }
    });
    fc.assert(cases, { numRuns: 500 });
  });

  test('is found at once in a great IPv6 network with thousands of leases', () => {
    const config = parseNetworkConfig({
      EnableIPv4: false,
      EnableIPv6: true,
      IPv6Network: 'fd00::/16',
      Backend: { Type: 'vxlan' },
    });
    const leases = Array.from({ length: 5000 }, (_, i) =>
      lease(1, parseIpPrefix(`fd00:0:0:${(i + 1).toString(16)}::/64`)!),
    );
    const request = { attributes: testAttributes(2), previous: [] };
    expect(chooseSubnets(config, leases, request)).toEqual(['fd00:0:0:1389::/64']);
  });
});

test('a node that gains IPv6 keeps its IPv4 subnet', () => {
  const config = parseNetworkConfig({
    Network: '10.244.0.0/16',
    EnableIPv6: true,
    IPv6Network: 'fd00:244::/48',
    Backend: { Type: 'vxlan' },
  });
  const own = lease(1, parseIpPrefix('10.244.7.0/24')!);
  const request = { attributes: testAttributes(1), previous: [] };
  expect(chooseSubnets(config, [own], request)).toEqual(['10.244.7.0/24', 'fd00:244:0:1::/64']);
});

test('free subnets that are skipped are those that would have been chosen first', () => {
  const block = fc.record({ offset: fc.nat(255), length: fc.integer({ min: 26, max: 32 }) });
  const cases = fc.property(fc.array(block, { maxLength: 20 }), fc.nat(12), (blocks, skip) => {
    const config = parseNetworkConfig({
      Network: '10.244.0.0/24',
      SubnetLen: 28,
      Backend: { Type: 'vxlan' },
    });
    const leases = blocks.map(({ offset, length }, i) => lease(100 + i, prefix(BASE + offset, length)));
    const request = { attributes: testAttributes(1), previous: [] };
    const inOrder: IpPrefix[] = [];
    try {
      for (;;) inOrder.push(...chooseSubnets(config, [...leases, lease(99, ...inOrder)], request));
    } catch {
      // All are in order now.
    }
    if (inOrder.length === 0) return;
    const [chosen] = chooseSubnets(config, leases, request, skip);
    expect(chosen).toBe(inOrder[Math.min(skip, inOrder.length - 1)]);
  });
  fc.assert(cases, { numRuns: 500 });
});
