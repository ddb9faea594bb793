/** The pages of a release are kept whole, in both languages, by the command that CONTRIBUTING.md names. */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LANGUAGES, pagesIn } from '@podlan/tooling/pages';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from './built-site';

const VERSION = '9.9.9';
const NOT_COPIED = new Set(['build', '.docusaurus', 'node_modules', 'test']);
const cli = createRequire(import.meta.url).resolve('@docusaurus/core/bin/docusaurus.mjs');

/** Of a version, where each language's pages lie. */
const KEPT: Record<string, string> = {
  'zh-Hans': `docs/versioned_docs/version-${VERSION}`,
  en: `docs/i18n/en/docusaurus-plugin-content-docs/version-${VERSION}`,
};

let copy: string;
const read = (name: string) => JSON.parse(readFileSync(join(copy, name), 'utf8'));

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'podlan-version-'));
  cpSync(join(root, 'docs'), join(copy, 'docs'), {
    recursive: true,
    filter: (path) => !NOT_COPIED.has(path.slice(join(root, 'docs/').length)),
  });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  execFileSync(process.execPath, [cli, 'docs:version', VERSION], { cwd: join(copy, 'docs'), stdio: 'pipe' });
}, 300_000);
afterAll(() => rmSync(copy, { recursive: true, force: true }));

describe.each(Object.entries(LANGUAGES))('in %s', (language, folder) => {
  test('every page is kept, those of the API too', () => {
    const pages = pagesIn(join(root, folder));
    expect(pagesIn(join(copy, KEPT[language]!))).toEqual(pages);
    expect(pages).toContain('api/wire.md');
  });

  test('nothing that is kept is left out of what is committed', () => {
    const file = `${KEPT[language]}/api/wire.md`;
    const ignored = () => execFileSync('git', ['check-ignore', file], { cwd: root, stdio: 'pipe' });
    expect(ignored).toThrow(expect.objectContaining({ status: 1 }));
  });
});

test('the sidebar is kept with the pages that it names, and its groups with their English names', () => {
  const sidebars = read(`docs/versioned_sidebars/version-${VERSION}-sidebars.json`);
  expect(JSON.stringify(sidebars)).toContain('"api/wire"');
  const current = JSON.parse(
    readFileSync(join(root, 'docs/i18n/en/docusaurus-plugin-content-docs/current.json'), 'utf8'),
  );
  expect(read(`${KEPT.en}.json`)).toEqual(current);
});

test('the site has it to choose', () => {
  expect(read('docs/versions.json')[0]).toBe(VERSION);
});
