import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LANGUAGES, pagesIn } from '../src/pages.js';
import { root, rootFile, workspaces } from '../src/workspace.js';

const text = (name) => readFileSync(rootFile(name), 'utf8');

describe('the lock file', () => {
  const lock = JSON.parse(text('package-lock.json'));

  test('names no registry host, so that any mirror will do', () => {
    const urls = Object.values(lock.packages)
      .map(({ resolved }) => resolved)
      .filter((resolved) => resolved?.includes('://'));
    expect(urls).toEqual([]);
  });

  test('has an integrity hash for every package that is fetched', () => {
    const unhashed = Object.entries(lock.packages)
      .filter(
        ([path, entry]) =>
          path.includes('node_modules/') && !entry.link && !entry.inBundle && !entry.integrity,
      )
      .map(([path]) => path);
    expect(unhashed).toEqual([]);
  });

  test('holds every binary that an optional dependency names', () => {
    const named = Object.values(lock.packages).flatMap((entry) =>
      Object.keys(entry.optionalDependencies ?? {}),
    );
    const held = new Set(Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, '')));
    expect(named.filter((name) => !held.has(name))).toEqual([]);
  });
});

test.each(workspaces())(
  '$folder is licensed, and runs on the Node.js versions the root asks for',
  ({ folder, manifest }) => {
    expect(manifest.license).toBe('Apache-2.0');
    // What Docusaurus generates is of both kinds at once, so no type is true of it.
    expect(manifest.type).toBe(folder === 'docs' ? undefined : 'module');
  },
);

describe.each(workspaces().filter(({ manifest }) => manifest.exports && !manifest.private))(
  'the API of $folder',
  ({ folder, manifest }) => {
    test('has pages', () => {
      expect(JSON.parse(text('typedoc.json')).entryPoints).toContain(folder);
      expect(JSON.parse(text('turbo.json')).tasks['//#typedoc'].dependsOn).toContain(
        `${manifest.name}#build`,
      );
    });

    test('has examples, and a test that runs them', () => {
      expect(text(`${folder}/test/examples.test.js`)).toContain('testExamples(import.meta.url)');
    });
  },
);

const pairOf = (page) => [page, page.replace(/md$/, 'zh-Hans.md')];
const packagePages = workspaces()
  .map(({ folder }) => `${folder}/README.md`)
  .filter((page) => existsSync(rootFile(page)));

const sitePages = pagesIn(rootFile(LANGUAGES.en)).map((name) => [
  `${LANGUAGES.en}/${name}`,
  `${LANGUAGES['zh-Hans']}/${name}`,
]);

const pairs = [...['README.md', ...packagePages].map(pairOf), ...sitePages];

describe.each(pairs)('%s and %s', (english, chinese) => {
  const pages = [english, chinese].map((name) => ({ name, markdown: text(name) }));
  const codeBlocks = (markdown) => [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  const outsideCode = (markdown) => markdown.replace(/^```[\s\S]*?^```$/gm, '');
  const headingLevels = (markdown) =>
    [...outsideCode(markdown).matchAll(/^(#+) /gm)].map(([, marks]) => marks.length);
  /** Code without its comments and drawings, which are in the reader's language. */
  const commands = (markdown) =>
    codeBlocks(markdown)
      .filter(([, language]) => !['', 'text', 'mermaid'].includes(language))
      .map(([, , code]) => code.replace(/\s*(#|\/\/) .*$/gm, ''));

  test('have the same headings', () => {
    const [first, second] = pages.map(({ markdown }) => headingLevels(markdown));
    expect(second).toEqual(first);
  });

  test('have the same code', () => {
    const [first, second] = pages.map(({ markdown }) => codeBlocks(markdown).map(([, language]) => language));
    expect(second).toEqual(first);
    expect(commands(pages[1].markdown)).toEqual(commands(pages[0].markdown));
  });

  /** What begins with a slash is a page of the site which is a program. */
  const fileOf = (name, target) =>
    target.startsWith('/') ? join(root, `docs/src/pages${target}.tsx`) : join(root, dirname(name), target);

  test.each(pages)('$name links to files that are there', ({ name, markdown }) => {
    const links = [...outsideCode(markdown).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, target]) => target,
    );
    expect(links.filter((target) => !existsSync(fileOf(name, target)))).toEqual([]);
  });

  test.each(pages)('$name names npm scripts that exist', ({ markdown }) => {
    const scripts = new Set(Object.keys(JSON.parse(text('package.json')).scripts));
    const named = [...markdown.matchAll(/npm run ([a-z:-]+)/g)].map(([, script]) => script);
    expect(named.filter((script) => !scripts.has(script))).toEqual([]);
  });
});
