/** Ours. */
import { RouteTable } from '@podlan/dataplane';

export const routeTable = {
  name: 'RouteTable',
  kind: 'longest',
  families: [4, 6],
  async load({ routes }) {
    const values = await RouteTable.create({ capacity: routes.length });
    for (const [prefix, value] of routes) values.insert(prefix, value);
    return {
      ways: { 'lookup, text': { takes: 'text', lookup: (address) => values.lookup(address)?.value } },
      insert: (prefix, value) => values.insert(prefix, value),
      remove: (prefix) => values.delete(prefix),
    };
  },
};
