/** Many calls at once on one host, some of them killed: no address twice, none outside the subnet, none leaked. */
import { setTimeout as delay } from 'node:timers/promises';
import { run } from '@podlan/linux';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestHost } from './host.js';
import type { Answer, Container } from './runtime.js';

const PODS = 200;
const AT_ONCE = 64;
/** What the runtime of these tests says of a plugin that a signal ended. */
const KILLED = 128;
/** What `seed` makes of a run can be made again. */
const SEED = Number(process.env.CNI_SEED ?? 7);

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
});
afterAll(() => host.dispose());

/** mulberry32: the numbers of a seed, from 0 to 1. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function allAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function containers(names: readonly string[]): Promise<Container[]> {
  const made: Container[] = [];
  for (const name of names) made.push(await host.container(name));
  return made;
}

const addressOf = ({ json }: Answer): string => json.ips[0].address.split('/')[0];
const veths = async () => (await host.links()).filter((name) => name.startsWith('veth'));

describe(`${PODS} pods, ${AT_ONCE} calls at once`, () => {
  let pods: Container[];
  beforeAll(async () => {
    pods = await containers(Array.from({ length: PODS }, (_, index) => `p${index}`));
  }, 120_000);

  test('every ADD gets an address of its own inside the subnet', { timeout: 300_000 }, async () => {
    const given: string[] = [];
    await allAtOnce(pods, async (pod) => {
      const answer = await host.runtime.add(host.list(), pod);
      expect(answer).toMatchObject({ code: 0 });
      given.push(addressOf(answer));
    });
    expect(new Set(given).size).toBe(PODS);
    for (const address of given) {
      const [, last] = /^10\.244\.1\.(\d+)$/.exec(address) ?? [];
      expect(Number(last)).toSatisfy((one: number) => one >= 2 && one <= 254);
    }
    expect(host.reserved().sort()).toEqual(given.sort());
    expect(await veths()).toHaveLength(PODS);
  });

  test('with DELs and kills among them nothing is handed out twice, and GC leaves nothing', {
    timeout: 600_000,
  }, async () => {
    const random = randomFrom(SEED);
    const alive = new Map<string, string>(
      pods.map((pod) => [
        pod.id,
        ((host.runtime.resultOf(pod) as Answer['json']).ips[0].address as string).split('/')[0]!,
      ]),
    );
    let killed = 0;
    await allAtOnce(pods, async (pod) => {
      for (let round = 0; round < 2; round++) {
        const kill = random() < 0.4 ? AbortSignal.timeout(Math.floor(random() * 5000)) : undefined;
        if (random() < 0.7) {
          alive.delete(pod.id);
          if ((await host.runtime.del(host.list(), pod, kill)).code === KILLED) killed++;
        } else if (!alive.has(pod.id)) {
          const answer = await host.runtime.add(host.list(), pod, kill);
          if (answer.code === KILLED) killed++;
          if (answer.code !== 0) continue;
          const address = addressOf(answer);
          expect([...alive.values()]).not.toContain(address);
          alive.set(pod.id, address);
        }
      }
    });
    expect(killed).toBeGreaterThan(10);
    await oursEnded();
    const valid = pods.filter(({ id }) => alive.has(id));
    expect(await host.runtime.gc(host.list(), valid)).toMatchObject({ code: 0 });
    expect(host.reserved().sort()).toEqual([...alive.values()].sort());
    expect(await veths()).toHaveLength(alive.size);
    for (const pod of valid.slice(0, 10)) expect((await host.runtime.check(host.list(), pod)).code).toBe(0);

    expect(await host.runtime.gc(host.list(), [])).toMatchObject({ code: 0 });
    expect(host.reserved()).toEqual([]);
    expect(await host.links()).toEqual(['cni0', 'lo']);
  });

  /** A program that a killed plugin had started goes on to its own end. */
  async function oursEnded(): Promise<void> {
    for (let round = 0; round < 100; round++) {
      const { stdout } = await run(['ip', 'netns', 'pids', host.name]);
      if (stdout.trim() === '') return;
      await delay(50);
    }
  }
});

test('64 ADDs for a subnet of 13: just as many succeed, the rest hear why', {
  timeout: 120_000,
}, async () => {
  const small = await TestHost.start(
    'FLANNEL_NETWORK=10.9.0.0/16\nFLANNEL_SUBNET=10.9.9.1/28\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  );
  try {
    const names = Array.from({ length: AT_ONCE }, (_, index) => `s${index}`);
    const pods: Container[] = [];
    for (const name of names) pods.push(await small.container(name));
    const answers = await Promise.all(pods.map((pod) => small.runtime.add(small.list(), pod)));
    const given = answers.filter(({ code }) => code === 0);
    expect(given).toHaveLength(13);
    for (const { json } of answers.filter(({ code }) => code !== 0)) expect(json.code).toBe(100);
    expect(new Set(given.map(addressOf)).size).toBe(13);
    expect(small.reserved()).toHaveLength(13);
    expect((await small.links()).filter((name) => name.startsWith('veth'))).toHaveLength(13);

    const refused = pods[answers.findIndex(({ code }) => code !== 0)]!;
    const held = pods[answers.findIndex(({ code }) => code === 0)]!;
    await small.runtime.del(small.list(), held);
    expect((await small.runtime.add(small.list(), refused)).code).toBe(0);
  } finally {
    await small.dispose();
  }
});
