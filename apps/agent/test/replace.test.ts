/**
 * Agents replaced while numbered datagrams and a TCP connection cross from pod-a1 to pod-b1, by host-a and host-b.
 * `podlan agent --replace` takes over from the agent that runs.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { datagramsDuring, streamDuring } from '../bench/crossing.js';
import { agentLog, startAgent } from '../dist/lab/lab-agents.js';
import { findHost } from '../dist/lab/lab-state.js';
import { type Dataplane, eventually, isAlive, TestLab } from './test-lab.js';

const DATAPLANES: Dataplane[] = ['kernel', 'wasm'];
/** So slow that a TAP's queue holds a second of it. */
const PER_SECOND = 500;
const MEGABITS = 2;

const yes = (seen: boolean) => seen;

describe.each(DATAPLANES)('%s', (dataplane) => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start(dataplane, dataplane);
  });
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(() => eventually(() => lab.reaches('pod-a1', 'pod-b1'), yes));

  const path = () => ({ from: lab.netns('pod-a1'), to: lab.netns('pod-b1'), address: lab.address('pod-b1') });
  const datagrams = (act: () => Promise<unknown>) => datagramsDuring(act, path(), PER_SECOND);
  const logOf = (host: string) => readFileSync(agentLog(lab.name, host), 'utf8');

  /** Kernel state and lease. */
  async function stateOf(host: string) {
    const commands = [
      ['ip', '-d', 'link', 'show', 'flannel.1'],
      ['ip', 'route'],
      ['ip', 'neigh', 'show', 'nud', 'permanent'],
      ['bridge', 'fdb', 'show', 'dev', 'flannel.1'],
    ];
    const { lease } = await lab.agent(host);
    return [lease?.subnets, ...(await Promise.all(commands.map((argv) => lab.in(host, ...argv))))];
  }

  test('successors take over: no packet is lost, none comes twice, TCP goes on, nothing changes', async () => {
    const before = await stateOf('host-a');
    let stream: Awaited<ReturnType<typeof streamDuring>> | undefined;
    const both = async () => {
      await lab.replace('host-a');
      await lab.replace('host-b');
    };
    const counted = await datagrams(async () => {
      stream = await streamDuring(both, path(), MEGABITS);
    });
    expect(counted).toMatchObject({ lost: 0, again: 0 });
    expect(stream!.received).toBe(stream!.sent);
    expect(await stateOf('host-a')).toEqual(before);
    expect(await lab.agent('host-a')).toMatchObject({
      ready: true,
      peers: [{ status: 'programmed' }],
      failures: [],
    });
    expect(logOf('host-a')).toContain('agent ends; its successor carries the packets');
  });

  test('a successor that dies on the way leaves all to the agent that runs', async () => {
    const { pid } = findHost(lab.state, 'host-a');
    const takeovers = () => logOf('host-a').split('taking over from the agent that runs').length;
    const earlier = takeovers();
    const counted = await datagrams(async () => {
      const child = startAgent(lab.state, 'host-a', dataplane, '--replace');
      await eventually(
        async () => takeovers() > earlier,
        (has) => has || child.exitCode !== null,
      );
      child.kill('SIGKILL');
      await eventually(async () => !isAlive(child.pid!), yes);
    });
    expect(counted).toMatchObject({ lost: 0, again: 0 });
    await eventually(
      async () => logOf('host-a'),
      (text) => text.includes('the successor did not come up; this agent goes on'),
    );
    expect((await lab.agent('host-a')).pid).toBe(pid);
    await lab.in('host-a', 'ip', 'route', 'del', '10.244.2.0/24');
    await eventually(() => lab.reaches('pod-a1', 'pod-b1'), yes);
  });

  test('a successor may carry packets the other way, and has the port for health', async () => {
    const other = dataplane === 'wasm' ? 'kernel' : 'wasm';
    for (const way of [other, dataplane] as const) {
      const status = await lab.replace('host-b', way, '--healthz-port', '10256');
      expect(status).toMatchObject({ dataplane: way, ready: true });
      await eventually(() => lab.reaches('pod-a1', 'pod-b1'), yes);
    }
  });

  if (dataplane === 'wasm') return;
  test('an agent that is stopped or killed and started again loses no packet either', async () => {
    const counted = await datagrams(async () => {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        await lab.kill('host-a', signal);
        await lab.restart('host-a');
      }
    });
    expect(counted).toMatchObject({ lost: 0, again: 0 });
  });
});
