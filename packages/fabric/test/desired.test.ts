/** The rows that a node keeps its kernel to, told apart by whom they are for. */
import { diff, scopeOf } from '@podlan/linux/model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DesiredState } from '../src/index.js';
import { Cluster } from './cluster.js';

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.stop());

const kinds = (states: readonly DesiredState[]) =>
  states.map(({ owner, subnets, publicIps, rows }) => [
    owner,
    subnets.join(),
    publicIps.join(),
    rows.map(({ kind }) => kind).join(),
  ]);

test('are the host’s first, then those of each peer, and all that its kernel holds', async () => {
  const a = await cluster.start(1, {
    hostRows: () => [{ kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' }],
  });
  await cluster.start(2);
  await cluster.start(3);
  const desired = a.running.desired();
  expect(kinds(desired)).toEqual([
    ['host', '10.244.1.0/24', '192.168.1.1', 'link,address,sysctl'],
    ['10.244.2.0-24', '10.244.2.0/24', '192.168.1.2', 'neighbor,fdb,route'],
    ['10.244.3.0-24', '10.244.3.0/24', '192.168.1.3', 'neighbor,fdb,route'],
  ]);
  const rows = desired.flatMap((one) => one.rows);
  expect(diff(await a.kernel.snapshot(scopeOf(rows)), rows)).toEqual([]);
});

test('of two peers that want one row, the second is without', async () => {
  const a = await cluster.start(1);
  await cluster.start(2, { mac: '02:00:00:00:00:99' });
  await cluster.start(3, { mac: '02:00:00:00:00:99' });
  expect(kinds(a.running.desired()).map(([owner, , , rows]) => [owner, rows])).toEqual([
    ['host', 'link,address'],
    ['10.244.2.0-24', 'neighbor,fdb,route'],
    ['10.244.3.0-24', 'neighbor,route'],
  ]);
});

test('none before the first lease', async () => {
  const store = Object.assign(cluster.store.client(), { acquire: () => Promise.reject(new Error('away')) });
  const a = await cluster.start(1, { store });
  expect(a.running.desired()).toEqual([]);
});
