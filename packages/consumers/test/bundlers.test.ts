import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUNDLERS } from './bundlers.js';
import { answersOf, launchChromium } from './chromium.js';
import { ANSWERS } from './expected.js';
import { installedProject } from './project.js';

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

test.each(Object.entries(BUNDLERS))('%s: in a page and in its worker', async (_, bundle) => {
  const served = await bundle(await installedProject('browser'));
  try {
    expect(await answersOf(browser, served.url)).toEqual({ page: ANSWERS, worker: ANSWERS });
  } finally {
    await served.close();
  }
});
