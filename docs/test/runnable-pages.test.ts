/** All code that runs in pages is run there, in both languages, and prints what the page says below it. */

import { expect, test } from 'vitest';
import { faultsOf, openPage, siteUnderTest } from './built-site';
import { RunnableBlock, writtenPages } from './runnable-block';

const site = siteUnderTest();
const course = writtenPages.filter(({ path }) => path.includes('/course/'));
const withCode = writtenPages.filter(({ blocks }) => blocks.length > 0);

test('every page of the course has something to run', () => {
  expect(course.length).toBeGreaterThan(0);
  expect(course.filter(({ blocks }) => blocks.length === 0)).toEqual([]);
});

test.each(withCode)('what /$path says its code prints, it prints', { timeout: 60_000 }, async (written) => {
  const page = await site.browser.newPage();
  const faults = faultsOf(page, site.url);
  await openPage(page, site.url + written.path);
  const groups = await page.locator('[data-runnable]').all();
  expect(groups.length).toBe(written.blocks.length);
  for (const [index, { expected }] of written.blocks.entries()) {
    const block = new RunnableBlock(groups[index]!);
    expect(await block.run()).toBe('done');
    if (expected === undefined) expect(await block.printed()).not.toBe('');
    else expect(await block.printed()).toBe(expected);
  }
  expect(await page.locator('iframe').count()).toBe(0);
  expect(faults).toEqual([]);
  await page.close();
});
