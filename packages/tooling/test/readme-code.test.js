/** The JavaScript of the README, of each package's own and of the site is run, and prints what its comments say. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LANGUAGES, pagesIn } from '../src/pages.js';
import { rootFile, workspaces } from '../src/workspace.js';

/** Code, and the output that stands right below it. */
const CODE = /^```js\n([\s\S]*?)^```$(?:\n\n```text\n([\s\S]*?)^```$)?/gm;

const readmes = ['README.md', ...workspaces().map(({ folder }) => `${folder}/README.md`)];
const sitePages = pagesIn(rootFile(LANGUAGES.en)).map((page) => `${LANGUAGES.en}/${page}`);
const pages = [...readmes, ...sitePages].filter((page) => existsSync(rootFile(page)));
const snippets = pages.flatMap((page) => {
  const blocks = [...readFileSync(rootFile(page), 'utf8').matchAll(CODE)];
  return blocks.map(([, code, output], index) => ({ name: `${page} #${index + 1}`, code, output }));
});

// Inside the repository, so that the workspaces' packages are found.
let folder;
beforeAll(() => {
  folder = mkdtempSync(rootFile('node_modules/.readme-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(code) {
  const file = join(folder, 'snippet.mjs');
  writeFileSync(file, code);
  return execFileSync(process.execPath, [file], { encoding: 'utf8' }).trimEnd().split('\n');
}

test('there is code to run', () => {
  expect(snippets.length).toBeGreaterThan(0);
});

test.each(snippets)('$name', ({ code, output }) => {
  const printed = run(code);
  const promised = [...code.matchAll(/^console\.log\(.*\);\s+\/\/ (.*)$/gm)].map(([, comment]) => comment);
  expect(printed.length).toBeGreaterThan(0);
  if (output !== undefined) expect(printed).toEqual(output.trimEnd().split('\n'));
  promised.forEach((comment, index) => {
    // A comment that only describes the line is no promise of its text.
    if (!/^one line/.test(comment)) expect(printed[index]).toBe(comment.split(/: |：/)[0]);
  });
});
