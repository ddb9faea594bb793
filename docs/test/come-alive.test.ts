/** How a page that was sent comes alive: in its place, and all of it. */

import type { Page, Response } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { faultsOf, openPage, siteUnderTest } from './built-site';

const COURSE = 'docs/course/packet';
/** Of a code block; only what is alive has one. */
const COPY = '.theme-code-block [class*="buttonGroup"] button';

const site = siteUnderTest();
let page: Page;
let faults: string[];

beforeEach(async () => {
  page = await site.browser.newPage({ viewport: { width: 390, height: 844 } });
  faults = faultsOf(page, site.url);
});
afterEach(() => page.close());

test.each([
  ['', 'h1, h2, main p, main pre', 5],
  ['playground', 'h1, main svg, main table, main button, main input', 5],
  [COURSE, 'h1, h2, article p, article pre, article table', 20],
])('all of what was sent for /%s stays where it is', async (path, parts, least) => {
  await page.addInitScript((selectors) => {
    document.addEventListener('DOMContentLoaded', () => {
      const container = document.querySelector('#__docusaurus')!;
      const sent = [...document.querySelectorAll(selectors)];
      Object.assign(window, { sent, moved: [], titleSent: document.title });
      const observer = new MutationObserver((records) => {
        for (const { target, removedNodes } of records)
          (window as never as { moved: Node[] }).moved.push(
            // Those in the head have run, or are written anew.
            ...[...removedNodes].filter(({ nodeName }) => target !== document.head || nodeName !== 'SCRIPT'),
          );
      });
      for (const around of [document.head, container, container.firstElementChild!])
        observer.observe(around, { childList: true });
    });
  }, `.navbar, ${parts}`);
  await openPage(page, site.url + path);
  await page.waitForLoadState('networkidle');
  expect(await page.evaluate('sent.length')).toBeGreaterThan(least);
  expect(await page.evaluate('sent.filter((element) => !element.isConnected).length')).toBe(0);
  expect(await page.evaluate('moved.map((node) => node.outerHTML)')).toEqual([]);
  expect(await page.title()).toBe(await page.evaluate('titleSent'));
  expect(faults).toEqual([]);
});

test('all of the code on a page comes alive', async () => {
  await openPage(page, site.url + COURSE);
  const blocks = await page.locator('.theme-code-block').count();
  expect(blocks).toBeGreaterThan(5);
  await expect
    .poll(() => page.locator('.theme-code-block:has([class*="buttonGroup"] button)').count())
    .toBe(blocks);
  expect(faults).toEqual([]);
});

test('what a page begins with is a handful of scripts, that are compiled while they arrive', async () => {
  const scripts: Response[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script') scripts.push(response);
  });
  await openPage(page, site.url + COURSE);
  await page.waitForLoadState('networkidle');
  expect(scripts.length).toBeGreaterThan(2);
  expect(scripts.length).toBeLessThan(7);
  const texts = await Promise.all(scripts.map((response) => response.text()));
  expect(texts.map((text) => text.split('\n', 1))).toEqual(texts.map(() => ['//# allFunctionsCalledOnLoad']));
});

test('a reader who turns to the page waits for no turn', async () => {
  // The signs of a reader are heard from the first part on; the parts after it would each take a task.
  await page.addInitScript(() => {
    const { postMessage } = MessagePort.prototype;
    MessagePort.prototype.postMessage = function (this: MessagePort, ...message: [unknown]) {
      setTimeout(() => postMessage.apply(this, message), 60_000);
    } as typeof postMessage;
  });
  await page.goto(site.url + COURSE);
  await page.waitForFunction('window.docusaurusRoot');
  expect(await page.locator(COPY).count()).toBe(0);
  await page.keyboard.press('Shift');
  await expect.poll(() => page.locator(COPY).count()).toBeGreaterThan(5);
  expect(faults).toEqual([]);
});

test('the menu of a phone is made when it is opened, and leads to other pages', async () => {
  await openPage(page, site.url + COURSE);
  expect(await page.locator('.navbar-sidebar').count()).toBe(0);
  await page.locator('.navbar__toggle').press('Enter');
  await page.locator('.navbar-sidebar .menu__link', { hasText: '架构' }).click();
  await page.waitForURL(`${site.url}docs/architecture`);
  await page.locator('.navbar-sidebar--show').waitFor({ state: 'detached' });
  await expect.poll(() => page.title()).toMatch(/^架构/);
  expect(faults).toEqual([]);
});
