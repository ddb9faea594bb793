/** Clusters of every backend, dataplane and family: pods reach each other, whatever becomes of hosts. */
import type { Dataplane } from '@podlan/fabric';
import { parseIpAddress } from '@podlan/wire';
import { afterEach, describe, expect, test } from 'vitest';
import { SimCluster, type SimClusterOptions } from '../src/index.js';
import { expectAtRest, expectDesiredRows, FAMILIES, unreached } from './clusters.js';

const ALL = Object.keys(FAMILIES) as (keyof typeof FAMILIES)[];
interface BackendCase {
  readonly name: string;
  readonly backend: object;
  readonly dataplane: Dataplane;
  readonly families: readonly (keyof typeof FAMILIES)[];
}

const BACKENDS: readonly BackendCase[] = [
  { name: 'vxlan by the kernel', backend: { Type: 'vxlan' }, dataplane: 'kernel', families: ALL },
  { name: 'vxlan by wasm', backend: { Type: 'vxlan' }, dataplane: 'wasm', families: ALL },
  {
    name: 'vxlan with direct routes',
    ...{ backend: { Type: 'vxlan', DirectRouting: true }, dataplane: 'kernel', families: ALL },
  },
  { name: 'host-gw', backend: { Type: 'host-gw' }, dataplane: 'kernel', families: ALL },
  { name: 'udp', backend: { Type: 'udp' }, dataplane: 'wasm', families: ['ipv4'] },
];
const CASES = BACKENDS.flatMap(({ name, backend, dataplane, families }) =>
  families.map((family) => ({ name, family, config: { ...FAMILIES[family], Backend: backend }, dataplane })),
);

let cluster: SimCluster;
afterEach(() => cluster?.stop());

async function clusterOf(hosts: number, options: SimClusterOptions): Promise<SimCluster> {
  cluster = new SimCluster(options);
  for (let i = 0; i < hosts; i++) await (await cluster.join()).addPod();
  await expectAtRest(cluster);
  return cluster;
}

describe.each(CASES)('$name, $family', ({ config, dataplane }) => {
  test('pods reach pods, and hosts pods, as hosts join and leave', async () => {
    await clusterOf(2, { config, dataplane });
    expect(unreached(cluster)).toEqual([]);
    await (await cluster.join()).addPod();
    await expectAtRest(cluster);
    expect(unreached(cluster)).toEqual([]);
    const left = cluster.host('host-b').pods[0]!.addresses[0]!;
    await cluster.leave('host-b');
    await expectAtRest(cluster);
    expect(unreached(cluster)).toEqual([]);
    expect(cluster.probe('pod-a1', { destination: left }).answered).toBe(false);
  });

  test('a host whose agent was killed has all rows when it is started again', async () => {
    await clusterOf(2, { config, dataplane });
    const [a, b] = [cluster.host('host-a'), cluster.host('host-b')];
    await b.killAgent();
    expect(b.state).toBeUndefined();
    // What nobody but the kernel carries goes on.
    const isCarriedByAgent = dataplane === 'wasm';
    const destination = b.pods[0]!.addresses[0]!;
    expect(cluster.probe('pod-a1', { destination }).answered).toBe(!isCarriedByAgent);
    await (await cluster.join()).addPod();
    await expectDesiredRows(a, 2);
    b.startAgent();
    await cluster.settled(() => b.state?.ready === true);
    await expectAtRest(cluster);
    expect(unreached(cluster)).toEqual([]);
  });

  test('a host whose cable is cut is away, and back when it is mended', async () => {
    await clusterOf(2, { config, dataplane });
    const destination = cluster.host('host-b').pods[0]!.addresses[0]!;
    cluster.cut('host-b');
    expect(cluster.probe('pod-a1', { destination })).toMatchObject({ answered: false, arrived: false });
    cluster.mend('host-b');
    await expectAtRest(cluster);
    expect(unreached(cluster)).toEqual([]);
  });

  test('a host whose card got another MAC is found again', async () => {
    await clusterOf(2, { config, dataplane });
    expect(unreached(cluster)).toEqual([]);
    cluster.host('host-b').card.mac = cluster.network.nextMac();
    const destination = cluster.host('host-b').pods[0]!.addresses[0]!;
    // What was learned is believed for half a minute, then asked for again.
    for (let tries = 0; tries < 20 && !cluster.probe('pod-a1', { destination }).answered; tries++)
      await cluster.clock.advance(5000);
    expect(unreached(cluster)).toEqual([]);
  });

  test('what others take away is put back', async () => {
    await clusterOf(2, { config, dataplane });
    const a = cluster.host('host-a');
    const rows = a.desired().flatMap((one) => one.rows);
    const taken = rows.filter(({ kind }) => kind !== 'chain' && kind !== 'sysctl' && kind !== 'forwarder');
    await a.kernel.apply(taken.toReversed().map((row) => ({ op: 'delete', row })));
    await expectAtRest(cluster);
    expect(unreached(cluster)).toEqual([]);
  });
});

test('hosts of both dataplanes understand each other', async () => {
  cluster = new SimCluster();
  for (const dataplane of ['kernel', 'wasm'] as const) await (await cluster.join(dataplane)).addPod();
  await expectAtRest(cluster);
  expect(unreached(cluster)).toEqual([]);
});

test('direct routes are taken on a shared link, and nothing is wrapped', async () => {
  await clusterOf(2, { config: { ...FAMILIES.ipv4, Backend: BACKENDS[2]!.backend } });
  const destination = cluster.host('host-b').pods[0]!.addresses[0]!;
  const { answered, hops } = cluster.probe('pod-a1', { destination });
  expect(answered).toBe(true);
  expect(hops.filter(({ event }) => event === 'encapsulate')).toEqual([]);
});

test.each(ALL)(
  'pods reach what is outside where they are masqueraded, and not where they are not: %s',
  async (family) => {
    await clusterOf(1, { config: { ...FAMILIES[family], Backend: { Type: 'vxlan' } }, ipMasq: true });
    const gateways = { ipv4: ['192.168.77.1'], ipv6: ['fd00:77::1'], dual: ['192.168.77.1', 'fd00:77::1'] };
    for (const destination of gateways[family].map((text) => parseIpAddress(text)!))
      expect(cluster.probe('pod-a1', { destination })).toMatchObject({ answered: true });
    await cluster.stop();
    await clusterOf(1, { config: { ...FAMILIES[family], Backend: { Type: 'vxlan' } } });
    for (const destination of gateways[family].map((text) => parseIpAddress(text)!))
      expect(cluster.probe('pod-a1', { destination })).toMatchObject({ answered: false });
  },
);

test('cutting, or asking for, a host that is not there says who is', () => {
  cluster = new SimCluster();
  expect(() => cluster.cut('host-q')).toThrow('expected a host of none, got host-q');
});

test('a host that does not become ready is refused with what its agent said', async () => {
  cluster = new SimCluster({
    config: { Network: '10.244.0.0/28', SubnetLen: 30, Backend: { Type: 'vxlan' } },
  });
  for (let i = 0; i < 3; i++) await cluster.join('kernel');
  await expect(cluster.join('kernel')).rejects.toThrow(
    /host-d to be ready within 60 .*; it said last: .*subnet/,
  );
});
