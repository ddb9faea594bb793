/** Every fault of the catalogue, made for real: a probe gets through before, shows the symptom, and gets through after. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAULT_LABS, FAULTS, faultsOf } from './faults/catalogue.js';
import type { Fault } from './faults/fault.js';
import { startFaultLab } from './faults/fault-lab.js';
import { type RealProbe, realProbe, symptomOf } from './faults/real-probe.js';
import { eventually, type TestLab } from './test-lab.js';

/** The first packet after a change may still wait for an ARP reply. */
const through = (lab: TestLab, { probe, sound }: Fault): Promise<RealProbe> =>
  eventually(
    () => realProbe(lab, sound ?? probe),
    ({ arrived, replied }) => arrived && replied,
  );

test('no fault is in the catalogue twice', () => {
  expect(FAULTS.length).toBeGreaterThanOrEqual(24);
  expect(new Set(FAULTS.map(({ name }) => name)).size).toBe(FAULTS.length);
});

describe.each(FAULT_LABS)('$name', (faultLab) => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await startFaultLab(faultLab);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  test.each(faultsOf(faultLab))('$name: $symptom', async (fault) => {
    const sound = await through(lab, fault);
    await fault.make(lab);
    try {
      const found = await realProbe(lab, fault.probe);
      expect({ symptom: symptomOf(found, sound), found }).toMatchObject({ symptom: fault.symptom });
    } finally {
      await fault.mend(lab);
    }
    expect(symptomOf(await through(lab, fault), sound)).toBe('none');
  });
});
