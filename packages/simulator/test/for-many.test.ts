/** Destinations that are no single host: none in particular, all of a subnet, a group. */
import { parseEthernet } from '@podlan/wire';
import { expect, test } from 'vitest';
import { probe } from '../src/index.js';
import { ip, routed } from './links.js';

const fromA = (destination: string, protocol: 'icmp' | 'tcp' | 'udp' = 'icmp') => {
  const links = routed();
  return { links, ...probe(links.netns('a'), { destination: ip(destination), protocol }) };
};

test.each([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])('%s is this host: %s', (address, itself) => {
  const { answered, destination, hops } = fromA(address);
  expect([answered, destination]).toEqual([true, itself]);
  expect(new Set(hops.map(({ netns }) => netns))).toEqual(new Set(['a']));
});

test('from an address of its own, it is that address', () => {
  const links = routed();
  const source = ip('10.0.1.2');
  const { answered, destination } = probe(links.netns('a'), { destination: ip('0.0.0.0'), source });
  expect([answered, destination]).toEqual([true, source]);
});

test('what is for a group stays on the link, though a default route leads by a gateway', () => {
  const { links, lost } = fromA('239.1.1.1', 'udp');
  expect(links.frames.map((bytes) => parseEthernet(bytes)!.destination)).toEqual(['01:00:5e:01:01:01']);
  expect(lost?.reason).not.toBe('neighbor-unresolved');
});

test.each(['icmp', 'tcp', 'udp'] as const)('%s for all of a subnet is answered by nobody', (protocol) => {
  const { answered, hops } = fromA('10.0.1.255', protocol);
  expect(answered).toBe(false);
  expect(hops.some(({ netns, event }) => netns === 'r' && event === 'drop')).toBe(true);
});
