/** The built site in a browser, served under the path it was built for: every page, both languages, light and dark. */

import { readdirSync } from 'node:fs';
import { LANGUAGES, pagesIn } from '@podlan/tooling/pages';
import type { BrowserContext, Page } from 'playwright-core';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { basePath, faultsOf, folder, openPage, root, seriousFindings, siteUnderTest } from './built-site';

/** What there is to open, by the files of the build: `docs/trace`, `en/docs/trace`, nothing for the home page. */
const everyPage = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.html') && !name.endsWith('404.html'))
  .map((name) => name.replace(/(^|\/)index\.html$/, '$1').replace(/\.html$/, ''))
  .sort();

/** The pages of the API are of one make: a few stand for what would take minutes. */
const ofOneMake = (path: string) => /docs\/(?:\d[\w.-]*\/)?api\/(?!linux-testing|fabric-sqlite)/.test(path);

const site = siteUnderTest();
let context: BrowserContext;
let page: Page;
let faults: string[];

beforeAll(async () => {
  context = await newContext();
});

const newContext = () =>
  site.browser.newContext({
    colorScheme: 'light',
    viewport: { width: 1280, height: 800 },
  });

beforeEach(async () => {
  page = await context.newPage();
  faults = faultsOf(page, site.url);
});
afterEach(() => page.close());

const open = (path: string) => openPage(page, site.url + path);

test('it is built for a path below the root, so that these tests see what breaks there', () => {
  expect(basePath()).toMatch(/^\/.+\/$/);
});

test('every page is there in both languages, and home and search beside them', () => {
  const english = everyPage.filter((path) => path.startsWith('en/')).map((path) => path.slice('en/'.length));
  expect(everyPage.filter((path) => !path.startsWith('en/'))).toEqual(english);
  expect(english).toEqual(expect.arrayContaining(['', 'search']));
  const written = pagesIn(`${root}/${LANGUAGES.en}`);
  expect(written.length).toBeGreaterThan(0);
  expect(english.filter((path) => path.startsWith('docs/')).length).toBeGreaterThanOrEqual(written.length);
});

test.each(everyPage.filter((path) => !(ofOneMake(path) && path.startsWith('en/'))))(
  'page /%s loads whole, asks nobody else, fits a phone and can be read by all',
  async (path) => {
    const english = path.startsWith('en/');
    // The two languages have the same make-up, so one is looked at by light and the other in the dark.
    await page.emulateMedia({ colorScheme: english ? 'dark' : 'light' });
    await open(path);
    expect(await page.getAttribute('html', 'lang')).toBe(english ? 'en' : 'zh-Hans');
    expect(await page.getAttribute('html', 'data-theme')).toBe(english ? 'dark' : 'light');
    expect(await page.locator('h1').count()).toBe(1);
    if (!ofOneMake(path)) expect(await seriousFindings(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(faults).toEqual([]);
  },
);

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

test('what the links in view lead to is fetched ahead once, when the page has nothing else to do', async () => {
  await open('en/docs/start');
  const ahead = () => page.locator('head link[rel="prefetch"]').count();
  await expect.poll(ahead, { timeout: 20_000 }).toBeGreaterThan(5);
  const links = await page
    .locator('head link[rel="prefetch"]')
    .evaluateAll((all) => all.map((link) => (link as HTMLLinkElement).href));
  expect(links).toEqual([...new Set(links)]);
  expect(faults).toEqual([]);
});

test('what searches is fetched when a reader turns to its box, and goes on with what was begun', async () => {
  const scripts: string[] = [];
  page.on('request', (request) => scripts.push(new URL(request.url()).pathname));
  const isSearch = (path: string) => /\/search-bar\.|search-index/.test(path);
  await open('en/docs/start');
  await page.waitForLoadState('networkidle');
  expect(scripts.filter(isSearch)).toEqual([]);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('bridge');
  await page.locator('[role="option"]').first().waitFor();
  expect(await page.locator('.navbar__search-input').inputValue()).toBe('bridge');
  await page.keyboard.press('Enter');
  await page.waitForURL(/_highlight=bridge/);
  await page.locator('article mark').first().waitFor();
  await page.reload();
  await page.locator('article mark').first().waitFor();
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
