/** What one writes without any package: a Map for each prefix length. The row the others are compared with. */
import { PrefixMaps } from './prefix-maps.js';

export const mapPerLength = {
  name: 'a JS Map per prefix length',
  kind: 'longest',
  families: [4, 6],
  async load({ routes }) {
    const maps = new PrefixMaps();
    for (const [prefix, value] of routes) maps.insert(prefix, value);
    return {
      ways: { text: { takes: 'text', lookup: (address) => maps.lookup(address)?.value } },
      insert: (prefix, value) => maps.insert(prefix, value),
      remove: (prefix) => maps.delete(prefix),
    };
  },
};
