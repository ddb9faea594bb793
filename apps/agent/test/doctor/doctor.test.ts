/** Every check finds the fault that was made for it, says what mends it, and is silent where nothing is wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../dist/doctor/check.js';
import { CHECKS } from '../../dist/doctor/checks.js';
import { startFaultLab } from '../faults/fault-lab.js';
import type { TestLab } from '../test-lab.js';
import {
  compareHosts,
  type DoctorFault,
  doIt,
  examineHost,
  paste,
  probeHost,
  RUNNING_LAB,
  STOPPED_LAB,
  wrongOf,
} from './doctor-fault.js';
import { FILE_FAULTS } from './file-faults.js';
import { HOST_FAULTS } from './host-faults.js';
import { MACHINE_FAULTS } from './machine-faults.js';
import { PEER_FAULTS } from './peer-faults.js';
import { WAY_FAULTS } from './way-faults.js';

/** In whatever file they are made. */
const FAULTS: readonly DoctorFault[] = [
  ...HOST_FAULTS,
  ...PEER_FAULTS,
  ...WAY_FAULTS,
  ...MACHINE_FAULTS,
  ...FILE_FAULTS,
];
const LABS = [STOPPED_LAB, RUNNING_LAB];

test('every check has a fault that it finds, and every fault is found by one', () => {
  const made = new Set(FAULTS.map(({ check }) => check));
  expect([...made].sort()).toEqual(CHECKS.map(({ id }) => id).sort());
});

test('checks have names of their own', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
});

describe.each(LABS)('$name, agents $agents', (faultLab) => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await startFaultLab(faultLab);
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  test.each([
    ['by its store', examineHost],
    ['with packets to its peers', probeHost],
    ['held against the others', compareHosts],
  ])('nothing is wrong on a host %s', async (_, look) => {
    expect(wrongOf(await look(lab, 'host-a'))).toEqual([]);
  });

  test.each(FAULTS.filter(({ lab: wanted = STOPPED_LAB }) => wanted === faultLab))(
    '$check: $name',
    async (fault) => {
      const { host = 'host-a', look = examineHost, check, verdict, evidence, make, mend, byHand } = fault;
      const { why, advice } = fault;
      await doIt(lab, host, make);
      const find = async () => wrongOf(await look(lab, host));
      const ofCheck = (results: readonly CheckResult[]) => results.filter((one) => one.check === check);
      const wrong = await find();
      const found = ofCheck(wrong);
      try {
        expect(found, JSON.stringify(wrong, null, 1)).toContainEqual(
          expect.objectContaining({ verdict, node: host }),
        );
        expect(
          found.flatMap((one) => one.evidence),
          JSON.stringify(found),
        ).toContainEqual(expect.stringMatching(evidence));
        if (why) expect(found.map((one) => one.why)).toContainEqual(expect.stringMatching(why));
        if (advice)
          expect(found.map((one) => one.mend.join('\n'))).toContainEqual(expect.stringMatching(advice));
        expect(found.every((one) => one.looked.length > 0 && one.why !== '' && one.mend.length > 0)).toBe(
          true,
        );
        const what = byHand === undefined ? 'commands' : 'fixable';
        await paste(lab, host, wrong, what, fault.root?.(lab));
        // A device that was made anew has lost its rows, which the next look asks for.
        await paste(lab, host, await find(), what, fault.root?.(lab));
        expect(byHand ?? ofCheck(await find()), 'the printed commands mend it').toEqual(byHand ?? []);
      } finally {
        await doIt(lab, host, mend ?? []);
      }
      expect(await find()).toEqual([]);
    },
  );
});
