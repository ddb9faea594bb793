/** A simulation answers the same in the page's own thread and behind messages, and comes whole through them. */

import { MessageChannel } from 'node:worker_threads';
import { traceJson } from '@podlan/simulator';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { brokenState, SCENARIOS } from '../src/scenarios';
import { answerCalls } from '../src/simulation/answer-calls';
import { LocalSimulation } from '../src/simulation/local-simulation';
import { RemoteSimulation } from '../src/simulation/remote-simulation';
import type { Simulation } from '../src/simulation/simulation';
import { labSnapshots } from '../src/snapshots/lab-snapshots';
import { FIRST_STATE } from '../src/state/first-state';

const PING = { from: 'pod-a1', to: 'pod-b1', protocol: 'icmp' } as const;
const SEND = { do: 'send', packet: PING } as const;

/** What it says is copied as a worker's messages are. */
class ThisThread extends EventTarget {
  static last: ThisThread;
  readonly #ports = new MessageChannel();

  constructor() {
    super();
    ThisThread.last = this;
    const { port1: far, port2: near } = this.#ports;
    answerCalls(new LocalSimulation(), far as unknown as Parameters<typeof answerCalls>[1]);
    // A port starts by itself only where Node's own `on` is used.
    far.start();
    near.on('message', (data) => this.dispatchEvent(new MessageEvent('message', { data })));
  }

  postMessage(data: unknown): void {
    this.#ports.port2.postMessage(data);
  }

  terminate(): void {
    this.#ports.port2.close();
  }
}

beforeEach(() => void vi.stubGlobal('Worker', ThisThread));
afterEach(() => void vi.unstubAllGlobals());

const KINDS: [string, () => Simulation][] = [
  ['in the same thread', () => new LocalSimulation()],
  ['behind messages', () => new RemoteSimulation()],
];

describe.each(KINDS)('%s', (_, make) => {
  let simulation: Simulation;
  beforeEach(() => {
    simulation = make();
  });
  afterEach(() => simulation.close());

  test('a packet goes its way, and again when all is done again', async () => {
    const { view, walk } = await simulation.open(FIRST_STATE);
    expect(walk).toBeUndefined();
    expect(view.places.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['host-a', 'pod-a1', 'host-b', 'pod-b1']),
    );
    const sent = await simulation.act(SEND);
    expect(sent.walk).toMatchObject({ packet: PING, result: { answered: true }, findings: [] });
    expect(sent.view.actions).toEqual([...FIRST_STATE.actions, SEND]);
    await simulation.act({ do: 'kill-agent', host: 'host-b' });
    const again = await simulation.again(FIRST_STATE.actions.length + 1);
    expect(again.view).toEqual(sent.view);
    expect(traceJson(again.walk!.result)).toEqual(traceJson(sent.walk!.result));
  });

  test('a command prints, and one that is refused says why and changes nothing', async () => {
    await simulation.open(FIRST_STATE);
    const run = (line: string) => simulation.act({ do: 'run', at: 'host-a', line });
    const { output, view } = await run('ip route');
    expect(output).toEqual(expect.arrayContaining([expect.stringContaining('dev cni0')]));
    await expect(run('rm -rf /')).rejects.toThrow('rm');
    expect((await simulation.act({ do: 'wait', seconds: 1 })).view.actions.length).toBe(
      view.actions.length + 1,
    );
  });

  test('hosts whose agent was stopped are told', async () => {
    await simulation.open(FIRST_STATE);
    expect((await simulation.act({ do: 'kill-agent', host: 'host-b' })).view.stopped).toEqual(['host-b']);
    expect((await simulation.act({ do: 'start-agent', host: 'host-b' })).view.stopped).toEqual([]);
  });

  test('a state that can not be leaves the scene as it was', async () => {
    await simulation.open(FIRST_STATE);
    const actions = [{ do: 'cut', host: 'host-z' }] as const;
    await expect(simulation.open({ ...FIRST_STATE, actions: [...actions] })).rejects.toThrow('actions.0');
    expect((await simulation.act(SEND)).walk!.result.answered).toBe(true);
  });

  test('a scenario is checked on a copy', async () => {
    const [scenario] = SCENARIOS;
    await simulation.open(brokenState(scenario!));
    const check = await simulation.check({ goal: scenario!.goal, actions: scenario!.actions });
    expect(check).toMatchObject({ isMet: false, gone: [] });
    const { view } = await simulation.act({ do: 'wait', seconds: 1 });
    expect(view.actions.length).toBe(scenario!.actions.length + 1);
  });

  test('snapshots are looked at, and no agent is asked for anything', async () => {
    const { view } = await simulation.openSnapshots(await labSnapshots('sick'));
    expect(view.shape).toBeUndefined();
    const { walk } = await simulation.act(SEND);
    expect(walk!.findings.map(({ code }) => code)).toContain('fdb-entry-stale');
    await expect(simulation.act({ do: 'join' })).rejects.toThrow('only be looked at');
    await expect(simulation.check(SCENARIOS[0]!)).rejects.toThrow('expected a simulated cluster');
    await expect(simulation.openSnapshots([{ name: 'notes.txt', text: 'hello' }])).rejects.toThrow(
      'notes.txt',
    );
  });

  test('nothing is done before there is a scene', async () => {
    await expect(simulation.act(SEND)).rejects.toThrow('expected a scene to be opened first');
  });
});

test('a worker that can not be fetched, or dies, is told at once and ever after', async () => {
  const simulation = new RemoteSimulation();
  const opened = simulation.open(FIRST_STATE);
  ThisThread.last.dispatchEvent(new Event('error'));
  await expect(opened).rejects.toThrow('the simulator does not run; reload the page');
  await expect(simulation.act(SEND)).rejects.toThrow('the simulator does not run');
});
