/** The parts that metrics are made of; prometheus.test.ts has them of real agents. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ForwarderCounters } from '@podlan/dataplane';
import { LeaseError, MemoryLeaseStore, parseNetworkConfig } from '@podlan/fabric';
import { CONTRACT_TTL_SECONDS, FakeClock, testAttributes, testLeaseStore } from '@podlan/fabric/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentMetrics } from '../dist/metrics/agent-metrics.js';
import { parseDeviceCounters } from '../dist/metrics/device-counters.js';
import { ForwarderTotals } from '../dist/metrics/forwarder-totals.js';
import { measuredStore, type StoreTime } from '../dist/metrics/measured-store.js';
import { Rising } from '../dist/metrics/rising.js';

test('a rising sum is what all counters counted, whenever they began anew', () => {
  const lives = fc.array(fc.array(fc.nat({ max: 50 }), { minLength: 1 }), { minLength: 1 });
  fc.assert(
    fc.property(lives, (steps) => {
      const rising = new Rising();
      let sum = 0;
      for (const life of steps) {
        const counter = {};
        let counted = 0;
        for (const step of life) {
          counted += step;
          sum += step;
          expect(rising.take(counter, counted)).toBe(sum);
        }
      }
    }),
  );
});

describe('totals of a forwarder', () => {
  const counters = (tunneled: number, ...endpoints: [string, number][]) =>
    ({
      byVerdict: { 'tx-tunneled': tunneled },
      endpoints: endpoints.map(([remote, n]) => ({
        remote,
        txPackets: n,
        txBytes: 0,
        rxPackets: 0,
        rxBytes: 0,
      })),
    }) as unknown as ForwarderCounters;

  test('go on where an endpoint goes and comes, and where another forwarder takes its place', () => {
    const totals = new ForwarderTotals();
    const take = (forwarder: string, ...counted: Parameters<typeof counters>) => {
      const { byVerdict, endpoints } = totals.take('flannel.1', forwarder, counters(...counted));
      return [byVerdict['tx-tunneled'], endpoints.map(({ remote, txPackets }) => [remote, txPackets])];
    };
    expect(take('first', 5, ['192.0.2.2', 5])).toEqual([5, [['192.0.2.2', 5]]]);
    expect(take('first', 6)).toEqual([6, []]);
    expect(take('first', 8, ['192.0.2.2', 2])).toEqual([8, [['192.0.2.2', 7]]]);
    expect(take('second', 9, ['192.0.2.2', 9])).toEqual([17, [['192.0.2.2', 16]]]);
  });
});

test('/proc/net/dev is read as the kernel writes it', () => {
  const lines = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed',
    'flannel.1: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16',
    '    lo:2776770   11307    0    0    0     0          0         0  2776770   11307    0    0    0     0       0          0',
  ];
  const [flannel, lo] = parseDeviceCounters(`${lines.join('\n')}\n`);
  expect(flannel).toEqual({
    device: 'flannel.1',
    receive: { bytes: 1, packets: 2, errors: 3, drops: 4 },
    transmit: { bytes: 9, packets: 10, errors: 11, drops: 12 },
  });
  expect(lo).toMatchObject({ device: 'lo', receive: { bytes: 2776770 }, transmit: { packets: 11307 } });
});

async function measuredMemory(config: object) {
  const clock = new FakeClock();
  const options = { config: parseNetworkConfig(config), clock, leaseTtlSeconds: CONTRACT_TTL_SECONDS };
  const store = new MemoryLeaseStore(options);
  return {
    open: async () => measuredStore(store.client(), () => {}),
    advance: (ms: number) => clock.advance(ms),
    close: () => store.close(),
  };
}
testLeaseStore('a measured store', measuredMemory, { allocates: false, expires: true });

test('a measured store tells what each question took, and how it failed', async () => {
  const config = parseNetworkConfig({ Network: '10.244.0.0/28', SubnetLen: 30, Backend: { Type: 'vxlan' } });
  const times: StoreTime[] = [];
  const store = measuredStore(new MemoryLeaseStore({ config }), (time) => times.push(time));
  const lease = await store.acquire({ attributes: testAttributes(1), previous: [] });
  await store.release(lease);
  await expect(store.renew(lease)).rejects.toThrow(LeaseError);
  for await (const _ of store.watch(new AbortController().signal)) break;
  expect(times.map(({ operation, error }) => [operation, error])).toEqual([
    ['acquire', undefined],
    ['release', undefined],
    ['renew', 'lease-lost'],
    ['watch', undefined],
  ]);
  expect(times.every(({ seconds }) => seconds! >= 0 && seconds! < 5)).toBe(true);
  await store.close();
});

describe('the table of metrics', () => {
  const page = (path: string) =>
    readFileSync(fileURLToPath(new URL(`../../../docs/${path}`, import.meta.url)), 'utf8');
  const rowsOf = (text: string) =>
    [...text.matchAll(/^\| `(podlan_\w+)` \| (\w+) \| (.*?) \| (.*) \|$/gm)].map((row) => row.slice(1));
  const families = new AgentMetrics({ node: 'n', store: 'sqlite' })
    .described()
    .map(({ name, type, labels, help }) => [
      name,
      type,
      labels.map((label) => `\`${label}\``).join(', '),
      help,
    ]);

  test('in English has every family as the agent describes it', () => {
    expect(rowsOf(page('i18n/en/docusaurus-plugin-content-docs/current/agent.md'))).toEqual(families);
  });

  test('in Chinese has every family, with its type and labels', () => {
    const withoutHelp = (rows: string[][]) => rows.map((row) => row.slice(0, 3));
    const rows = rowsOf(page('content/agent.md'));
    expect(withoutHelp(rows)).toEqual(
      withoutHelp(families).map(([name, type, labels]) => [name, type, labels!.replaceAll(', ', '、')]),
    );
    expect(rows.filter(([, , , help]) => !/\p{Script=Han}/u.test(help!))).toEqual([]);
  });
});
