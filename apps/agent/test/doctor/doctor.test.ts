/** Every check finds the fault that was made for it, says what mends it, and is silent where nothing is wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKS } from '../../dist/doctor/checks.js';
import { startFaultLab } from '../faults/fault-lab.js';
import type { TestLab } from '../test-lab.js';
import { type DoctorFault, examineHost, run, STOPPED_LAB, wrongOf } from './doctor-fault.js';
import { HOST_FAULTS } from './host-faults.js';

/** In whatever file they are made. */
const FAULTS: readonly DoctorFault[] = [...HOST_FAULTS];

test('every check has a fault that it finds, and every fault is found by one', () => {
  const made = new Set(FAULTS.map(({ check }) => check));
  expect([...made].sort()).toEqual(CHECKS.map(({ id }) => id).sort());
});

test('checks have names of their own', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
});

describe('hosts whose agents have ended', () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await startFaultLab(STOPPED_LAB);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  test.each(['host-a', 'host-b'])('nothing is wrong on %s', async (host) => {
    expect(wrongOf(await examineHost(lab, host))).toEqual([]);
  });

  test.each(HOST_FAULTS)('$check: $name', async (fault) => {
    const { host = 'host-a', check, verdict, evidence, make, mend } = fault;
    await run(lab, host, make);
    const wrong = wrongOf(await examineHost(lab, host));
    const found = wrong.filter((one) => one.check === check);
    try {
      expect(wrong, JSON.stringify(wrong, null, 1)).toContainEqual(
        expect.objectContaining({ check, verdict, node: host }),
      );
      expect(found.flatMap((one) => one.evidence)).toContainEqual(expect.stringMatching(evidence));
      expect(found.every(({ looked, why }) => looked.length > 0 && why !== '')).toBe(true);
    } finally {
      await run(lab, host, mend ?? found.flatMap((one) => one.mend));
    }
    expect(wrongOf(await examineHost(lab, host))).toEqual([]);
  });
});
