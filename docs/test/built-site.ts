/** The built site, and what tests see of a page of it. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromiumOptions } from '@podlan/tooling/chromium';
import { serveSite } from '@podlan/tooling/site-server';
import type { AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';

export const folder = fileURLToPath(new URL('../build', import.meta.url));
export const root = fileURLToPath(new URL('../..', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The path the site was built for, by what its home page asks for. */
export function basePath(): string {
  const home = readFileSync(`${folder}/index.html`, 'utf8');
  return /<script src="?([^ ">]*\/)assets\//.exec(home)![1]!;
}

/** The site, served, and a browser; both there for as long as the tests of a file run. */
export interface SiteUnderTest {
  /** With the base path, and a slash at its end. */
  readonly url: string;
  readonly browser: Browser;
}

export function siteUnderTest(): SiteUnderTest {
  let served: Awaited<ReturnType<typeof serveSite>> | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    served = await serveSite(folder, basePath());
    browser = await chromium.launch(chromiumOptions());
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });
  return {
    get url() {
      return served!.url;
    },
    get browser() {
      return browser!;
    },
  };
}

/** What a page makes of itself, without a way out: frames, workers and modules that code runs in. */
const isOwn = (url: string) => /^(?:data:|blob:null\/|about:srcdoc)/.test(url);

/** What no page may do: errors of the console, answers that are none, requests to other origins. */
export function faultsOf(page: Page, siteUrl: string): string[] {
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(siteUrl) && !isOwn(url)) faults.push(`request to ${url}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
  });
  return faults;
}

/** Waits until the page's scripts have taken it over. */
export async function openPage(page: Page, url: string): Promise<void> {
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForFunction("document.documentElement.dataset.hasHydrated === 'true'");
}

export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message ?? ''}`));
}
