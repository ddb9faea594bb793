import { describe, expect, test } from 'vitest';
import { sumLine, sumUp } from '../src/test-sum.js';

const passing = { status: 'passed', fullName: 'works' };
const failing = { status: 'failed', fullName: 'breaks' };

function report({ passed = 0, failed = 0, pending = 0, brokenFiles = 0 }) {
  const assertionResults = [...Array(passed).fill(passing), ...Array(failed).fill(failing)];
  const testResults = [{ name: 'a.test.ts', status: failed ? 'failed' : 'passed', assertionResults }];
  for (let i = 0; i < brokenFiles; i++) {
    testResults.push({
      name: `broken-${i}.test.ts`,
      status: 'failed',
      message: 'no such module',
      assertionResults: [],
    });
  }
  return {
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: pending,
    numTodoTests: 0,
    testResults,
  };
}

const line = (reports, failedTasks = [], exitCode = failedTasks.length > 0 ? 1 : 0) =>
  sumLine(sumUp({ reports, failedTasks, exitCode }));

describe('the last line', () => {
  test.each([
    [
      'adds packages up',
      [
        { name: 'a', report: report({ passed: 2 }) },
        { name: 'b', report: report({ passed: 3 }) },
      ],
      [],
      '5 passed, 0 failed',
    ],
    [
      'counts failed tests, not their task too',
      [{ name: 'a', report: report({ passed: 2, failed: 2 }) }],
      ['a#test'],
      '2 passed, 2 failed',
    ],
    [
      'counts a failed lint',
      [{ name: 'a', report: report({ passed: 2 }) }],
      ['//#lint'],
      '2 passed, 1 failed',
    ],
    [
      'counts failed types beside failed tests',
      [{ name: 'a', report: report({ failed: 1 }) }],
      ['a#test', 'a#types'],
      '0 passed, 2 failed',
    ],
    [
      'counts a file that broke before its first test',
      [{ name: 'a', report: report({ passed: 1, brokenFiles: 1 }) }],
      ['a#test'],
      '1 passed, 1 failed',
    ],
    [
      'counts a test task that failed although its tests passed',
      [{ name: 'a', report: report({ passed: 1 }) }],
      ['a#test'],
      '1 passed, 1 failed',
    ],
    ['counts a package that reported nothing', [{ name: 'a', report: undefined }], [], '0 passed, 1 failed'],
    [
      'counts a failed test task without a report once',
      [{ name: 'a', report: undefined }],
      ['a#test'],
      '0 passed, 1 failed',
    ],
    [
      'counts a failed build once, not each package it kept from running',
      [
        { name: 'a', report: undefined },
        { name: 'b', report: undefined },
      ],
      ['a#build'],
      '0 passed, 1 failed',
    ],
    [
      'shows skipped tests only where there are any',
      [{ name: 'a', report: report({ passed: 1, pending: 2 }) }],
      [],
      '1 passed, 0 failed, 2 skipped',
    ],
  ])('%s', (_name, reports, failedTasks, expected) => {
    expect(line(reports, failedTasks)).toBe(expected);
  });

  test('says what went wrong, and where, without the stack', () => {
    const failureMessages = ['Error: expected 1, found 2\nlast seen:\n 2\n    at a.test.ts:1:2'];
    const broken = report({ failed: 1, brokenFiles: 1 });
    broken.testResults[0].assertionResults[0] = { ...failing, failureMessages };
    expect(
      sumUp({ reports: [{ name: 'a', report: broken }], failedTasks: ['a#test'], exitCode: 1 }).faults,
    ).toEqual([
      'a.test.ts: breaks\n    Error: expected 1, found 2\n    last seen:\n     2',
      'broken-0.test.ts\n    no such module',
    ]);
  });

  test('never says 0 failed when turbo failed for a reason of its own', () => {
    expect(line([{ name: 'a', report: report({ passed: 1 }) }], [], 1)).toBe('1 passed, 1 failed');
  });
});
