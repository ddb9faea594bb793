/** All commands of a lab that pages show are played where they stand, in both languages. */

import { expect, test } from 'vitest';
import { faultsOf, openPage, siteUnderTest } from './built-site';
import { writtenPages } from './runnable-block';

const site = siteUnderTest();
const withLabs = writtenPages.filter(({ labs }) => labs.length > 0);
const course = writtenPages.filter(({ path }) => path.includes('/course/'));

test('every page of the course has a lab to watch', () => {
  expect(course.length).toBeGreaterThan(0);
  expect(course.filter(({ labs }) => labs.length === 0).map(({ path }) => path)).toEqual([]);
});

test.each(withLabs)('the labs of /$path do what they say', { timeout: 60_000 }, async ({ path, labs }) => {
  const page = await site.browser.newPage();
  const faults = faultsOf(page, site.url);
  await openPage(page, site.url + path);
  const blocks = await page.locator('[data-lab-code]').all();
  expect(blocks.length).toBe(labs.length);
  for (const [i, lab] of labs.entries()) {
    const block = blocks[i]!;
    await block.locator('> button').click();
    const commands = lab.split('\n').map((line) => line.replace(/\s+#.*$/, '').trim());
    const said = block.locator('section[data-said] > div');
    await expect.poll(() => said.count(), { timeout: 20_000 }).toBe(commands.length);
    expect(await block.locator('[data-failed]').allInnerTexts()).toEqual([]);
    const traces = commands.filter((line) => line.startsWith('podlan trace'));
    expect(await block.getByRole('slider').count()).toBe(Math.min(1, traces.length));
    for (const [at, command] of commands.entries()) {
      if (!command.includes('lab exec') || command.includes(' del ')) continue;
      expect((await said.nth(at).innerText()).length, command).toBeGreaterThan(command.length);
    }
  }
  expect(faults).toEqual([]);
  await page.close();
});

test('what is watched goes on in the playground', async () => {
  const page = await site.browser.newPage();
  await openPage(page, `${site.url}en/docs/course/packet`);
  await page.locator('[data-lab-code] > button').first().click();
  const link = page.locator('[data-lab-code] a[href*="playground#"]');
  await link.waitFor();
  await openPage(page, new URL((await link.getAttribute('href'))!, page.url()).href);
  await page.getByRole('slider').waitFor();
  await page.close();
});

test('nothing of the playground is fetched before somebody asks for it', async () => {
  const page = await site.browser.newPage();
  await openPage(page, `${site.url}en/docs/course/packet`);
  const scripts = new Set<string>();
  page.on('request', (request) => void (request.url().endsWith('.js') && scripts.add(request.url())));
  const text = async (url: string) => (await page.request.get(url)).text();
  const simulated = async () =>
    (await Promise.all([...scripts].map(text))).some((script) => script.includes('WebAssembly.compile('));
  await page.reload({ waitUntil: 'networkidle' });
  expect(scripts.size).toBeGreaterThan(0);
  expect(await simulated()).toBe(false);
  await page.locator('[data-lab-code] > button').first().click();
  await page.getByRole('slider').waitFor();
  await expect.poll(simulated).toBe(true);
  await page.close();
});
