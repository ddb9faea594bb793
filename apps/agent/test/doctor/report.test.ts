/** The report for people: short where one thing is wrong many times, and no offer that cannot be kept. */
import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../../dist/doctor/check.js';
import { reportText } from '../../dist/doctor/report.js';
import { siteAddress } from '../../dist/site.js';

const paint = (_: string, text: string) => text;

const result = (n: number): CheckResult => ({
  ...{ check: 'peer-routes', title: 'every route is there', node: 'host-a', verdict: 'error' },
  ...{ why: `no route ${n}.`, looked: ['ip route'], evidence: [`row ${n}`], mend: [`ip route add ${n}`] },
  ...{ fixable: true, page: 'course/flannel#routes' },
});
const many = Array.from({ length: 1000 }, (_, n) => result(n));

describe('of a thousand peers', () => {
  const text = reportText(many, { paint, isLive: true });

  test('the first few stand for all', () => {
    expect(text.match(/no route \d+\./g)).toEqual(['no route 0.', 'no route 1.', 'no route 2.']);
    expect(text).toContain('[peer-routes, 1000 times]');
    expect(text).toContain('and 997 more like these');
    expect(text.split('\n').length).toBeLessThan(30);
  });

  test('what was looked at, and where to read more, are said once', () => {
    expect(text.match(/looked at/g)).toHaveLength(1);
    expect(text.match(/read more/g)).toHaveLength(1);
  });

  test('all are shown when asked for', () => {
    expect(reportText(many, { paint, isLive: true, verbose: true }).match(/no route \d+\./g)).toHaveLength(
      1000,
    );
  });

  test('all are counted', () => {
    expect(text).toContain('1000 wrong');
  });
});

test('--fix is offered for live nodes alone', () => {
  expect(reportText([result(1)], { paint, isLive: true }).match(/--fix/g)).toHaveLength(2);
  expect(reportText([result(1)], { paint, isLive: false })).not.toContain('--fix');
});

test.each([
  [false, /^https:\/\/.+\/en\/docs\/course\/flannel#routes$/],
  [true, /^https:\/\/[^/]+\/(?!.*\/en\/).*docs\/course\/flannel#routes$/],
])('the address of a page is whole (Chinese: %s)', (isChinese, address) => {
  expect(siteAddress('course/flannel#routes', isChinese)).toMatch(address);
});
