/** What the site says outside its pages is in English in the code, and in Chinese beside it. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const chinese = (name: string) => Object.keys(JSON.parse(read(`i18n/zh-Hans/${name}.json`)));

const source = readdirSync(new URL('../src', import.meta.url), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.tsx'))
  .map((name) => read(join('src', name)))
  .join('\n');

test('every message of the code is translated, and nothing else is', () => {
  const isOwn = (id: string) => !id.startsWith('theme.');
  const used = [...source.matchAll(/\bid(?:=|: )["']([\w.]+)["']/g)].map(([, id]) => id!);
  expect(chinese('code').filter(isOwn).sort()).toEqual([...new Set(used)].filter(isOwn).sort());
});

test('every label of the bars above and below a page is translated', () => {
  const labels = [...read('docusaurus.config.ts').matchAll(/label: '([A-Z][^']*)'/g)].map(
    ([, label]) => label!,
  );
  const bars = [...chinese('docusaurus-theme-classic/navbar'), ...chinese('docusaurus-theme-classic/footer')];
  const translated = bars.map((key) => key.replace(/^.*label\./, ''));
  const languages = ['English'];
  expect([...new Set(translated)].sort()).toEqual(
    [...new Set(labels)].filter((label) => !languages.includes(label)).sort(),
  );
});
