/** What code in a page can't do, and what the page costs those who run nothing. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Page, Response } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openPage, siteUnderTest } from './built-site';
import { RunnableBlock } from './runnable-block';

const PAGE = 'en/docs/course/bridge-and-veth';
const IMPORT = "import '@podlan/wire';\n";

const site = siteUnderTest();
/** Another origin, which lets itself be asked by anybody. */
let elsewhere: Server;
let elsewhereUrl: string;
let asked: string[];
let page: Page;
let block: RunnableBlock;

beforeAll(async () => {
  elsewhere = createServer((request, response) => {
    asked.push(request.url!);
    response.writeHead(200, { 'access-control-allow-origin': '*', 'content-type': 'text/javascript' });
    response.end('export default 1;');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  elsewhereUrl = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
});
afterAll(() => void elsewhere?.close());

beforeEach(async () => {
  asked = [];
  page = await site.browser.newPage();
  await openPage(page, site.url + PAGE);
  block = new RunnableBlock(page.locator('[data-runnable]').first());
});
afterEach(() => page.close());

/** Ways out of a worker, as expressions; what is promised is kept where there is a way. */
const waysOut = (site: string, there: string) => [
  `typeof document`,
  `typeof parent`,
  `typeof localStorage`,
  `(async () => fetch('${there}fetch', { mode: 'no-cors' }))()`,
  `(async () => fetch('${site}'))()`,
  `(async () => import('${there}' + 'module.js'))()`,
  `(async () => importScripts('${there}script.js'))()`,
  `new Promise((tell, fail) => { const s = new WebSocket('${there.replace('http', 'ws')}'); s.onopen = tell; s.onerror = fail; })`,
  `new Promise((tell, fail) => { const r = new XMLHttpRequest(); r.onload = tell; r.onerror = fail; r.open('GET', '${there}xhr'); r.send(); })`,
  `new Promise((tell, fail) => { const e = new EventSource('${there}events'); e.onopen = tell; e.onerror = fail; })`,
  `new Promise((tell, fail) => { const w = new Worker('${there}worker.js'); w.onmessage = tell; w.onerror = fail; })`,
  `new Promise((tell, fail) => { const r = indexedDB.open('own'); r.onsuccess = tell; r.onerror = fail; })`,
  `(async () => caches.open('own'))()`,
  `(async () => navigator.storage.getDirectory())()`,
  `(async () => (0, eval)('1'))()`,
];

test('code reaches neither the page nor anybody else', async () => {
  const ways = waysOut(site.url, elsewhereUrl);
  const tries = ways.map(
    (way, index) =>
      `console.log(${index}, await Promise.resolve().then(() => ${way}).catch(() => 'refused'));`,
  );
  expect(await block.runCode(`${IMPORT}${tries.join('\n')}`)).toBe('done');
  const answers = ways.map((way, index) => `${index} ${way.startsWith('typeof') ? 'undefined' : 'refused'}`);
  expect((await block.printed()).split('\n')).toEqual(answers);
  expect(asked).toEqual([]);
  // Whereas the page would be answered.
  await page.evaluate(`fetch('${elsewhereUrl}page')`);
  expect(asked).toEqual(['/page']);
});

test('nor does the frame that it runs in', async () => {
  await page.evaluate("localStorage.setItem('secret', '1'); document.cookie = 'secret=1'");
  await block.editButton.click();
  await block.field.fill(`${IMPORT}for (;;);`);
  await block.runButton.click();
  await expect.poll(() => block.status()).toBe('running');
  expect(await page.locator('iframe').getAttribute('sandbox')).toBe('allow-scripts');
  const frame = page.frames().find((one) => one !== page.mainFrame())!;
  const tries = [
    'parent.document.title',
    'localStorage.length',
    'document.cookie',
    `fetch('${elsewhereUrl}')`,
  ];
  for (const one of tries)
    expect(await frame.evaluate(`(async () => ${one})().then(() => 'done', ({ name }) => name)`)).toMatch(
      /Error$/,
    );
  expect(asked).toEqual([]);
});

test('what code says in the worker’s place is no more than text', async () => {
  const code = [
    "postMessage({ kind: 'printed', stream: 'out', text: '<b id=injected>bold</b>' });",
    "postMessage({ kind: 'printed', stream: 'error', text: { toString: 1 } });",
    "postMessage({ kind: 'printed', stream: 'other', text: 'never' });",
    "postMessage('done'); postMessage(null); postMessage({ kind: 'location', text: 'about:blank' });",
  ].join('\n');
  expect(await block.runCode(IMPORT + code)).toBe('done');
  expect(await block.printed()).toBe('<b id=injected>bold</b>');
  expect(await page.locator('#injected').count()).toBe(0);
});

/** Scripts of a page of text, gzipped: Preact, the site's frame, the page. A limit, so that what is added is noticed. */
const MOST_SCRIPT_BYTES = 110_000;

test('a page on which nothing is run has nothing of what runs code', async () => {
  const reader = await site.browser.newPage();
  const responses: Response[] = [];
  reader.on('response', (response) => responses.push(response));
  await openPage(reader, site.url + PAGE);
  await reader.waitForLoadState('networkidle');
  const scripts = responses.filter((response) => response.request().resourceType() === 'script');
  const texts = await Promise.all(scripts.map((response) => response.text()));
  // The beginning of a WebAssembly module in base64, the runner's global, the frame's policy; React's renderer, Prism, the search.
  const others = /AGFzb|podlanValue|wasm-unsafe-eval|onRecoverableError:|\.tokenize\(|lunr\.version/;
  expect(texts.flatMap((text) => text.match(others) ?? [])).toEqual([]);
  expect(responses.map((response) => response.url()).filter((url) => /wasm|runnable/.test(url))).toEqual([]);
  const bytes = texts.reduce((sum, text) => sum + gzipSync(text).length, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(MOST_SCRIPT_BYTES);

  expect(await new RunnableBlock(reader.locator('[data-runnable]').first()).run()).toBe('done');
  const fetched = responses.map((response) => response.url()).filter((url) => /wasm|runnable/.test(url));
  expect(fetched).toEqual([expect.stringContaining('/runnable-session.')]);
  await reader.close();
});
