/** The built site in a browser, served under the path it was built for: every page, both languages, light and dark. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromiumOptions } from '@podlan/tooling/chromium';
import { LANGUAGES, pagesIn } from '@podlan/tooling/pages';
import type { AxeResults } from 'axe-core';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ServedSite, serveSite } from './site-server';

const folder = fileURLToPath(new URL('../build', import.meta.url));
const root = fileURLToPath(new URL('../..', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The path the site was built for, by what its home page asks for. */
function basePath(): string {
  const home = readFileSync(`${folder}/index.html`, 'utf8');
  return /<script src="?([^ ">]*\/)assets\//.exec(home)![1]!;
}

const docs = pagesIn(`${root}/${LANGUAGES['zh-Hans']}`).map(
  (name) => `docs/${name.replace(/(\/index)?\.mdx?$/, '')}`,
);
const paths = ['', ...docs, 'search'];
const everyPage = [...paths, ...paths.map((path) => `en/${path}`)];

let site: ServedSite;
let browser: Browser;
let context: BrowserContext;
let page: Page;
/** What no page may do: errors of the console, answers that are none, requests to other origins. */
let faults: string[];

beforeAll(async () => {
  site = await serveSite(folder, basePath());
  browser = await chromium.launch(chromiumOptions());
  context = await newContext();
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

const newContext = () =>
  browser.newContext({
    colorScheme: 'light',
    // Or colours would be measured half-way from light to dark.
    reducedMotion: 'reduce',
    viewport: { width: 1280, height: 800 },
  });

beforeEach(async () => {
  faults = [];
  page = await context.newPage();
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(site.url) && !url.startsWith('data:')) faults.push(`request to ${url}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) faults.push(`${response.status()} ${response.url()}`);
  });
});
afterEach(() => page.close());

async function open(path: string): Promise<void> {
  await page.goto(site.url + path, { waitUntil: 'load' });
  await page.waitForFunction("document.documentElement.dataset.hasHydrated === 'true'");
}

const seriousFindings = async (rules?: string[]): Promise<string[]> => {
  await page.evaluate(axe);
  const options = JSON.stringify(rules ? { runOnly: rules } : {});
  const { violations } = (await page.evaluate(`axe.run(${options})`)) as AxeResults;
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map(({ html, any }) => `${id}: ${html} ${any[0]?.message ?? ''}`));
};

test('it is built for a path below the root, so that these tests see what breaks there', () => {
  expect(basePath()).toMatch(/^\/.+\/$/);
});

describe.each(everyPage)('page /%s', (path) => {
  test('loads whole and by itself, in its language, can be read by everyone, in the dark and on a phone', async () => {
    await open(path);
    expect(await page.getAttribute('html', 'lang')).toBe(path.startsWith('en/') ? 'en' : 'zh-Hans');
    expect(await page.locator('h1').count()).toBe(1);
    expect(await seriousFindings()).toEqual([]);
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction("document.documentElement.dataset.theme === 'dark'");
    expect(await seriousFindings(['color-contrast', 'link-in-text-block'])).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(faults).toEqual([]);
  });
});

test.each([
  ['', '网桥', /网桥/],
  ['', '解封装', /解封装/],
  ['en/', 'bridge', /bridge/i],
  ['', 'bridge', /bridge/i],
])('on /%s the search for %s finds a page', async (path, words, found) => {
  await open(path);
  await page.locator('.navbar__search-input').click();
  await page.locator('.navbar__search-input').pressSequentially(words);
  const suggestion = page.locator('[role="option"]').first();
  await suggestion.waitFor();
  await suggestion.click();
  await page.waitForURL(/\/docs\//);
  await expect.poll(() => page.locator('main article').innerText()).toMatch(found);
  expect(faults).toEqual([]);
});

test.each([
  ['docs/trace', '简体中文', 'English', 'en/docs/trace', 'en'],
  ['en/docs/flannel', 'English', '简体中文', 'docs/flannel', 'zh-Hans'],
])('the language switch of /%s leads to the same page', async (from, current, wanted, to, lang) => {
  await open(from);
  await page.getByRole('button', { name: current }).hover();
  await page.getByRole('link', { name: wanted, exact: true }).click();
  await page.waitForURL(site.url + to);
  expect(await page.getAttribute('html', 'lang')).toBe(lang);
});

test('the colour mode follows the system until it is chosen, and the choice stays', async () => {
  const own = await newContext();
  await page.close();
  page = await own.newPage();
  await open('');
  const mode = () => page.getAttribute('html', 'data-theme');
  const toggle = page.locator('.navbar button[class*="toggleButton"]').first();
  expect(await mode()).toBe('light');
  for (let clicks = 0; clicks < 3 && (await mode()) !== 'dark'; clicks++) await toggle.click();
  expect(await mode()).toBe('dark');
  await open('docs/start');
  expect(await mode()).toBe('dark');
  await own.close();
});

test('a diagram is drawn', async () => {
  await open('docs/start');
  await page.locator('.docusaurus-mermaid-container svg').waitFor();
  expect(await page.locator('.docusaurus-mermaid-container svg').innerHTML()).toContain('解封装');
  expect(faults).toEqual([]);
});

test('in a drawing of text a Chinese character is as wide as two Latin ones', async () => {
  await open('docs/architecture');
  const cell = page.locator('.language-text .full-width').first();
  const { width, font } = await cell.evaluate((node) => ({
    width: node.getBoundingClientRect().width,
    font: getComputedStyle(node).font,
  }));
  const column = await page.evaluate(
    ([used]) => {
      const canvas = document.createElement('canvas').getContext('2d')!;
      canvas.font = used!;
      return canvas.measureText('0').width;
    },
    [font],
  );
  expect(width).toBeCloseTo(2 * column, 0);
});
