/** A drawing has everything that the scene has, nothing twice in one place, and shows where a packet went. */
import { afterEach, describe, expect, test } from 'vitest';
import { type Layout, layoutOf, type Shape } from '../src/diagram/layout';
import { wayTo } from '../src/diagram/way';
import { ClusterScene } from '../src/scene/cluster-scene';
import type { Scene } from '../src/scene/scene';
import { viewOf } from '../src/scene/scene-view';
import { labSnapshots } from '../src/snapshots/lab-snapshots';
import { SnapshotScene } from '../src/snapshots/snapshot-scene';
import { FIRST_STATE, PLAIN_CLUSTER } from '../src/state/first-state';
import type { ClusterShape } from '../src/state/playground-state';

const PING = { from: 'pod-a1', to: 'pod-b1', protocol: 'icmp' } as const;

const open: ClusterScene[] = [];
afterEach(async () => {
  for (const scene of open.splice(0)) await scene.close();
});

async function scene(shape: Partial<ClusterShape>): Promise<ClusterScene> {
  const made = await ClusterScene.open({ ...FIRST_STATE, cluster: { ...PLAIN_CLUSTER, ...shape } });
  open.push(made);
  return made;
}

const shapesOf = ({ places, links }: Layout): Shape[] => [
  ...places.flatMap(({ shapes }) => shapes),
  ...links,
];

const overlap = (a: Shape, b: Shape): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const SCENES: [string, () => Promise<Scene>][] = [
  ['vxlan by wasm', () => scene({})],
  ['vxlan by the kernel', () => scene({ dataplane: 'kernel' })],
  ['both families by wasm', () => scene({ family: 'dual' })],
  ['host-gw', () => scene({ backend: 'host-gw' })],
  ['udp', () => scene({ backend: 'udp' })],
  ['two segments', () => scene({ segments: 2 })],
  ['snapshots of a lab', async () => SnapshotScene.open(await labSnapshots('sound'))],
];

describe.each(SCENES)('%s', (_, make) => {
  test('every device of hosts and pods is drawn, apart from all others and inside the drawing', async () => {
    const places = viewOf(await make());
    const layout = layoutOf(places);
    const shapes = shapesOf(layout);
    const drawn = new Set(shapes.map(({ id }) => id));
    const wanted = places
      .filter(({ kind }) => kind !== 'router')
      .flatMap(({ name, devices }) =>
        devices.filter(({ type }) => type !== 'loopback').map((device) => `${name}/${device.name}`),
      );
    expect(wanted.filter((id) => !drawn.has(id))).toEqual([]);
    const devices = shapes.filter(({ kind }) => kind !== 'routing');
    const pairs = devices.flatMap((a, i) => devices.slice(i + 1).map((b) => [a, b] as const));
    expect(pairs.filter(([a, b]) => overlap(a, b)).map(([a, b]) => `${a.id} ${b.id}`)).toEqual([]);
    const outside = shapes.filter(
      (one) => one.x + one.width > layout.width || one.y + one.height > layout.height,
    );
    expect(outside).toEqual([]);
  });

  test('the way of a packet is one line from end to end', async () => {
    const made = await make();
    const { hops } = (await made.act({ do: 'send', packet: PING })).walk!.result;
    const layout = layoutOf(viewOf(made));
    const last = hops.findLastIndex(({ leg }) => leg === 'request');
    const { at, passed, wires } = wayTo(layout, hops, last);
    expect(at).toBe('pod-b1/');
    const reached = new Set(['pod-a1/']);
    for (let grew = true; grew; ) {
      const before = reached.size;
      for (const { from, to } of wires) {
        if (reached.has(from)) reached.add(to);
        if (reached.has(to)) reached.add(from);
      }
      grew = reached.size > before;
    }
    expect([...passed].filter((id) => !reached.has(id))).toEqual([]);
    expect(reached).toContain('pod-b1/');
  });
});

test('a packet between segments passes the router, and one within a segment does not', async () => {
  for (const segments of [1, 2]) {
    const made = await scene({ segments });
    const { hops } = (await made.act({ do: 'send', packet: PING })).walk!.result;
    const last = hops.findLastIndex(({ leg }) => leg === 'request');
    const { passed } = wayTo(layoutOf(viewOf(made)), hops, last);
    expect(passed.has('underlay/br0')).toBe(segments === 2);
  }
});

test('a cable that is cut is drawn so', async () => {
  const made = await scene({});
  await made.act({ do: 'cut', host: 'host-b' });
  const cut = layoutOf(viewOf(made)).wires.filter(({ isCut }) => isCut);
  expect(cut.map(({ from }) => from)).toEqual(['host-b/eth0']);
});

test('without hosts there is a router alone', async () => {
  const made = await ClusterScene.open({ cluster: PLAIN_CLUSTER, actions: [] });
  open.push(made);
  expect(layoutOf(viewOf(made)).places.map(({ place }) => place.kind)).toEqual(['router']);
});
