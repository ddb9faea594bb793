/**
 * Clusters of five hosts, disturbed at random: agents killed, devices deleted, tables flushed, MACs changed, hosts
 * joining and leaving, the store away. After each disturbance the kernel of every host comes to hold exactly what the
 * leases in the store ask for, and pods reach each other.
 *
 *     DISTURBANCE_STORES=etcd DISTURBANCE_SECONDS=900 DISTURBANCE_SEED=7 npx vitest run test/disturbance.test.ts
 *
 * The seed decides which disturbances come, in which order and where, so that a failing run can be repeated.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentLog } from '../dist/lab/lab-agents.js';
import type { LabStore } from '../dist/lab/lab-shape.js';
import { chooseDisturbance } from './disturbance/disturbances.js';
import { DisturbedCluster } from './disturbance/disturbed-cluster.js';
import { Random } from './disturbance/random.js';
import { eventually, run, TestLab } from './test-lab.js';

const SEED = Number(process.env.DISTURBANCE_SEED ?? Math.floor(Math.random() * 2 ** 32));
const STORES = (process.env.DISTURBANCE_STORES ?? 'sqlite,etcd').split(',') as LabStore[];
/** Of all stores together. */
const SECONDS = Number(process.env.DISTURBANCE_SECONDS ?? 60);
/** Seconds, with room for a machine that does other things too. */
const CONVERGED_WITHIN_MS = 20_000;

describe.each(STORES)('with leases in %s', (store) => {
  let lab: TestLab;
  let cluster: DisturbedCluster;
  beforeAll(async () => {
    lab = await TestLab.start({ store }, 'wasm', 'kernel', 'wasm', 'kernel', 'wasm');
    cluster = new DisturbedCluster(lab);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  /** How long it took, in milliseconds. */
  async function converged(pairs?: [string, string][]): Promise<number> {
    const startMs = performance.now();
    const none = (problems: readonly string[]) => problems.length === 0;
    await eventually(() => cluster.problems(), none, CONVERGED_WITHIN_MS);
    await eventually(() => cluster.unreached(pairs), none, CONVERGED_WITHIN_MS);
    return performance.now() - startMs;
  }

  /** The last words of every agent, for whoever looks into a failure. */
  async function logs(): Promise<string> {
    const tails = cluster.hosts.map(async ({ name }) => {
      const { stdout } = await run('tail', '-n', '8', agentLog(lab.name, name));
      return `${name}:\n${stdout}`;
    });
    return (await Promise.all(tails)).join('\n');
  }

  test('what is missing and what is too much is noticed', async () => {
    await converged();
    await cluster.kill('host-b', 'SIGKILL');
    await cluster.sh('host-b', 'ip route delete 10.244.1.0/24');
    await cluster.sh(
      'host-b',
      'ip neigh add 10.244.200.0 lladdr 02:00:00:00:00:09 nud permanent dev flannel.1',
    );
    expect((await cluster.problems()).sort()).toEqual([
      'host-b + neigh 10.244.200.0 02:00:00:00:00:09',
      expect.stringMatching(/^host-b - route 10\.244\.1\.0\/24 via 10\.244\.1\.0 dev flannel\.1 onlink$/),
    ]);
    expect(await cluster.unreached([['pod-a1', 'pod-b1']])).toEqual(['pod-a1 does not reach pod-b1']);
    await lab.restart('host-b');
    await converged();
  });

  const timeout = SECONDS * 1000 + 4 * CONVERGED_WITHIN_MS;
  test('whatever is disturbed comes right again', { timeout }, async () => {
    console.log(
      `disturbance: DISTURBANCE_STORES=${store} DISTURBANCE_SEED=${SEED} DISTURBANCE_SECONDS=${SECONDS}`,
    );
    const random = new Random(SEED);
    const done: string[] = [];
    let slowestMs = 0;
    const endMs = performance.now() + (SECONDS * 1000) / STORES.length;
    while (performance.now() < endMs) {
      const disturbance = chooseDisturbance(cluster, random);
      try {
        done.push(`${disturbance.name} ${await disturbance.run(cluster, random)}`);
        slowestMs = Math.max(slowestMs, await converged([random.pick(cluster.pairs())]));
      } catch (cause) {
        const where = `DISTURBANCE_STORES=${store} DISTURBANCE_SEED=${SEED}, number ${done.length}: ${disturbance.name}`;
        const reason = `${where}; before: ${done.slice(-3).join('; ')}\n${(cause as Error).message}`;
        throw new Error(`${reason}\n${await logs()}`, { cause });
      }
    }
    await converged();
    expect(await cluster.problems()).toEqual([]);
    expect(await cluster.unreached()).toEqual([]);
    console.log(
      `disturbance: ${done.length} put right with ${store}, the slowest in ${Math.round(slowestMs)} ms`,
    );
  });
});
