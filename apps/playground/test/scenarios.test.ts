/** Every scenario: broken as it says, mended by its mending, and by nothing that only looks right. */
import { describe, expect, test } from 'vitest';
import { brokenState, checkGoal, SCENARIOS, type Scenario, scenarioOf } from '../src/scenarios';
import { ClusterScene } from '../src/scene/cluster-scene';
import { type Action, MOST_ACTIONS, parseState } from '../src/state/playground-state';

/** As far as each of the actions can be done: a command may be refused. */
async function withMore(scenario: Scenario, more: readonly Action[]): Promise<ClusterScene> {
  const scene = await ClusterScene.open(brokenState(scenario));
  for (const action of more) await scene.act(action).catch(() => {});
  return scene;
}

test('there are scenarios of every layer, each with a name of its own', () => {
  expect(SCENARIOS.length).toBeGreaterThanOrEqual(14);
  expect(new Set(SCENARIOS.map(({ id }) => id)).size).toBe(SCENARIOS.length);
  expect(new Set(SCENARIOS.map(({ layer }) => layer))).toEqual(
    new Set(['pod', 'host', 'overlay', 'underlay']),
  );
  for (const scenario of SCENARIOS) expect(scenarioOf(scenario.id)).toBe(scenario);
  expect(scenarioOf('none')).toBeUndefined();
});

describe.each(SCENARIOS.map((scenario) => [scenario.id, scenario] as const))('%s', (id, scenario) => {
  test('is broken by the cause that it names', async () => {
    const state = parseState(brokenState(scenario));
    expect(state.scenario).toBe(id);
    const scene = await ClusterScene.open(state);
    const [finding] = scene.send(scenario.goal.through[0]).findings;
    expect(finding?.code, finding?.text).toBe(scenario.cause);
    await scene.close();
  });

  test('its goal is not met at the beginning, and is met once it is mended', async () => {
    const scene = await ClusterScene.open(brokenState(scenario));
    const before = await checkGoal(scenario, scene);
    expect(before).toMatchObject({ isMet: false, lost: [], gone: [] });
    for (const action of scenario.mending) await scene.act(action);
    const { packets, ...rest } = await checkGoal(scenario, scene);
    const wrong = packets.filter(({ isThrough, findings }) => !isThrough || findings.length > 0);
    expect({ wrong, ...rest }).toEqual({ wrong: [], isMet: true, lost: [], gone: [] });
    expect(scene.state.actions.length).toBeLessThan(MOST_ACTIONS);
    await scene.close();
  });

  test.each(scenario.tempting.map((actions) => [JSON.stringify(actions), actions] as const))(
    'is not mended by %s',
    async (_, actions) => {
      const scene = await withMore(scenario, actions);
      expect(await checkGoal(scenario, scene)).toMatchObject({ isMet: false });
      await scene.close();
    },
  );

  test('is told in both languages, with as many hints', () => {
    const { en, 'zh-Hans': zh } = scenario.text;
    expect(zh.hints.length).toBe(en.hints.length);
    expect(scenario.tempting.length).toBeGreaterThanOrEqual(2);
    expect(zh.story).toMatch(/[一-鿿]。/);
    // A space between Chinese and Latin letters.
    const all = [zh.story, zh.why, zh.seen, ...zh.hints].join('\n');
    expect(all.match(/[一-鿿][A-Za-z0-9]|[A-Za-z0-9][一-鿿]/g) ?? []).toEqual([]);
  });
});

const [first] = SCENARIOS as readonly [Scenario];

test('is not mended by taking away what does not work', async () => {
  const scene = await withMore(first, [{ do: 'leave', host: 'host-b' }]);
  expect(await checkGoal(first, scene)).toMatchObject({
    isMet: false,
    gone: expect.arrayContaining(['pod-b1']),
  });
  await scene.close();
});

test('looking whether it is mended changes nothing', async () => {
  const scene = await ClusterScene.open(brokenState(first));
  const before = JSON.stringify(scene.state);
  await checkGoal(first, scene);
  expect(JSON.stringify(scene.state)).toBe(before);
  await scene.close();
});
