/** The faults of the catalogue made and mended on simulated hosts, by the commands that make and mend them on real ones. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAULT_LABS, FAULTS, faultsOf } from './faults/catalogue.js';
import { probeIn } from './faults/computed-probe.js';
import type { Fault, FaultProbe } from './faults/fault.js';
import { SimulatedLab } from './faults/simulated-lab.js';

/** The underlay's bridge is simulated as a medium, without ports of its own; a twin is a pod that only a lab can add. */
const ONLY_IN_A_LAB: ReadonlySet<string> = new Set([
  "the switch's port of a host is down",
  "the switch keeps its hosts' ports apart",
  'two pods of a host have the same address',
]);
const simulated = (fault: Fault): boolean => !ONLY_IN_A_LAB.has(fault.name);

test('most of the catalogue can be simulated', () => {
  expect(FAULTS.filter(simulated).length).toBeGreaterThanOrEqual(50);
  const names = new Set(FAULTS.map(({ name }) => name));
  for (const name of ONLY_IN_A_LAB) expect(names).toContain(name);
});

describe.each(FAULT_LABS)('$name', (faultLab) => {
  let lab: SimulatedLab;
  const look = (wanted: FaultProbe) => probeIn(lab.cluster, wanted);

  beforeAll(async () => {
    lab = await SimulatedLab.start(faultLab);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  test.each(faultsOf(faultLab).filter(simulated))('$name', async (fault) => {
    const sound = fault.sound ?? fault.probe;
    expect(look(sound)).toMatchObject({ arrived: true, replied: true, findings: [] });
    // Connections that are known are not translated anew.
    await lab.cluster.clock.advance(60_000);
    await fault.make(lab);
    try {
      expect(look(fault.probe).findings[0]).toMatchObject(fault.cause);
    } finally {
      await fault.mend(lab);
    }
    await lab.cluster.clock.advance(60_000);
    expect(look(sound)).toMatchObject({ arrived: true, replied: true, findings: [] });
  });
});
