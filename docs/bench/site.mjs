/**
 * The site as Lighthouse sees it: its four scores and the time until a page can be used, on a simulated phone with a slow
 * network and on a desktop, with what costs most. `ROUNDS` runs each, of which the median counts; 3 unless told.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromiumOptions } from '@podlan/tooling/chromium';
import { installOwnLock } from '@podlan/tooling/own-lock';
import { serveSite } from '@podlan/tooling/site-server';

const TOOLS = fileURLToPath(new URL('lighthouse/', import.meta.url));
const BUILD = fileURLToPath(new URL('../build', import.meta.url));
const ROUNDS = Number(process.env.ROUNDS ?? 3);

const PAGES = {
  'home page': '',
  'course page': 'docs/course/packet',
  playground: 'playground',
};
const CATEGORIES = {
  performance: 'performance',
  accessibility: 'accessibility',
  'best-practices': 'best practices',
  seo: 'SEO',
};
const MOST_CAUSES = 4;

installOwnLock(TOOLS);
const require = createRequire(`${TOOLS}package.json`);
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { default: lighthouse, desktopConfig } = await load('lighthouse');
const { launch } = await load('chrome-launcher');

const basePath = /<script src="?([^ ">]*\/)assets\//.exec(readFileSync(`${BUILD}/index.html`, 'utf8'))[1];
const site = await serveSite(BUILD, basePath);
const { executablePath, args } = chromiumOptions();
const chrome = await launch({ chromePath: executablePath, chromeFlags: ['--headless', ...args] });
try {
  for (const [form, config] of Object.entries({ phone: undefined, desktop: desktopConfig })) {
    for (const [name, path] of Object.entries(PAGES))
      print(`${name}, ${form}`, await medianRun(path, config));
  }
} finally {
  await chrome.kill();
  await site.close();
}

/** The run whose time until interactive is the middle one. */
async function medianRun(path, config) {
  const runs = [];
  for (let i = 0; i < ROUNDS; i++) {
    const { lhr } = await lighthouse(site.url + path, { port: chrome.port, logLevel: 'error' }, config);
    runs.push(lhr);
  }
  runs.sort((a, b) => a.audits.interactive.numericValue - b.audits.interactive.numericValue);
  return runs[Math.floor(runs.length / 2)];
}

function print(title, { categories, audits }) {
  const scores = Object.entries(CATEGORIES).map(
    ([id, name]) => `${name} ${Math.round(categories[id].score * 100)}`,
  );
  const seconds = (id) => (audits[id].numericValue / 1000).toFixed(1);
  console.log(`\n${title}: ${scores.join(', ')}`);
  console.log(
    `  first paint ${seconds('first-contentful-paint')} s, largest ${seconds('largest-contentful-paint')} s,` +
      ` interactive ${seconds('interactive')} s, blocked ${Math.round(audits['total-blocking-time'].numericValue)} ms`,
  );
  for (const line of causes(categories, audits)) console.log(`  - ${line}`);
  console.log(`  main thread: ${shares(audits['mainthread-work-breakdown'], 'groupLabel', 'duration')}`);
  console.log(`  scripts: ${shares(audits['bootup-time'], 'url', 'total')}`);
}

/** What took most of the time that an audit tells of, in milliseconds of the simulated device. */
function shares({ details }, name, time) {
  const items = (details?.items ?? []).toSorted((a, b) => b[time] - a[time]).slice(0, MOST_CAUSES);
  return items
    .map((item) => `${String(item[name]).split('/').pop() || 'the page'} ${Math.round(item[time])} ms`)
    .join(', ');
}

/** Whatever keeps a score from being whole, what weighs most first. */
function causes(categories, audits) {
  const lost = Object.keys(CATEGORIES).flatMap((id) =>
    categories[id].auditRefs.map(({ id: audit, weight }) => ({
      ...audits[audit],
      loss: weight * (1 - (audits[audit].score ?? 1)),
    })),
  );
  return lost
    .filter(({ loss }) => loss > 0)
    .sort((a, b) => b.loss - a.loss)
    .slice(0, MOST_CAUSES)
    .map(({ title, displayValue }) => (displayValue ? `${title}: ${displayValue}` : title));
}
