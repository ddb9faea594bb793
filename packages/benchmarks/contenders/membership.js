/** Packages, and one class of Node.js, that say whether an address is in a set, not by which prefix. */
import { BlockList, SocketAddress } from 'node:net';
import { requireRival } from '../rivals.js';

const familyName = (family) => `ipv${family}`;

export const blockList = {
  name: 'node:net BlockList',
  kind: 'membership',
  families: [4, 6],
  largest: 1000,
  isNative: true,
  async load({ table, routes }) {
    const list = new BlockList();
    const family = familyName(table.family);
    for (const [prefix] of routes) {
      const [address, length] = prefix.split('/');
      list.addSubnet(address, Number(length), family);
    }
    return {
      ways: {
        'check, text': { takes: 'text', lookup: (address) => list.check(address, family) },
        'check, SocketAddress': {
          takes: 'object',
          prepare: (address) => new SocketAddress({ address, family }),
          lookup: (address) => list.check(address),
        },
      },
    };
  },
};

export const ipSet = {
  name: 'ip-set',
  kind: 'membership',
  families: [4],
  async load({ table }) {
    const IPSet = requireRival('ip-set');
    const set = new IPSet();
    for (let at = 0; at < table.size; at++) {
      const [first] = table.address(at);
      set.add(first, first + 2 ** (32 - table.lengths[at]) - 1);
    }
    return {
      ways: {
        'contains, text': { takes: 'text', lookup: (address) => set.contains(address) },
        'contains, number': { takes: 'number', lookup: (address) => set.contains(address) },
      },
    };
  },
};

export const isInSubnet = {
  name: 'is-in-subnet',
  kind: 'membership',
  families: [4, 6],
  largest: 1000,
  async load({ routes }) {
    const { createChecker } = requireRival('is-in-subnet');
    const check = createChecker(routes.map(([prefix]) => prefix));
    return { ways: { 'checker, text': { takes: 'text', lookup: (address) => check(address) } } };
  },
};

export const cidrMatcher = {
  name: 'cidr-matcher',
  kind: 'membership',
  families: [4, 6],
  largest: 1000,
  addresses: 256,
  async load({ routes }) {
    const Matcher = requireRival('cidr-matcher');
    const matcher = new Matcher(routes.map(([prefix]) => prefix));
    return { ways: { 'contains, text': { takes: 'text', lookup: (address) => matcher.contains(address) } } };
  },
};
