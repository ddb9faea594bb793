/** Ours: the numeric form, asked by batch, by number and by text, and the form that keeps JavaScript values. */
import { NumericRouteTable, RouteTable } from '@podlan/dataplane';
import { ipToBytes, parseIpAddress } from '@podlan/wire';

/** By one address at a time; `lookup` finds the prefix besides. */
function singleWays(table, family) {
  const byText = {
    'lookupValue, text': { takes: 'text', lookup: (address) => table.lookupValue(address) },
    'lookup, text': { takes: 'text', lookup: (address) => table.lookup(address)?.value },
  };
  if (family === 4) {
    const byNumber = { takes: 'number', lookup: (address) => table.lookupValue(address) };
    return { 'lookupValue, number': byNumber, ...byText };
  }
  const prepare = (address) => ipToBytes(parseIpAddress(address));
  const byBytes = { takes: 'object', prepare, lookup: (bytes) => table.lookupValue(bytes) };
  return { 'lookupValue, bytes': byBytes, ...byText };
}

function batchWay(table, family) {
  if (family === 4)
    return { lookupBatch: { takes: 'batch', lookup: (addresses, out) => table.lookupBatch(addresses, out) } };
  return { lookupBatch6: { takes: 'batch', lookup: (addresses, out) => table.lookupBatch6(addresses, out) } };
}

export const numericRouteTable = {
  name: 'NumericRouteTable',
  kind: 'longest',
  families: [4, 6],
  async load({ table, routes }) {
    const numeric = await NumericRouteTable.from(routes);
    return {
      ways: { ...batchWay(numeric, table.family), ...singleWays(numeric, table.family) },
      insert: (prefix, value) => numeric.insert(prefix, value),
      remove: (prefix) => numeric.delete(prefix),
    };
  },
};

export const routeTable = {
  name: 'RouteTable',
  kind: 'longest',
  families: [4, 6],
  async load({ table, routes }) {
    const values = await RouteTable.from(routes);
    return {
      ways: singleWays(values, table.family),
      insert: (prefix, value) => values.insert(prefix, value),
      remove: (prefix) => values.delete(prefix),
    };
  },
};
