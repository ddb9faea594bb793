import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BUNDLERS, type Bundle, viteBuild, viteDev } from './bundlers.js';
import { answersOf, launchChromium } from './chromium.js';
import { ANSWERS } from './expected.js';
import { installedProject } from './project.js';

let browser: Browser;
let project: string;
beforeAll(async () => {
  [browser, project] = await Promise.all([launchChromium(), installedProject('browser')]);
});
afterAll(() => browser.close());

async function answersOfPage(bundle: Bundle, page: string): Promise<unknown> {
  const served = await bundle(project);
  try {
    return await answersOf(browser, new URL(page, served.url).href);
  } finally {
    await served.close();
  }
}

test.each(Object.entries(BUNDLERS))('%s: in a page and in its worker', async (_, bundle) => {
  expect(await answersOfPage(bundle, '')).toEqual({ page: ANSWERS, worker: ANSWERS });
});

test.each([
  ['vite dev', viteDev],
  ['vite build', viteBuild],
])('%s: with the module from its file', async (_, bundle) => {
  expect(await answersOfPage(bundle, 'own-module.html')).toEqual(ANSWERS);
});
