/** A scene is what was done to it: done again, it is the same to the byte. */
import { traceJson } from '@podlan/simulator';
import { describe, expect, test } from 'vitest';
import { ClusterScene } from '../src/scene/cluster-scene';
import { withChanges } from '../src/scene/row-changes';
import { viewOf } from '../src/scene/scene-view';
import { FIRST_STATE, PLAIN_CLUSTER } from '../src/state/first-state';
import { type Action, parseState } from '../src/state/playground-state';
import { linkOf, stateOfLink } from '../src/state/share-link';

const PING = { from: 'pod-a1', to: 'pod-b1', protocol: 'icmp' } as const;

describe.each([
  { backend: 'vxlan', dataplane: 'wasm' },
  { backend: 'vxlan', dataplane: 'kernel' },
  { backend: 'host-gw', dataplane: 'kernel' },
  { backend: 'udp', dataplane: 'wasm' },
] as const)('$backend on $dataplane', (shape) => {
  const cluster = { ...PLAIN_CLUSTER, ...shape };

  test('a pod reaches one of another host', async () => {
    const scene = await ClusterScene.open({ ...FIRST_STATE, cluster });
    const { result, findings } = scene.send(PING);
    expect([result.answered, findings]).toEqual([true, []]);
    await scene.close();
  });

  test('a link gives the same cluster, and the same packets', async () => {
    const first = await ClusterScene.open({ ...FIRST_STATE, cluster });
    for (const action of [
      { do: 'join' },
      { do: 'wait', seconds: 40 },
      { do: 'cut', host: 'host-b' },
    ] as Action[])
      await first.act(action);
    first.send(PING);
    await first.act({ do: 'mend', host: 'host-b' });
    const again = await ClusterScene.open(await stateOfLink(await linkOf(first.state)));
    expect(viewOf(again)).toEqual(viewOf(first));
    expect(traceJson(again.send(PING).result)).toEqual(traceJson(first.send(PING).result));
    await Promise.all([first.close(), again.close()]);
  });
});

test.each<[string, Action]>([
  ['a host that is not there', { do: 'cut', host: 'host-z' }],
  ['a pod that is not there', { do: 'remove-pod', pod: 'pod-z9' }],
  ['a packet from nowhere', { do: 'send', packet: { ...PING, from: 'pod-z9' } }],
])('%s is refused by name, and not remembered', async (_, action) => {
  const scene = await ClusterScene.open(FIRST_STATE);
  await expect(scene.act(action)).rejects.toThrow(/host-z|pod-z9/);
  expect(scene.state).toEqual(FIRST_STATE);
  await scene.close();
});

test.each<[string, unknown, RegExp]>([
  ['no state', 'hello', /state: .*Object/],
  ['another version', { ...FIRST_STATE, version: 2 }, /version/],
  ['more than it says', { ...FIRST_STATE, script: 'alert(1)' }, /script/],
  ['an unknown action', { ...FIRST_STATE, actions: [{ do: 'eval' }] }, /actions\.0\.do/],
  [
    'a command of two lines',
    { ...FIRST_STATE, actions: [{ do: 'run', at: 'host-a', line: 'a\nb' }] },
    /line/,
  ],
])('%s is no state', (_, json, said) => {
  expect(() => parseState(json)).toThrow(said);
});

test.each(['', 'AAAA', '%%%', 'eyJ2ZXJzaW9uIjoxfQ'])('the link "%s" is refused', async (link) => {
  await expect(stateOfLink(link)).rejects.toThrow('expected a state as this page writes it');
});

test('rows that come, go and change are marked, each in its place', () => {
  const row = (key: string, text = key) => ({ table: 'route', key, text }) as const;
  const before = [row('a'), row('b'), row('c')];
  const after = [row('a', 'new'), row('c'), row('d')];
  expect(withChanges(before, after).map(({ key, change }) => [key, change])).toEqual([
    ['a', 'changed'],
    ['b', 'removed'],
    ['c', undefined],
    ['d', 'added'],
  ]);
});
