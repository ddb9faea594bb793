/** The lab bench's paths and traffic work, and its lines say what its rounds saw. No time is looked at. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { summarize } from '../bench/lines.js';
import { layPaths } from '../bench/paths.js';
import { reportText } from '../bench/report.js';
import { playRounds } from '../bench/rounds.js';
import { countFrames } from '../bench/wire-frames.js';
import { WORKLOADS } from '../bench/workloads.js';
import { down, withLab } from '../dist/lab/lab.js';

const LAB = `t${process.pid}-bench`;
/** One of TCP, one of UDP. */
const TRIED = WORKLOADS.filter(({ name }) => ['TCP, 1 stream', 'UDP, 64 bytes'].includes(name));
const PATHS = ['wasm', 'kernel', 'dgram', 'underlay'];

describe('one short round on an underlay with offloads', () => {
  let played;
  beforeAll(async () => {
    await withLab(LAB, async () => {
      const paths = await layPaths(LAB, true);
      await countFrames(LAB, new Set(paths.map(({ sender }) => sender)));
      played = await playRounds({ lab: LAB, paths, workloads: TRIED, rounds: 1, seconds: 1, tell: () => {} });
    });
  }, 90_000);
  afterAll(() => down(LAB));

  test.each(TRIED)('$name arrives on every path', ({ name }) => {
    const [round] = played.workloads[name];
    expect(Object.keys(round).sort()).toEqual(PATHS.toSorted());
    for (const path of PATHS) expect(round[path].bytes).toBeGreaterThan(0);
  });

  test("only what segments before the underlay has no super-packets: the kernel's TCP has", () => {
    const [{ kernel, dgram, underlay }] = played.workloads['TCP, 1 stream'];
    expect(kernel.superPacketShare).toBeGreaterThan(0.5);
    expect(underlay.superPacketShare).toBeGreaterThan(0.5);
    expect(dgram.superPacketShare).toBe(0);
  });

  test('no datagram arrives that was not sent', () => {
    for (const path of PATHS)
      expect(played.workloads['UDP, 64 bytes'][0][path].loss).toBeGreaterThanOrEqual(0);
  });

  test('every path has round trips, and every agent memory', () => {
    for (const path of PATHS) expect(played.roundTrips[0][path].medianMs).toBeGreaterThan(0);
    expect(Object.keys(played.residentMB)).toEqual(['wasm', 'kernel', 'dgram']);
  });
});

describe('lines', () => {
  const round = (wasm, kernel) => ({
    underlay: { value: 20, superPacketShare: 0 },
    kernel: { value: kernel, superPacketShare: 0 },
    wasm: { value: wasm, superPacketShare: 0 },
  });
  const roundTrip = { medianMs: 1, p99Ms: 2, loss: 0 };
  const summary = summarize({
    workloads: { 'TCP, 1 stream': [round(1, 10), round(4, 8), round(3, 4)] },
    roundTrips: [{ kernel: roundTrip, underlay: roundTrip }],
    residentMB: { kernel: 71.234 },
  });
  const [{ lines }] = summary.workloads;

  test('a figure is the median of the rounds, a ratio the median of their ratios', () => {
    expect(lines[0]).toEqual({
      path: 'wasm',
      value: 3,
      superPacketShare: 0,
      ofKernel: 0.5,
      ofUnderlay: 0.15,
    });
  });

  test('podlan comes first, the underlay last', () => {
    expect(lines.map(({ path }) => path)).toEqual(['wasm', 'kernel', 'underlay']);
  });

  test('the report says for TCP whether it was segmented', () => {
    const results = { command: 'it', machine: '1 x', node: 'v20', rounds: 3, seconds: 1, loadAverage: 0 };
    const text = reportText({ ...results, labs: [{ underlayOffloads: false, ...summary }] });
    expect(text).toMatch(/TCP, 1 stream +wasm +3 +Gbit\/s +0\.50 +0\.15 .* yes\n/);
  });
});
