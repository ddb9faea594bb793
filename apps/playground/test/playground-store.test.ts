/** What is shown follows from what was done, and undoing it shows what was shown before. */
import { traceJson } from '@podlan/simulator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PlaygroundStore, type Shown } from '../src/playground/playground-store';
import { LocalSimulation } from '../src/simulation/local-simulation';
import { labSnapshots } from '../src/snapshots/lab-snapshots';
import { FIRST_STATE, PLAIN_CLUSTER } from '../src/state/first-state';

const PING = { from: 'pod-a1', to: 'pod-b1', protocol: 'icmp' } as const;

let store: PlaygroundStore;
const shown = (): Shown => store.get()!;

beforeEach(async () => {
  store = new PlaygroundStore(new LocalSimulation());
  await store.open({ ...FIRST_STATE, cluster: { ...PLAIN_CLUSTER, dataplane: 'kernel' } });
});
afterEach(() => store.close());

test('a host that joins adds rows to the others, which are marked', async () => {
  await store.act({ do: 'join' });
  const added = shown()
    .changes.get('host-a')!
    .filter(({ change }) => change === 'added');
  expect(added.map(({ table }) => table)).toEqual(expect.arrayContaining(['route', 'neighbor', 'fdb']));
  expect(
    shown()
      .changes.get('host-c')!
      .every(({ change }) => change === 'added'),
  ).toBe(true);
  expect(shown().said).toMatchObject({ did: 'join' });
});

test('the place where a hop happens is looked into', async () => {
  await store.send(PING);
  expect([shown().selected, shown().step]).toEqual(['pod-a1', 0]);
  const arrival = shown().walk!.result.hops.findIndex(({ netns }) => netns === 'pod-b1');
  store.stepTo(arrival);
  expect(shown().selected).toBe('pod-b1');
});

test('what is undone is as if it never was', async () => {
  await store.send(PING);
  const first = traceJson(shown().walk!.result);
  const { step, scene } = shown();
  const { places } = scene;
  await store.act({ do: 'cut', host: 'host-b' });
  await store.send(PING);
  expect(shown().walk!.result.answered).toBe(false);
  await store.undo();
  await store.undo();
  expect(shown().scene.places).toEqual(places);
  expect(traceJson(shown().walk!.result)).toEqual(first);
  expect(shown().isWalkOld).toBe(false);
  expect(shown().step).toBe(step);
});

test('a packet is of the past once something is changed', async () => {
  await store.send(PING);
  expect(shown().isWalkOld).toBe(false);
  await store.act({ do: 'kill-agent', host: 'host-b' });
  expect([shown().isWalkOld, shown().scene.stopped]).toEqual([true, ['host-b']]);
});

test('what fails is said, and leaves everything as it was', async () => {
  const { places } = shown().scene;
  await store.act({ do: 'cut', host: 'host-z' });
  expect(shown().said).toEqual({ failed: expect.stringContaining('host-z') });
  expect([shown().scene.places, shown().isBusy]).toEqual([places, false]);
});

test('a state that can not be done again is refused, and what is shown stays', async () => {
  const { scene } = shown();
  const actions = [{ do: 'cut', host: 'host-z' }] as const;
  await expect(store.open({ ...FIRST_STATE, actions: [...actions] })).rejects.toThrow('actions.0');
  expect(shown().scene).toBe(scene);
});

test('a state says which hop was looked at, and gives it again', async () => {
  await store.send(PING);
  store.stepTo(7);
  const other = new PlaygroundStore(new LocalSimulation());
  await other.open(store.state!);
  expect(other.get()).toMatchObject({
    step: 7,
    selected: shown().selected,
    scene: { places: shown().scene.places },
  });
  await other.close();
});

test('actions that are asked for at once are done one after the other', async () => {
  await Promise.all([store.act({ do: 'join' }), store.act({ do: 'add-pod', host: 'host-c' }), store.undo()]);
  expect(shown().scene.places.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['host-a', 'host-b', 'host-c']),
  );
  expect(store.state!.actions.at(-1)).toEqual({ do: 'join' });
});

test('what a scenario begins with is not undone', async () => {
  const actions = [...FIRST_STATE.actions, { do: 'cut', host: 'host-b' }] as const;
  await store.play({ id: 'cut', cluster: PLAIN_CLUSTER, actions });
  await store.act({ do: 'join' });
  await store.undo();
  await store.undo();
  expect(store.state).toMatchObject({ actions, scenario: 'cut' });
});

test('snapshots of nodes are shown and walked through, and changed by no action', async () => {
  await store.openSnapshots(await labSnapshots('sick'));
  await store.send(PING);
  expect(shown().walk!.findings.map(({ code }) => code)).toContain('fdb-entry-stale');
  await store.act({ do: 'join' });
  expect(shown().said).toHaveProperty('failed');
  expect(store.state).toBeUndefined();
});

test('what was done to snapshots is undone, one after the other or all at once', async () => {
  await store.openSnapshots(await labSnapshots('sick'));
  const { places } = shown().scene;
  await store.send(PING);
  const lost = traceJson(shown().walk!.result);
  const sent = shown().scene.places;
  const [mend] = shown().walk!.findings.flatMap((finding) => finding.mend);
  store.select('host-a');
  await store.run(mend!);
  await store.send(PING);
  expect(shown().walk!.result.answered).toBe(true);
  await store.undo();
  await store.undo();
  expect(shown()).toMatchObject({ scene: { places: sent }, isWalkOld: false, said: { did: 'undo' } });
  expect(traceJson(shown().walk!.result)).toEqual(lost);
  await store.run('ip route del default');
  await store.startOver();
  expect(shown()).toMatchObject({ scene: { places }, walk: undefined });
  await store.undo();
  expect(shown().scene.places).toEqual(places);
});

test('a command that fails on snapshots is not among what is undone', async () => {
  await store.openSnapshots(await labSnapshots('sound'));
  await store.send(PING);
  const { places } = shown().scene;
  await store.run('ls');
  expect(shown().console.at(-1)).toHaveProperty('failed');
  await store.undo();
  expect(shown().walk).toBeUndefined();
  expect(shown().scene.places).not.toEqual(places);
});

test('starting over gives a cluster of the same kind', async () => {
  await store.act({ do: 'join' });
  await store.startOver();
  expect(store.state).toMatchObject({ cluster: { dataplane: 'kernel' }, actions: FIRST_STATE.actions });
});

test('a cluster that can not be is told, and what was shown stays', async () => {
  const { scene } = shown();
  await store.start({ ...FIRST_STATE, actions: [{ do: 'cut', host: 'host-z' }] });
  expect(shown().said).toEqual({ failed: expect.stringContaining('host-z') });
  expect(shown().scene).toBe(scene);
});
