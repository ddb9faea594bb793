/** Routing tables and rules: what a packet's route is. */
import { boundsOf, contains } from '@podlan/linux/prefix';
import type { IpAddress, IpPrefix } from '@podlan/wire';
import { ipFromBytes, prefixLength } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Fib, type FibRoute } from '../src/kernel/fib.js';
import { ip, net } from './links.js';

/** Obviously right: of all routes that hold the address the longest, and of these the one of least metric. */
function oracle(routes: readonly FibRoute[], destination: IpAddress): FibRoute | undefined {
  const holding = routes.filter(({ prefix }) => contains(prefix, destination));
  return holding.sort((a, b) => prefixLength(b.prefix) - prefixLength(a.prefix) || a.metric - b.metric)[0];
}

const route = (prefix: string, dev: string, more: Partial<FibRoute> = {}): FibRoute => ({
  ...{ prefix: net(prefix), type: 'unicast', dev, metric: 0 },
  ...more,
});

/** Few networks, so that prefixes nest. */
const addresses = fc.oneof(
  fc.tuple(fc.constant(10), fc.nat(3), fc.nat(3), fc.nat(255)).map((bytes) => Uint8Array.from(bytes)),
  fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => Uint8Array.from([0xfd, 0, a, ...Array(12).fill(0), b])),
);
const prefixes = fc.tuple(addresses, fc.nat(128)).map(([bytes, n]) => {
  const length = n % (bytes.length * 8 + 1);
  const kept = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, length - i * 8))));
  return `${ipFromBytes(kept)}/${length}` as IpPrefix;
});
const actions = fc.record({ prefix: prefixes, metric: fc.nat(2), isDeleted: fc.boolean() });

test('the longest prefix is taken, then the lowest metric, whatever came and went', () => {
  fc.assert(
    fc.property(fc.array(actions, { maxLength: 60 }), fc.array(addresses, { minLength: 1 }), (all, asked) => {
      const fib = new Fib();
      const kept = new Map<string, FibRoute>();
      for (const [i, { prefix, metric, isDeleted }] of all.entries()) {
        const key = `${boundsOf(prefix).first}/${prefixLength(prefix)} ${prefix.includes(':')} ${metric}`;
        const one = route(prefix, `dev${i}`, { metric });
        if (isDeleted) fib.delete(prefix, (other) => other.metric === metric);
        else fib.set(one);
        if (isDeleted) kept.delete(key);
        else kept.set(key, one);
      }
      for (const bytes of asked) {
        const destination = ipFromBytes(bytes);
        expect(fib.lookup({ destination })?.route).toEqual(oracle([...kept.values()], destination));
      }
    }),
  );
});

test('rules are asked in the order of their priority, and those that do not match not at all', () => {
  const fib = new Fib();
  fib.set(route('0.0.0.0/0', 'eth0'));
  fib.set(route('0.0.0.0/0', 'eth1'), 100);
  const [main] = fib.rules(4).filter(({ table }) => table === 254);
  fib.setRules(4, [
    main!,
    { priority: 200, table: 100, action: 'lookup', mark: { value: 1, mask: 0xff } },
    { priority: 300, table: 100, action: 'lookup', from: net('10.0.0.0/8'), iif: 'cni0' },
    { priority: 400, table: 0, action: 'prohibit', to: net('192.0.2.0/24') },
  ]);
  const lookup = (more: object, destination = '198.51.100.1') =>
    fib.lookup({ destination: ip(destination), ...more })?.route;
  expect(lookup({})?.dev).toBe('eth0');
  expect(lookup({ mark: 0x101 })?.dev).toBe('eth1');
  expect(lookup({ source: ip('10.1.1.1') })?.dev).toBe('eth0');
  expect(lookup({ source: ip('10.1.1.1'), iif: 'cni0' })?.dev).toBe('eth1');
  expect(lookup({}, '192.0.2.7')?.type).toBe('prohibit');
});

test('throw leads to the next rule, and other refusals end the search', () => {
  const fib = new Fib();
  fib.setRules(4, [
    { priority: 1, table: 100, action: 'lookup' },
    { priority: 2, table: 254, action: 'lookup' },
  ]);
  fib.set(route('0.0.0.0/0', 'eth0'));
  for (const [i, type] of (['throw', 'blackhole', 'unreachable', 'prohibit'] as const).entries())
    fib.set({ prefix: net(`10.${i}.0.0/16`), type, metric: 0 } as FibRoute, 100);
  const typeOf = (destination: string) => fib.lookup({ destination: ip(destination) })?.route.type;
  expect(['10.0.0.1', '10.1.0.1', '10.2.0.1', '10.3.0.1'].map(typeOf)).toEqual([
    ...['unicast', 'blackhole', 'unreachable', 'prohibit'],
  ]);
});

test('asked for a device, a route by another one is passed over', () => {
  const fib = new Fib();
  fib.set(route('10.0.0.0/8', 'eth0'));
  fib.set(route('10.1.0.0/16', 'eth1'));
  expect(fib.lookup({ destination: ip('10.1.1.1'), oif: 'eth0' })?.route.dev).toBe('eth0');
  expect(fib.lookup({ destination: ip('10.1.1.1'), oif: 'eth2' })).toBeUndefined();
});
