/** What runs code in a page, as readers meet it: output, errors, limits, the keyboard. */

import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPage, seriousFindings, siteUnderTest } from './built-site';
import { RunnableBlock } from './runnable-block';

const PAGE = 'en/docs/course/bridge-and-veth';

const site = siteUnderTest();
let page: Page;
let block: RunnableBlock;

beforeEach(async () => {
  page = await site.browser.newPage();
  await openPage(page, site.url + PAGE);
  block = new RunnableBlock(page.locator('[data-runnable]').first());
});
afterEach(() => page.close());

const IMPORT = "import { parseMacAddress } from '@podlan/wire';\n";

test('values are printed as Node.js prints them', async () => {
  const code = [
    "console.log('%s has %d bytes', 'a frame', 98, { more: [1, 2n, null, undefined] }, -0);",
    'console.log(new Uint8Array([1, 2, 254]), new Map([["a", { b: { c: { d: 1 } } }]]), new Set([1]));',
    'console.log([..."ab"], { s: "it\'s", f() {}, n: null, x: Symbol("x") }, /a/g, new Date(0), true);',
    'class Lease { #own = 1; subnet = "10.244.1.0/24"; get size() { return 1; } }',
    'console.log(new Lease(), [new Lease()], Array.from({ length: 120 }, (_, i) => i), [, 1]);',
    'console.group("group"); console.info("line\\nline"); console.groupEnd(); console.log();',
    'const ring = { name: "ring" }; ring.self = ring; console.log(ring, Object.create(null));',
    'console.count(); console.count("label"); console.count(); console.dir({ a: { b: { c: {} } } }, { depth: 0 });',
    'console.log(new Promise(() => {}), new WeakMap(), new DataView(new ArrayBuffer(2)).byteLength, NaN, -1n);',
  ].join('\n');
  expect(await block.runCode(IMPORT + code)).toBe('done');
  const node = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  expect(await block.printed()).toBe(node.replace(/\n$/, ''));
});

test('values of the last statement, and of those that promise one, are shown', async () => {
  const code =
    "parseMacAddress('02:00:00:00:00:01'); // => '02:00:00:00:00:01'\nparseMacAddress('nothing');\n[1, 2].map((one) => one * 2)";
  expect(await block.runCode(IMPORT + code)).toBe('done');
  expect(await block.group.locator('[data-stream="value"]').allTextContents()).toEqual([
    "'02:00:00:00:00:01'\n",
    '[ 2, 4 ]\n',
  ]);
});

test('classes are the same by whichever name they are imported', async () => {
  const code = [
    "import { SimNetwork } from '@podlan/simulator';",
    "import * as simulator from '@podlan/simulator';",
    "const { rowText } = await import('@podlan/linux/model');",
    "import { parseSnapshot } from '@podlan/simulator/snapshot';",
    'console.log(new simulator.SimNetwork() instanceof SimNetwork, typeof rowText, typeof parseSnapshot);',
  ].join('\n');
  expect(await block.runCode(code)).toBe('done');
  expect(await block.printed()).toBe('true function function');
});

test('a run lasts until what it began has ended', async () => {
  const code = [
    "import { RouteTable } from '@podlan/dataplane';",
    "RouteTable.create().then(() => console.log('compiled'));",
    "setTimeout(() => setTimeout((word) => console.log(word), 20, 'timeout'), 100);",
    "const interval = setInterval(() => { console.log('interval'); clearInterval(interval); }, 60);",
    "clearTimeout(setTimeout(() => console.log('never'), 200));",
  ].join('\n');
  expect(await block.runCode(code)).toBe('done');
  expect(await block.printed()).toBe('compiled\ninterval\ntimeout');
});

test.each([
  [
    'an exception',
    `${IMPORT}const nothing = null;\nnothing.mac;`,
    "line 3 TypeError: Cannot read properties of null (reading 'mac')",
  ],
  [
    'an exception in a function',
    `${IMPORT}function f() {\n  throw new RangeError('too far');\n}\nf();`,
    'line 3 RangeError: too far',
  ],
  [
    'an exception with causes',
    `${IMPORT}throw new Error('no lease', { cause: new Error('no store', { cause: 7 }) });`,
    'line 2 Error: no lease\ncause: Error: no store\ncause: 7',
  ],
  ['what is no error', `${IMPORT}throw { code: 7 };`, 'Uncaught { code: 7 }'],
  [
    'an error of a package',
    `import { RouteTable } from '@podlan/dataplane';\nconst routes = await RouteTable.create();\n\nroutes.insert('10.244.0.0/33', 1);`,
    /^line 4 TypeError: .*10\.244\.0\.0\/33/,
  ],
  [
    'an exception in a timer',
    `${IMPORT}setTimeout(() => {\n  null.x;\n});\nconst next = 1;`,
    "line 3 TypeError: Cannot read properties of null (reading 'x')",
  ],
  ['a rejection that nobody handles', `${IMPORT}Promise.reject(new Error('no'));`, 'line 2 Error: no'],
  ['code that is no module', `${IMPORT}const = 4;`, 'line 2 SyntaxError: Unexpected token'],
  [
    'an export that is not there',
    "import { parseMax } from '@podlan/wire';",
    "line 1 SyntaxError: '@podlan/wire' has no export named 'parseMax'",
  ],
  [
    'a package that is not there',
    `${IMPORT}import { readFile } from 'node:fs';`,
    /^line 2 SyntaxError: cannot import 'node:fs' here: expected one of @podlan\/wire, /,
  ],
])('%s is told, with its line', async (_what, code, told) => {
  expect(await block.runCode(code)).toBe('failed');
  if (typeof told === 'string') expect(await block.printed()).toBe(told);
  else expect(await block.printed()).toMatch(told);
});

test('an endless loop is stopped by the reader, and the page is alive meanwhile', async () => {
  await block.editButton.click();
  await block.field.fill(`${IMPORT}console.log('round');\nfor (;;);`);
  await block.field.press('Control+Enter');
  await expect.poll(() => block.printed()).toBe('round');
  expect(await block.status()).toBe('running');
  await block.stopButton.click();
  expect(await block.ended()).toBe('stopped');
  expect(await page.locator('iframe').count()).toBe(0);
  expect(await block.runCode(`${IMPORT}console.log('once more')`)).toBe('done');
  expect(await block.printed()).toBe('once more');
});

test('one that nobody stops is stopped after its time', async () => {
  await block.editButton.click();
  await block.field.fill(`${IMPORT}for (;;);`);
  await block.runButton.click();
  expect(await block.ended(25_000)).toBe('timed-out');
  expect(await page.locator('iframe').count()).toBe(0);
});

test('one that prints without end is stopped too', async () => {
  expect(await block.runCode(`${IMPORT}for (let n = 1; ; n++) console.log(n);`)).toBe('too-much');
  expect(await block.printed()).toMatch(/^1\n2\n[\d\n]*\n1000$/);
});

test('the keyboard is enough: it runs, edits, indents, and gets out of the editor', async () => {
  await block.editButton.focus();
  await page.keyboard.press('Enter');
  await block.field.waitFor();
  await expect.poll(() => block.field.evaluate((field) => field === document.activeElement)).toBe(true);
  await block.field.fill('');
  await page.keyboard.type(`${IMPORT}if (parseMacAddress) {`);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.type('const a = 1;');
  await page.keyboard.press('Enter');
  await page.keyboard.type('console.log(a);\n}');
  const typed = `${IMPORT}if (parseMacAddress) {\n  const a = 1;\n  console.log(a);\n  }`;
  expect(await block.field.inputValue()).toBe(typed);
  await page.keyboard.press('Control+Enter');
  expect(await block.ended()).toBe('done');
  expect(await block.printed()).toBe('1');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Tab');
  expect(await block.runButton.evaluate((button) => button === document.activeElement)).toBe(true);
  expect(await block.field.inputValue()).toBe(typed);
  await block.resetButton.press('Enter');
  expect(await block.group.innerText()).toContain("'on link: ask for its MAC by ARP'");
  expect(await block.field.count()).toBe(0);
});

test.each(['light', 'dark'] as const)(
  'it can be read by all, in the %s, and fits a phone',
  async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    expect(
      await block.runCode(
        `${IMPORT}console.error('a warning');\nparseMacAddress('no'); // => undefined\n4; // => 4\nnull.x;`,
      ),
    ).toBe('failed');
    expect(await seriousFindings(page)).toEqual([]);
    expect(await block.group.locator('[aria-live="polite"]').textContent()).toContain('a warning');
    expect(await block.group.getByRole('status').textContent()).toBe('Ended with an error');
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
  },
);

test('the letters of the editor lie over the coloured ones', async () => {
  await block.editButton.click();
  await block.field.waitFor();
  const [field, colours] = await block.group.locator('[class*="layers"] > *').evaluateAll((layers) =>
    layers.reverse().map((layer) => {
      const { font, padding, letterSpacing, whiteSpace, tabSize } = getComputedStyle(layer);
      const { x, y, width, height } = layer.getBoundingClientRect();
      return { font, padding, letterSpacing, whiteSpace, tabSize, x, y, width, height };
    }),
  );
  expect(field).toEqual(colours);
  expect(await block.field.evaluate((node) => node.scrollWidth - node.clientWidth)).toBe(0);
});

test('without JavaScript there is plain code', async () => {
  const plain = await site.browser.newPage({ javaScriptEnabled: false });
  await plain.goto(site.url + PAGE);
  const group = plain.locator('[data-runnable]').first();
  expect(await group.locator('pre').innerText()).toContain("import { RouteTable } from '@podlan/dataplane';");
  expect(await group.getByRole('button', { name: 'Run' }).isVisible()).toBe(false);
  await plain.close();
});
