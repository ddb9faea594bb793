/** Scenarios of the playground: beside the drawing, on a phone below it, and each to be mended. */

import type { BrowserContext, Locator, Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultsOf, openPage, seriousFindings, siteUnderTest } from './built-site';

const LANGUAGES = [
  {
    path: 'playground',
    send: '发送',
    scenarios: '故障与修复',
    help: '目标与提示',
    goal: '必须能通：',
    showMe: '演示解法',
    notYet: '还没有修好。',
    mended: '已修复。',
  },
  {
    path: 'en/playground',
    send: 'Send',
    scenarios: 'Break and fix',
    help: 'Goal and hints',
    goal: 'Has to work:',
    showMe: 'Show me',
    notYet: 'Not mended yet.',
    mended: 'Mended.',
  },
] as const;

const site = siteUnderTest();
let context: BrowserContext;
let page: Page;
let faults: string[];

beforeEach(async () => {
  context = await site.browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  faults = faultsOf(page, site.url);
});
afterEach(() => context.close());

const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
const drawing = (): Locator => page.locator('svg[role="group"]');
const scenario = (): Locator => page.getByRole('region', { name: /^(?:Scenario: |场景：)/ });

const open = (path: string): Promise<void> => openPage(page, site.url + path);

/** One from the midst of the list, by keyboard. */
async function play(scenarios: string): Promise<void> {
  await button(scenarios).press('Enter');
  await page.getByRole('region', { name: scenarios }).getByRole('button').nth(5).press('Enter');
  await scenario().waitFor();
}

/** Whole, from top to bottom, without scrolling. */
async function inView(...parts: Locator[]): Promise<boolean> {
  const boxes = await Promise.all(parts.map((part) => part.boundingBox()));
  const { height } = page.viewportSize()!;
  return boxes.every((box) => box !== null && box.y >= 0 && box.y + box.height <= height);
}

const heightOf = async (part: Locator): Promise<number> => (await part.boundingBox())!.height;

describe.each(LANGUAGES)('/$path', (words) => {
  test('a scenario is read beside the drawing, and chosen and folded by keyboard', async () => {
    await open(words.path);
    await play(words.scenarios);
    const title = scenario().getByRole('heading');
    await expect.poll(() => title.evaluate((node) => node === document.activeElement)).toBe(true);
    for (const part of [words.goal, words.notYet]) await page.getByText(part).waitFor();
    await expect.poll(() => inView(drawing(), scenario(), button(words.send))).toBe(true);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText(words.goal).waitFor({ state: 'hidden' });
    expect(await button(words.help).getAttribute('aria-expanded')).toBe('false');
    expect(await seriousFindings(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  test('on a phone it is a strip at the edge, below the drawing, until it is opened', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await open(words.path);
    await play(words.scenarios);
    await page.getByText(words.notYet).waitFor();
    await expect.poll(() => inView(drawing(), scenario())).toBe(true);
    expect(await heightOf(scenario())).toBeLessThan(200);
    await button(words.send).scrollIntoViewIfNeeded();
    expect(await inView(scenario())).toBe(true);
    await button(words.help).click();
    await page.getByText(words.goal).waitFor();
    expect(await heightOf(scenario())).toBeLessThan(844 / 2);
    expect(await seriousFindings(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(faults).toEqual([]);
  });

  test('every scenario is broken, and is mended by what it shows', { timeout: 300_000 }, async () => {
    await open(words.path);
    await button(words.scenarios).click();
    const choices = page.getByRole('region', { name: words.scenarios }).getByRole('button');
    const titles = await choices.allInnerTexts();
    expect(titles.length).toBeGreaterThanOrEqual(12);
    for (const title of titles) {
      if ((await choices.count()) === 0) await button(words.scenarios).click();
      await button(title).click();
      await page.getByText(words.notYet).waitFor();
      await button(words.showMe).click();
      await page.getByText(words.mended).waitFor();
    }
    expect(await seriousFindings(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
});
