/**
 * Packages that match an address with one prefix at a time. The list is ours, from long to short, so that the first
 * match is the longest: no one who uses them can do with fewer comparisons, unless with a structure of his own.
 */
import { requireRival } from '../rivals.js';

function longestFirst({ table, routes }, parse) {
  const order = Array.from(routes, (_, at) => at).sort((a, b) => table.lengths[b] - table.lengths[a]);
  return order.map((at) => ({ block: parse(routes[at][0]), value: routes[at][1] }));
}

function firstMatch(blocks, holds) {
  for (const { block, value } of blocks) if (holds(block)) return value;
  return undefined;
}

export const ipaddrJs = {
  name: 'ipaddr.js',
  kind: 'scan',
  families: [4, 6],
  largest: 1000,
  addresses: 64,
  async load(source) {
    const ipaddr = requireRival('ipaddr.js');
    const blocks = longestFirst(source, (prefix) => ipaddr.parseCIDR(prefix));
    const lookup = (address) => firstMatch(blocks, (block) => address.match(block));
    return {
      ways: {
        'match, text': { takes: 'text', lookup: (address) => lookup(ipaddr.parse(address)) },
        'match, parsed address': { takes: 'object', prepare: (address) => ipaddr.parse(address), lookup },
      },
    };
  },
};

export const ipNum = {
  name: 'ip-num',
  kind: 'scan',
  families: [4, 6],
  largest: 100,
  addresses: 1,
  async load(source) {
    const { IPv4, IPv6, IPv4CidrRange, IPv6CidrRange, IPv4Prefix, IPv6Prefix } = requireRival('ip-num');
    const [Address, Range, whole] =
      source.table.family === 4
        ? [IPv4, IPv4CidrRange, new IPv4Prefix(32n)]
        : [IPv6, IPv6CidrRange, new IPv6Prefix(128n)];
    const blocks = longestFirst(source, (prefix) => Range.fromCidr(prefix));
    const lookup = (address) => {
      const range = new Range(new Address(address), whole);
      return firstMatch(blocks, (block) => block.contains(range));
    };
    return { ways: { 'contains, text': { takes: 'text', lookup } } };
  },
};

export const netmask = {
  name: 'netmask',
  kind: 'scan',
  families: [4],
  largest: 100,
  addresses: 32,
  async load(source) {
    const { Netmask } = requireRival('netmask');
    const blocks = longestFirst(source, (prefix) => new Netmask(prefix));
    const lookup = (address) => firstMatch(blocks, (block) => block.contains(address));
    return { ways: { 'contains, text': { takes: 'text', lookup } } };
  },
};
