/** Packages that hold a table and answer the longest match. */
import { compileRival, requireRival } from '../rivals.js';
import { flatText } from '../tables/flat-text.js';
import { bitsOf } from '../tables/prefix-table.js';

function split(prefix) {
  const [address, length] = prefix.split('/');
  return [address, Number(length)];
}

export const arkimeIptrie = {
  name: 'arkime-iptrie',
  kind: 'longest',
  isNative: true,
  families: [4, 6],
  unavailable: () => compileRival('arkime-iptrie'),
  async load({ routes }) {
    const { IPTrie } = requireRival('arkime-iptrie');
    const trie = new IPTrie();
    const insert = (prefix, value) => trie.add(...split(prefix), value);
    for (const [prefix, value] of routes) insert(prefix, value);
    return {
      ways: { 'find, text': { takes: 'text', lookup: (address) => trie.find(address) } },
      insert,
      remove: (prefix) => trie.del(...split(prefix)),
    };
  },
};

export const longestPrefixMatch = {
  name: 'longest-prefix-match',
  kind: 'longest',
  families: [4, 6],
  async load({ table, routes }) {
    const LongestPrefixMatch = requireRival('longest-prefix-match');
    // It takes prefixes only, so an address is one of full length.
    const prepare = (address) => flatText(`${address}/${bitsOf(table.family)}`);
    const matcher = new LongestPrefixMatch();
    for (const [prefix, value] of routes) matcher.addPrefix(prefix, value);
    const lookup = (prefix) => matcher.getMatch(prefix)[0];
    return { ways: { 'getMatch, text': { takes: 'object', prepare, lookup } } };
  },
};

export const ipRouter = {
  name: 'ip-router',
  kind: 'longest',
  families: [4, 6],
  largest: 10_000,
  async load({ routes }) {
    const IPRouter = requireRival('ip-router');
    const router = new IPRouter();
    for (const [prefix, value] of routes) router.insert(prefix, value);
    return {
      ways: { 'route, text': { takes: 'text', lookup: (address) => router.route(address) } },
      insert: (prefix, value) => router.insert(prefix, value),
      remove: (prefix) => router.erase(prefix),
    };
  },
};
