/** Real snapshots as a scene: packets go as they went in the lab that they were taken of. */
import { expect, test } from 'vitest';
import { labSnapshots } from '../src/snapshots/lab-snapshots';
import { SnapshotScene } from '../src/snapshots/snapshot-scene';

const PING = { from: 'pod-a1', to: 'pod-b1', protocol: 'icmp' } as const;

test('in the sound lab a pod reaches one of another host', async () => {
  const scene = await SnapshotScene.open(await labSnapshots('sound'));
  expect(scene.places.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['host-a', 'pod-a1', 'host-b', 'pod-b1']),
  );
  const { result, findings } = scene.send(PING);
  expect([result.answered, findings]).toEqual([true, []]);
});

test('in the sick lab it does not, and the entry that leads astray is named', async () => {
  const scene = await SnapshotScene.open(await labSnapshots('sick'));
  const { result, findings } = scene.send(PING);
  expect(result.arrived).toBe(false);
  expect(findings[0]).toMatchObject({ code: 'fdb-entry-stale', node: 'host-a' });
  expect(findings[0]!.mend[0]).toMatch(/^bridge fdb replace .* dst 192\.168\.77\.12 /);
});

test('a rule that is not simulated makes the end doubtful', async () => {
  const [host, ...others] = await labSnapshots('sound');
  const snapshot = JSON.parse(host!.text);
  const inForward = { family: 'inet', table: 'other', chain: 'forward' };
  snapshot.namespaces[0].nftables.push(
    { table: { family: 'inet', name: 'other' } },
    { chain: { family: 'inet', table: 'other', name: 'forward', type: 'filter', hook: 'forward', prio: 0 } },
    { rule: { ...inForward, handle: 9, expr: [{ xt: null }, { drop: null }] } },
  );
  const scene = await SnapshotScene.open([{ name: host!.name, text: JSON.stringify(snapshot) }, ...others]);
  const { result, doubts } = scene.send(PING);
  expect(result.answered).toBe(true);
  expect(doubts).toEqual(expect.arrayContaining([expect.stringMatching(/^host-a: .*inet other forward/)]));
});

test.each([
  ['no JSON', 'hello', /notes\.txt: .*JSON/],
  ['another file', '{"schema":"else"}', /notes\.txt: .*podlan-snapshot/],
])('%s is refused by its name', async (_, text, said) => {
  await expect(SnapshotScene.open([{ name: 'notes.txt', text }])).rejects.toThrow(said);
});

test('two snapshots of one node are refused', async () => {
  const [one] = await labSnapshots('sound');
  await expect(SnapshotScene.open([one!, one!])).rejects.toThrow('one snapshot of each node');
});
