/**
 * The lab's etcd gone while numbered datagrams cross between pods, and a host that joins meanwhile.
 *
 *     OUTAGE_SECONDS=60 npx vitest run test/outage.test.ts
 */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { datagramsDuring } from '../bench/crossing.js';
import { agentLog } from '../dist/lab/lab-agents.js';
import { endEtcd } from './disturbance/store-away.js';
import { eventually, TestLab } from './test-lab.js';

const SECONDS = Number(process.env.OUTAGE_SECONDS ?? 10);
/** So slow that a TAP's queue holds a second of it. */
const PER_SECOND = 500;

/** What its agent has written. */
const saysOf = (host: string) => {
  const path = agentLog(lab.name, host);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
};
const yes = (seen: boolean) => seen;

let lab: TestLab;
beforeAll(async () => {
  lab = await TestLab.start({ store: 'etcd' }, 'wasm', 'kernel');
});
afterAll(() => lab?.[Symbol.asyncDispose]());

test('etcd gone: no packet is lost, agents say so, and who came meanwhile joins when it is back', {
  timeout: (SECONDS + 60) * 1000,
}, async () => {
  const path = { from: lab.netns('pod-a1'), to: lab.netns('pod-b1'), address: lab.address('pod-b1') };
  await eventually(() => lab.reaches('pod-a1', 'pod-b1'), yes);
  const leases = async () =>
    (await Promise.all(['host-a', 'host-b'].map((host) => lab.agent(host)))).map(
      (status) => status.lease?.subnets,
    );
  const before = await leases();

  const counted = await datagramsDuring(
    async () => {
      const bringBack = await endEtcd(lab, lab.state.etcdUrl!, 'SIGKILL');
      await eventually(
        () => lab.agent('host-a'),
        ({ store }) => store.error !== undefined,
      );
      await sleep(SECONDS * 1000);
      const joining = lab.join('wasm');
      await eventually(
        async () => saysOf('host-c'),
        (text) => /etcd/.test(text),
      );
      await bringBack();
      await joining;
      await eventually(
        () => lab.agent('host-a'),
        ({ store, peers }) => store.watching && peers.length === 2,
        20_000,
      );
    },
    path,
    PER_SECOND,
  );

  expect(counted).toMatchObject({ lost: 0, again: 0 });
  expect(counted.sent).toBeGreaterThan(SECONDS * PER_SECOND * 0.5);
  expect(await leases()).toEqual(before);
  for (const from of ['pod-a1', 'pod-b1']) await eventually(() => lab.reaches(from, 'pod-c1'), yes);
  expect(await lab.agent('host-a')).toMatchObject({ ready: true, failures: [], store: { watching: true } });
});
