/**
 * The simulator shows what the kernel does: for each backend and dataplane, the frames that a real lab's devices saw of
 * a probe are those that the simulator computes from snapshots taken before, byte for byte but for the numbers that
 * `normalize` names.
 */
import { once } from 'node:events';
import type { NodeSnapshot } from '@podlan/simulator/snapshot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { familiesOf } from '../dist/lab/lab-shape.js';
import { captureLab } from '../dist/lab/lab-snapshot.js';
import { underlayGateway } from '../dist/lab/topology.js';
import { sh } from './faults/fault-lab.js';
import {
  captureWays,
  makeWhole,
  UNJOINED,
  type Way,
  type WayFrame,
  type WayProbe,
} from './fidelity/capture-way.js';
import {
  type FidelityProbe,
  keepNeighbors,
  type LabKind,
  OPEN_PORT,
  SETTINGS,
  type Setting,
} from './fidelity/probes.js';
import { packetSent, simulateWay } from './fidelity/simulated-way.js';
import { atEachDevice, differenceOf, inExchanges } from './fidelity/way-difference.js';
import { TestLab } from './test-lab.js';

const LABS: readonly LabKind[] = [
  { backend: 'vxlan', dataplane: 'kernel' },
  { backend: 'vxlan', dataplane: 'wasm' },
  { backend: 'host-gw', dataplane: 'kernel' },
  { backend: 'udp', dataplane: 'wasm' },
];

describe.each(LABS)('$backend, $dataplane', (kind) => {
  let lab: TestLab;
  let servers: AsyncDisposable;
  beforeAll(async () => {
    lab = await startLab(kind);
    servers = await serve(lab);
  });
  afterAll(async () => {
    await servers?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  for (const setting of SETTINGS) {
    const probes = setting.probes(kind);
    if (probes.length > 0) describe(setting.title, () => compare(() => lab, setting, probes));
  }
});

function compare(lab: () => TestLab, setting: Setting, probes: readonly FidelityProbe[]): void {
  let before: NodeSnapshot[];
  let real: Way[];
  beforeAll(async () => {
    await setting.prepare?.(lab());
    before = await captureLab(lab().state);
    real = await captureWays(lab(), probes.map(asProbe)).finally(() => setting.restore?.(lab()));
  });

  test.each(probes.map((probe, index) => ({ ...probe, index })))(
    '$title',
    async ({ index, isRefused, areSeveral = false }) => {
      const way = real[index]!;
      const probe = asProbe(probes[index]!, index);
      const packet = packetSent(way, probe.from);
      expect(packet === undefined).toBe(isRefused ?? false);
      const simulated = await simulateWay(lab(), before, probe, packet);
      expectSame(way.frames, simulated.frames, areSeveral ? atEachDevice : asTheyCame);
      if (setting.withNeighbors) expectSame(way.neighborFrames, simulated.neighborFrames, inExchanges);
    },
  );
}

type Order = (frames: readonly WayFrame[]) => readonly WayFrame[];
const asTheyCame: Order = (frames) => frames;

function expectSame(real: readonly WayFrame[], simulated: readonly WayFrame[], ordered: Order): void {
  const difference = differenceOf(ordered(real), ordered(simulated));
  if (difference !== undefined) expect.fail(difference);
}

/** Each with a port of its own. */
const asProbe = (
  { title: _, isRefused: __, areSeveral: ___, ...probe }: FidelityProbe,
  index: number,
): WayProbe => ({
  ...probe,
  sourcePort: 40_000 + index,
});

/** Pods are masqueraded, by their own ports. */
const MASQUERADE = { FLANNELD_IP_MASQ: 'true', FLANNELD_IP_MASQ_FULLY_RANDOM_DISABLE: 'true' };

async function startLab({ backend, dataplane }: LabKind): Promise<TestLab> {
  Object.assign(process.env, MASQUERADE);
  const family = backend === 'udp' ? 'ipv4' : 'dual';
  const lab = await TestLab.start({ ...UNJOINED, backend, family }, dataplane, dataplane);
  for (const name of Object.keys(MASQUERADE)) delete process.env[name];
  await makeWhole(lab);
  await meetNeighbors(lab);
  return lab;
}

/** Whoever is to be asked in the way of a probe is asked once. */
async function meetNeighbors(lab: TestLab): Promise<void> {
  const places = [...lab.state.pods, ...lab.state.hosts];
  const gateways = familiesOf(lab.state.family).map(underlayGateway);
  const all = [...places.flatMap(({ addresses }) => addresses), ...gateways];
  const pings = all.map((to) => `ping -nqc1 -W1 ${to} || true`);
  await Promise.all(places.map(({ name }) => sh(lab, name, ...pings)));
  await keepNeighbors(lab);
}

const SERVER = `
require('node:dgram').createSocket('udp6').bind(${OPEN_PORT});
require('node:net').createServer((socket) => socket.on('error', () => {}).resume()).listen(${OPEN_PORT}, '::', () => console.log('ready'));`;

async function serve(lab: TestLab): Promise<AsyncDisposable> {
  const server = lab.spawn('pod-b1', process.execPath, '-e', SERVER);
  await once(server.stdout, 'data');
  return {
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL');
      await once(server, 'exit');
    },
  };
}
