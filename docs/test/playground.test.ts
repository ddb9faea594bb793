/** The playground in the built site: used by mouse and by keyboard, in both languages, and as the simulator has it. */

import { gzipSync } from 'node:zlib';
import { SimCluster, type TraceJson, traceJson } from '@podlan/simulator';
import type { BrowserContext, Locator, Page, Response } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultsOf, openPage, seriousFindings, siteUnderTest } from './built-site';
import { hopsShown, shownOf } from './shown-walk';

/** Gzipped, with the simulator and its module. Limits, so that what is added is noticed. */
const MOST_SCRIPT_BYTES = 190_000;
/** Of that, what has to be there before the page answers. */
const MOST_DRAWING_BYTES = 25_000;

const LANGUAGES = [
  {
    path: 'playground',
    send: '发送',
    addHost: '加入一台宿主机',
    undo: '撤销',
    share: '分享',
    step: '下一步',
    answered: '已送达',
    notArrived: '没有送达',
    cut: '切断网线',
    resolution: '逐帧显示 ARP 与 ND',
    link: '指向当前状态的链接',
    badLink: '无法打开这个链接',
    command: '在 host-a 上执行的命令',
  },
  {
    path: 'en/playground',
    send: 'Send',
    addHost: 'Add a host',
    undo: 'Undo',
    share: 'Share',
    step: 'Step',
    answered: 'It arrived',
    notArrived: 'It did not arrive',
    cut: 'Cut the cable',
    resolution: 'ARP and ND, frame by frame',
    link: 'Link to this state',
    badLink: 'could not be opened',
    command: 'Command on host-a',
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

async function open(path: string): Promise<void> {
  await openPage(page, site.url + path);
  await place('host-b').waitFor();
}

const place = (name: string): Locator => page.locator(`svg [data-place="${name}"]`);
const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
const outcome = (text: string): Locator => page.getByText(text).first();

/** What it looks like that the simulator does, done here. */
async function traceHere(isCut = false): Promise<TraceJson> {
  const config = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
  const cluster = new SimCluster({ config, dataplane: 'wasm' });
  for (let i = 0; i < 2; i++) {
    await cluster.join();
    await cluster.clock.advance(1_000);
  }
  for (const host of cluster.hosts) await host.addPod();
  if (isCut) cluster.cut('host-b');
  const [, to] = cluster.pods;
  const trace = traceJson(cluster.probe('pod-a1', { destination: to!.addresses[0]!, protocol: 'icmp' }));
  await cluster.stop();
  return trace;
}

describe.each(LANGUAGES)('/$path', (words) => {
  test('a packet is sent, followed and undone by mouse', async () => {
    await open(words.path);
    await button(words.addHost).click();
    await place('host-c').waitFor();
    await button(words.send).click();
    await outcome(words.answered).waitFor();
    await button(words.step).click();
    await expect.poll(() => page.locator('[data-decided="true"]').count()).toBe(1);
    expect(await page.locator('svg [data-state="at"]').count()).toBeLessThanOrEqual(1);
    await button(words.undo).click();
    await button(words.undo).click();
    await expect.poll(() => place('host-c').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('a packet is sent, followed and undone by keyboard alone', { timeout: 120_000 }, async () => {
    await open(words.path);
    // By the link that skips the bar: its search takes the focus when it has loaded.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await tabTo(button(words.addHost));
    await page.keyboard.press('Enter');
    await place('host-c').waitFor();
    await tabTo(place('host-b'));
    await page.keyboard.press('Enter');
    expect(await place('host-b').getAttribute('aria-pressed')).toBe('true');
    await tabTo(button(words.send));
    await page.keyboard.press('Enter');
    await outcome(words.answered).waitFor();
    await tabTo(button(words.step));
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    await expect.poll(() => place('host-a').getAttribute('aria-pressed')).toBe('true');
    await tabTo(button(words.undo), 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await expect.poll(() => place('host-c').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test('the walk has the hops and the bytes of the simulator', { timeout: 120_000 }, async () => {
    await open(words.path);
    await button(words.send).click();
    await outcome(words.answered).waitFor();
    await page.getByLabel(words.resolution).check();
    const { hops } = await traceHere();
    expect(await hopsShown(page, words.step)).toEqual(hops.map(shownOf));
    expect(faults).toEqual([]);
  });

  test('a cable that is cut loses the packet', async () => {
    await open(words.path);
    await place('host-b').press('Enter');
    await button(words.cut).click();
    await button(words.send).click();
    await outcome(words.notArrived).waitFor();
    const { lost } = await traceHere(true);
    expect(await page.getByText(lost!.reason, { exact: true }).count()).toBeGreaterThan(0);
    expect(faults).toEqual([]);
  });

  test('commands change rows, come back by the arrow keys, and are written for a row', async () => {
    await open(words.path);
    const prompt = page.getByLabel(words.command);
    await prompt.fill('ip route del default');
    await prompt.press('Enter');
    const gone = page.locator('[data-change="removed"] code');
    await expect.poll(() => gone.allInnerTexts()).toEqual([expect.stringMatching(/^default via /)]);
    await prompt.press('ArrowUp');
    expect(await prompt.inputValue()).toBe('ip route del default');
    await page.locator('[data-key^="route 10.244.2.0/24"] button').click();
    expect(await prompt.inputValue()).toMatch(/^ip route del 10\.244\.2\.0\/24 /);
    await prompt.fill('ls');
    await prompt.press('Enter');
    await page.getByRole('log').getByText('known here').waitFor();
    expect(faults).toEqual([]);
  });

  test('a link gives what was shown to somebody else', async () => {
    await open(words.path);
    await button(words.addHost).click();
    await place('host-c').waitFor();
    await button(words.send).click();
    await outcome(words.answered).waitFor();
    for (let i = 0; i < 6; i++) await button(words.step).click();
    const shown = await whatIsShown();
    await button(words.share).click();
    const link = await page.getByLabel(words.link).inputValue();
    expect(link.startsWith(`${site.url}${words.path}#`)).toBe(true);
    await page.close();
    page = await context.newPage();
    faults = faultsOf(page, site.url);
    await page.goto(link);
    await place('host-c').waitFor();
    expect(await whatIsShown()).toEqual(shown);
    expect(faults).toEqual([]);
  });

  test('a link that is none is said to be none, and there is a cluster all the same', async () => {
    await open(`${words.path}#AAAA`);
    await expect
      .poll(() => page.getByRole('alert').allInnerTexts())
      .toEqual([expect.stringContaining(words.badLink)]);
    expect(await place('pod-b1').count()).toBe(1);
  });

  test.each(['light', 'dark'] as const)('with a walk open it can be read by all, %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await open(words.path);
    await button(words.addHost).click();
    await place('host-c').waitFor();
    await button(words.send).click();
    await outcome(words.answered).waitFor();
    for (let i = 0; i < 12; i++) await button(words.step).click();
    expect(await seriousFindings(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  test('on a phone nothing but its own boxes scrolls sideways', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open(words.path);
    await button(words.addHost).click();
    await place('host-c').waitFor();
    await button(words.send).click();
    await outcome(words.answered).waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    expect(faults).toEqual([]);
  });
});

test.each(LANGUAGES)(
  '/$path has its first picture without a script, and shows the same with one',
  async ({ path, addHost }) => {
    const bare = await site.browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 1280, height: 800 },
    });
    const still = await bare.newPage();
    await still.goto(site.url + path);
    // The line that says what scripts are for takes room here alone.
    await still.locator('main noscript').evaluate((line) => line.remove());
    const drawn = await still.locator('main svg').first().boundingBox();
    expect(await still.getByRole('button', { name: addHost, includeHidden: true }).count()).toBe(1);
    const rows = await still.locator('[data-key] code').allInnerTexts();
    await bare.close();
    await open(path);
    expect(await page.locator('main svg').first().boundingBox()).toEqual(drawn);
    expect(await page.locator('[data-key] code').allInnerTexts()).toEqual(rows);
    expect(rows.length).toBeGreaterThan(5);
  },
);

test('before the simulator answers, places are looked into, and what is pressed waits', async () => {
  await page.addInitScript(`globalThis.Worker = class extends Worker {
    postMessage(message) { setTimeout(() => super.postMessage(message), 1500); }
  }`);
  await open('en/playground');
  await place('host-b').click();
  expect(await place('host-b').getAttribute('aria-pressed')).toBe('true');
  await button('Add a host').click();
  expect(await button('Add a host').getAttribute('aria-disabled')).toBe('true');
  expect(await place('host-c').count()).toBe(0);
  await place('host-c').waitFor();
  expect(faults).toEqual([]);
});

test('a simulator that can not be fetched is told, and what is shown stays', async () => {
  await page.addInitScript(`globalThis.Worker = class extends Worker {
    constructor() { super(URL.createObjectURL(new Blob(['throw new Error("gone")']))); }
  }`);
  await open('en/playground');
  await page.getByRole('alert').filter({ hasText: 'the simulator does not run' }).waitFor();
  await button('Add a host').click();
  await expect.poll(() => button('Add a host').getAttribute('aria-disabled')).toBe('false');
  await page.goto(`${site.url}en/playground#AAAA`);
  await page.reload();
  await page.getByRole('alert').filter({ hasText: 'the simulator does not run' }).waitFor();
  expect(await page.locator('main svg').count()).toBe(0);
});

test('its script is small, and pages of text ask for none of it', async () => {
  const ofText = await scriptsOf(() => openPage(page, `${site.url}en/docs/trace`));
  const all = await scriptsOf(() => open('en/playground'));
  const own = [...all.keys()].filter((url) => !ofText.has(url));
  expect(own.length).toBeGreaterThan(0);
  const size = own.reduce((sum, url) => sum + all.get(url)!, 0);
  expect(size).toBeLessThan(MOST_SCRIPT_BYTES);
  const drawing = (await ownScripts()).filter((url) => !ofText.has(url));
  const drawingSize = drawing.reduce((sum, url) => sum + (all.get(url) ?? 0), 0);
  expect(drawingSize).toBeGreaterThan(1000);
  expect(drawingSize).toBeLessThan(MOST_DRAWING_BYTES);
  const source = new Set(own.filter((url) => all.get(url)! > 20_000));
  expect([...ofText.keys()].filter((url) => source.has(url))).toEqual([]);
});

/** What the page's own thread runs: neither what a worker does, nor what is fetched ahead. */
const ownScripts = (): Promise<string[]> =>
  page.evaluate(() => {
    const all = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    return all.filter(({ initiatorType }) => initiatorType === 'script').map(({ name }) => name);
  });

/** Gzipped bytes of the scripts that are asked for, by URL. */
async function scriptsOf(act: () => Promise<void>): Promise<Map<string, number>> {
  const answers: Response[] = [];
  const note = (answer: Response) => void answers.push(answer);
  page.on('response', note);
  await act();
  await page.waitForLoadState('networkidle');
  page.off('response', note);
  const scripts = answers.filter(
    (one) => one.request().resourceType() === 'script' || /\.wasm$/.test(one.url()),
  );
  const sizes = await Promise.all(
    scripts.map(async (one) => [one.url(), gzipSync(await one.body()).length] as const),
  );
  return new Map(sizes);
}

/** By tabs alone, as somebody without a mouse does. */
async function tabTo(wanted: Locator, key = 'Tab'): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (await wanted.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`expected ${wanted} to be reached by tabs`);
}

async function whatIsShown(): Promise<unknown> {
  return {
    places: await page
      .locator('svg [data-place]')
      .evaluateAll((nodes) => nodes.map((node) => (node as SVGElement).dataset.place)),
    rows: await page.locator('[data-key] code').allInnerTexts(),
    hop: await page.locator('main [aria-live] h2').innerText(),
    at: await page.locator('svg [data-state="at"]').allInnerTexts(),
  };
}
