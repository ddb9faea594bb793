/** Ours: the numeric form, asked by batch, by number and by text, and the form that keeps JavaScript values. */
import { NumericRouteTable, RouteTable } from '@podlan/dataplane';

function numericWays(numeric, family) {
  const text = { takes: 'text', lookup: (address) => numeric.lookup(address)?.value };
  if (family === 6) {
    const batch = { takes: 'batch', lookup: (addresses, out) => numeric.lookupBatch6(addresses, out) };
    return { lookupBatch6: batch, 'lookup, text': text };
  }
  return {
    lookupBatch: { takes: 'batch', lookup: (addresses, out) => numeric.lookupBatch(addresses, out) },
    'lookupValue, number': { takes: 'number', lookup: (address) => numeric.lookupValue(address) },
    'lookup, text': text,
  };
}

export const numericRouteTable = {
  name: 'NumericRouteTable',
  kind: 'longest',
  families: [4, 6],
  async load({ table, routes }) {
    const numeric = await NumericRouteTable.from(routes);
    return {
      ways: numericWays(numeric, table.family),
      insert: (prefix, value) => numeric.insert(prefix, value),
      remove: (prefix) => numeric.delete(prefix),
    };
  },
};

export const routeTable = {
  name: 'RouteTable',
  kind: 'longest',
  families: [4, 6],
  async load({ routes }) {
    const values = await RouteTable.from(routes);
    return {
      ways: { 'lookup, text': { takes: 'text', lookup: (address) => values.lookup(address)?.value } },
      insert: (prefix, value) => values.insert(prefix, value),
      remove: (prefix) => values.delete(prefix),
    };
  },
};
