/** A simulated cluster, installed as anyone would: the same bytes in Node.js and in a page. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { viteDev } from './bundlers.js';
import { answersOf, launchChromium } from './chromium.js';
import { installedProject, run } from './project.js';

let browser: Browser;
let project: string;
beforeAll(async () => {
  const packages = Object.keys(inject('tarballs'));
  [browser, project] = await Promise.all([launchChromium(), installedProject('cluster', packages)]);
});
afterAll(() => browser.close());

test('a cluster runs in Node.js and in a page, and every frame in it is the same', async () => {
  const { stdout } = await run(process.execPath, ['main.js'], { cwd: project });
  const inNode = JSON.parse(stdout) as { answered: boolean[]; routes: number };
  expect(inNode.answered).toEqual([true, false]);
  expect(inNode.routes).toBeGreaterThan(5);
  const served = await viteDev(project);
  try {
    expect(await answersOf(browser, served.url)).toEqual(inNode);
  } finally {
    await served.close();
  }
});
