/** The prefix table explorer, as readers use it: what it draws is what a RouteTable answers. */

import { RouteTable, walkLookup } from '@podlan/dataplane';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultsOf, openPage, seriousFindings, siteUnderTest } from './built-site';

const site = siteUnderTest();
let page: Page;
let faults: string[];

const WORDS = {
  en: {
    path: 'en/prefixes',
    address: 'Look an address up',
    prefixes: /Prefixes, one a line/,
    generated: 'Generated',
    load: /^Load/,
    cancel: 'Cancel',
    measure: 'Measure lookups',
    walk: 'The lookup, step by step',
    play: 'Play',
    shape: 'What the table is made of',
  },
  'zh-Hans': {
    path: 'prefixes',
    address: '查一个地址',
    prefixes: /每行一个前缀/,
    generated: '自动生成',
    load: /^装入/,
    cancel: '取消',
    measure: '测量查找速度',
    walk: '逐步查找',
    play: '播放',
    shape: '这张表由什么组成',
  },
} as const;
type Language = keyof typeof WORDS;

async function open(language: Language): Promise<void> {
  await openPage(page, site.url + WORDS[language].path);
  await page.getByRole('textbox', { name: WORDS[language].prefixes }).waitFor();
}

const addressField = (language: Language = 'en') =>
  page.getByRole('textbox', { name: WORDS[language].address });
const stage = (language: Language = 'en') => page.getByRole('region', { name: WORDS[language].walk });
const found = () => page.locator('output').filter({ hasText: /→|No prefix|Expected/ });

beforeEach(async () => {
  page = await site.browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' });
  faults = faultsOf(page, site.url);
});
afterEach(async () => {
  await page.close();
  expect(faults).toEqual([]);
});

/** Loads a generated table, of a size that takes a moment and no more. */
async function load(size: string, language: Language = 'en', family = 'IPv4'): Promise<void> {
  await page.getByRole('radio', { name: WORDS[language].generated }).check();
  await page.getByRole('radio', { name: family }).check();
  await page.getByRole('combobox').selectOption(size);
  await page.getByRole('button', { name: WORDS[language].load }).click();
}

const ENTRIES = [
  ['0.0.0.0/0', 'out'],
  ['10.244.0.0/16', 'cluster'],
  ['10.244.2.0/24', 'host B'],
  ['10.244.2.7/32', 'pod'],
  ['fd00:244::/48', 'six'],
  ['fd00:244:0:2::7/128', 'pod six'],
] as const;

const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));

test.each(['10.244.2.7', '10.244.2.8', '10.245.0.1', '192.0.2.1', 'fd00:244:0:2::7', 'fd00:244::1'])(
  'for %s it shows the answer and every byte that RouteTable and walkLookup give',
  async (address) => {
    const routes = await RouteTable.from<string>(ENTRIES);
    const { prefix, value } = routes.lookup(address)!;
    const { steps } = walkLookup(routes, address);
    await open('en');
    await page
      .getByRole('textbox', { name: WORDS.en.prefixes })
      .fill(ENTRIES.map((entry) => entry.join(' ')).join('\n'));
    await addressField().fill(address);
    await expect.poll(() => found().textContent()).toBe(`→ ${value} by ${prefix}`);
    const covering = await page.locator('ol > li > button[aria-pressed] code').allTextContents();
    expect(covering).toEqual(routes.lookupAll(address).map((match) => match.prefix));

    const reads = steps.flatMap((step) => step.reads);
    for (const [at, { bytes }] of reads.entries()) {
      const shown = await stage().locator('article dd').first().locator('span').allTextContents();
      expect(shown.length).toBe(bytes.length);
      // Where nodes lie depends on what the table had held before; what decides does not.
      if (bytes.length === 8 || at === reads.length - 1) expect(shown).toEqual(hexOf(bytes));
      await stage().getByRole('button', { name: 'Step', exact: true }).click();
    }
    expect(await stage().locator('article').textContent()).toContain(value);
  },
);

test('lines that cannot be read say what was expected, and lead to themselves', async () => {
  await open('en');
  const prefixes = page.getByRole('textbox', { name: WORDS.en.prefixes });
  await prefixes.fill('10.0.0.0/8 a\n10.244/16 b\n10.0.0.0/33 c\n10.1.2.3/24 d');
  await expect
    .poll(() => page.locator('ul > li:has(button)').allTextContents())
    .toEqual([
      'Line 2 expected a prefix, as 10.244.2.0/24 or fd00:244::/48; got 10.244/16',
      'Line 3 expected a prefix length from 0 to 32; got 33',
      'Line 4 bits beyond the length are left off: taken as 10.1.2.0/24',
    ]);
  expect(await prefixes.getAttribute('aria-invalid')).toBe('true');
  await page.getByRole('button', { name: 'Line 3' }).click();
  expect(
    await prefixes.evaluate((area: HTMLTextAreaElement) =>
      area.value.slice(area.selectionStart, area.selectionEnd),
    ),
  ).toBe('10.0.0.0/33 c');
  await addressField().fill('10.1.2');
  expect(await found().textContent()).toBe(
    'Expected an IPv4 or IPv6 address, as 10.244.2.7 or fd00:244:0:2::7; got 10.1.2',
  );
  expect(await stage().count()).toBe(0);
});

test('the keyboard alone fills the table, looks an address up, and steps and plays to the answer', async () => {
  await open('en');
  const tabTo = async (reached: () => Promise<boolean>) => {
    for (let presses = 0; !(await reached()); presses++) {
      if (presses > 60) throw new Error('sixty presses of Tab lead past it');
      await page.keyboard.press('Tab');
    }
  };
  const isOn = (selector: string) => async () =>
    page.evaluate((wanted) => document.activeElement?.matches(wanted) ?? false, selector);
  // From where the page's own begins: the bar above it fetches its search when it is passed, and takes the focus.
  await page.getByRole('radio', { name: 'Your own' }).focus();
  await tabTo(isOn('textarea'));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('10.0.0.0/8 ten\n10.9.0.0/20 nine');
  await tabTo(isOn('input:not([type])'));
  await page.keyboard.press('Control+a');
  await page.keyboard.type('10.9.1.1');
  await expect.poll(() => found().textContent()).toBe('→ nine by 10.9.0.0/20');
  await tabTo(isOn('ol button[aria-current]'));
  const title = () => stage().locator('h3').textContent();
  expect(await title()).toBe('Direct table');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  expect(await title()).toMatch(/the run$/);
  await page.keyboard.press('ArrowLeft');
  expect(await title()).toMatch(/the bitmap$/);
  await stage().getByRole('button', { name: WORDS.en.play }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(title, { timeout: 10_000 }).toBe('Answer');
  await page.locator('ol button[aria-pressed="false"]').focus();
  await page.keyboard.press('Enter');
  expect(await page.getByRole('img', { name: /in binary/ }).getAttribute('aria-label')).toContain(
    '10.0.0.0/8',
  );
});

describe.each(['en', 'zh-Hans'] as const)('%s', (language) => {
  test.each(['light', 'dark'] as const)(
    'can be read by all, in the %s, and fits a phone',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      await open(language);
      await addressField(language).fill('fd00:244:0:2::7');
      await stage(language).waitFor();
      for (const _ of [0, 1, 2]) {
        expect(await seriousFindings(page)).toEqual([]);
        await stage(language).locator('button[aria-current]').press('ArrowRight');
      }
      await page.getByText(WORDS[language].shape).click();
      await page.getByRole('textbox', { name: WORDS[language].prefixes }).fill('10/8\n10.1.1.1/8\n');
      expect(await seriousFindings(page)).toEqual([]);
      await load('10000', language);
      await stage(language).waitFor();
      await page.getByRole('button', { name: WORDS[language].measure }).click();
      await page.locator('tbody th').filter({ hasText: 'JavaScript Map' }).waitFor({ timeout: 60_000 });
      expect(await seriousFindings(page)).toEqual([]);
      await page.setViewportSize({ width: 390, height: 844 });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
      await page.getByRole('radio').first().check();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    },
    120_000,
  );
});

/** The longest time between two frames, while something else is under way. */
const watchFrames = () =>
  page.evaluate(() => {
    const watch = { longest: 0, last: performance.now() };
    const frame = () => {
      const now = performance.now();
      watch.longest = Math.max(watch.longest, now - watch.last);
      watch.last = now;
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    (globalThis as unknown as { frames: typeof watch }).frames = watch;
  });
const longestFrame = () =>
  page.evaluate(() => (globalThis as unknown as { frames: { longest: number } }).frames.longest);

test('a million prefixes are loaded while the page stays at hand, and are looked up', async () => {
  await open('en');
  await watchFrames();
  await load('1000000');
  await page.getByRole('progressbar').waitFor();
  await page.getByRole('status').filter({ hasText: '1,000,000 prefixes' }).waitFor({ timeout: 120_000 });
  expect(await longestFrame()).toBeLessThan(2000);
  const [, value, prefix] = /^→ (next hop \d+) by (\S+)$/.exec((await found().textContent())!)!;
  await stage().getByRole('button', { name: 'To the end' }).click();
  const answer = await stage().locator('article').textContent();
  expect(answer).toContain(value);
  expect(answer).toContain(prefix);
  await page.getByText(WORDS.en.shape).click();
  expect(await page.getByRole('rowheader', { name: /Nodes of IPv4 at bit 18/ }).count()).toBe(1);
}, 180_000);

test('loading is cancelled at once, by the keyboard too, and begins anew', async () => {
  await open('en');
  await load('1000000');
  await page.getByRole('progressbar').waitFor();
  await page.getByRole('button', { name: WORDS.en.cancel }).press('Enter');
  await page.getByRole('status').filter({ hasText: 'Cancelled' }).waitFor();
  // Chromium gives a worker that is at work two seconds before it ends it by force.
  await expect.poll(() => page.workers().length, { timeout: 10_000 }).toBe(0);
  await load('10000', 'en', 'IPv6');
  await page.getByRole('status').filter({ hasText: '10,000 prefixes' }).waitFor();
  await expect.poll(() => found().textContent()).toMatch(/^→ next hop \d+ by [0-9a-f]+:.*\/\d+$/);
});

test('the seed makes the table: the same one the same, and what is no seed is refused', async () => {
  await open('en');
  const samples = async () => {
    await page.getByRole('status').filter({ hasText: '10,000 prefixes' }).waitFor();
    // What covers the address is looked up after the addresses are there.
    const region = page.getByRole('region', { name: WORDS.en.address });
    await region.locator('button[aria-pressed]', { hasText: 'longest' }).waitFor();
    return region.locator('button[aria-pressed]').allTextContents();
  };
  await load('10000');
  const first = await samples();
  const seed = page.getByRole('textbox', { name: 'Seed' });
  await seed.fill('2');
  await seed.press('Enter');
  await expect.poll(samples).not.toEqual(first);
  await seed.fill('1');
  await seed.press('Enter');
  await expect.poll(samples).toEqual(first);
  await seed.fill('-1');
  await seed.press('Enter');
  expect(await page.getByText('Expected a whole number from 0').count()).toBe(1);
});

test('rates are those of this run: a median between the least and the most, and none before they are asked for', async () => {
  await open('en');
  await load('10000');
  const measure = page.getByRole('button', { name: WORDS.en.measure });
  await measure.waitFor();
  expect(await page.getByRole('rowheader', { name: 'RouteTable' }).count()).toBe(0);
  await measure.click();
  const row = page.getByRole('row', { name: /RouteTable, in batches/ });
  await row.waitFor({ timeout: 60_000 });
  const [median, least, most] = ((await row.textContent()) ?? '').match(/\d+\.\d+(?=[ –]|$)/g)!.map(Number);
  expect(median).toBeGreaterThanOrEqual(least!);
  expect(median).toBeLessThanOrEqual(most!);
  expect(await page.getByRole('heading', { name: 'this browser, this run' }).count()).toBe(1);
}, 90_000);

test('nothing of it is fetched by other pages', async () => {
  const scripts = async (path: string) => {
    const asked: string[] = [];
    const listen = (request: { url(): string }) => asked.push(request.url());
    page.on('request', listen);
    await openPage(page, site.url + path);
    page.off('request', listen);
    return asked.filter((url) => url.endsWith('.js'));
  };
  await open('en');
  const own = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map(({ name }) => name)
      .filter((name) => name.endsWith('.js')),
  );
  const others = [...(await scripts('en/')), ...(await scripts('en/docs/packages'))];
  // What frames the page is fetched ahead, since the bar leads to it.
  expect(own.filter((url) => !others.includes(url))).not.toEqual([]);
  const holding = async (url: string) =>
    /AGFzbQ|Prefixes, one a line/.test(await (await page.request.get(url)).text());
  const held = await Promise.all(others.map(holding));
  expect(others.filter((_, at) => held[at])).toEqual([]);
  expect(await Promise.all(own.map(holding))).toContain(true);
});
