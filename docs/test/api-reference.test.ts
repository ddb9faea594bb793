/** The reference of the API tells, in both languages, of whatever the published packages export. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { folder, root } from './built-site';

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Record<string, { readonly types?: string } | string>;
}

/** As the manifests say it: where each entry point's declarations lie. */
const entryPoints = readdirSync(`${root}/packages`).flatMap((name) => {
  const at = `${root}/packages/${name}`;
  if (!existsSync(`${at}/package.json`)) return [];
  const manifest = JSON.parse(readFileSync(`${at}/package.json`, 'utf8')) as Manifest;
  if (manifest.private) return [];
  return Object.entries(manifest.exports).flatMap(([subpath, entry]) => {
    const types = JSON.stringify(entry).match(/"types":"([^"]+)"/)?.[1];
    return types ? [{ specifier: join(manifest.name, subpath), types: join(at, types) }] : [];
  });
});

const program = ts.createProgram(
  entryPoints.map(({ types }) => types),
  { module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022, skipLibCheck: true, noLib: true },
);

function exportsOf(declarations: string): string[] {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(program.getSourceFile(declarations)!)!;
  return checker.getExportsOfModule(module).map(({ name }) => name);
}

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&#39;': "'" };

/** Headings of the third level are what a page tells of: `testKernel()`, `abstract PrefixTable`. */
function entriesOf(language: string, specifier: string): string[] {
  const page = specifier.replace('@podlan/', '').replaceAll('/', '-');
  const html = readFileSync(`${folder}/${language}docs/api/${page}.html`, 'utf8');
  return [...html.matchAll(/<h3[^>]*>(.*?)<a /gs)].map(([, heading]) =>
    heading!
      .replace(/<[^>]+>/g, '')
      .replace(/&\w+;|&#39;/g, (entity) => ENTITIES[entity] ?? entity)
      .replace(/(?:\(\)|<.*>)+$/, '')
      .trim(),
  );
}

describe.each([
  ['Chinese', ''],
  ['English', 'en/'],
])('in %s', (_name, language) => {
  test.each(entryPoints)('every export of $specifier has an entry on its page', ({ specifier, types }) => {
    const exported = exportsOf(types);
    expect(exported.length).toBeGreaterThan(0);
    expect([...new Set(entriesOf(language, specifier))].sort()).toEqual([...new Set(exported)].sort());
  });

  test('there is no page but those of entry points, and one that leads to them', () => {
    const pages = readdirSync(`${folder}/${language}docs/api`).filter((name) => name !== 'index.html');
    expect(pages.length).toBe(entryPoints.length);
    const start = [`${folder}/${language}docs/api.html`, `${folder}/${language}docs/api/index.html`].find(
      existsSync,
    )!;
    const html = readFileSync(start, 'utf8');
    for (const { specifier } of entryPoints) expect(html).toContain(`>${specifier}</code>`);
  });

  test('its examples are text: none makes a page load what runs code', () => {
    const html = readFileSync(`${folder}/${language}docs/api/wire.html`, 'utf8');
    expect(html).toContain('language-ts');
    expect(html).not.toContain('data-runnable');
  });
});
