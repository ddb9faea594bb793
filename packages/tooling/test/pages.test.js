import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { comparePages, skeletonOf } from '../src/pages.js';
import { root } from '../src/workspace.js';

test('the pages of the site are alike in both languages', () => {
  const pages = comparePages(root);
  expect(pages.flatMap(({ faults }) => faults)).toEqual([]);
  expect(pages.map(({ name }) => name)).toContain('architecture.md');
});

describe('the skeleton of a page', () => {
  test('has headings with their levels and ids, and the languages of code blocks', () => {
    const page = '---\nsidebar_position: 1\n---\n\n# 网桥\n\n## 端口 {#ports}\n\n```sh\nbridge link\n```\n';
    expect(skeletonOf(page)).toEqual({
      headings: [
        { level: 1, title: '网桥', id: undefined },
        { level: 2, title: '端口', id: 'ports' },
      ],
      code: ['sh'],
      links: [],
    });
  });

  test('has the links to files, but those in code', () => {
    const page = '[a](./a.md#part) and [b](../b.md "B"), [c](c.md)\n\n```md\n[d](../d.md)\n```\n';
    expect(skeletonOf(page).links).toEqual(['./a.md', '../b.md']);
  });

  test.each([
    ['a comment in code', '```sh\n# no heading\n```', 0, ['sh']],
    ['a fence inside a longer one', '````md\n```sh\n# no\n```\n````\n# Title', 1, ['md']],
    ['a fence of tildes', '~~~text\n## no\n~~~', 0, ['text']],
    ['a fence in a list', '- a\n\n  ```json\n  {}\n  ```\n', 0, ['json']],
  ])('takes %s for what it is', (_name, page, headings, code) => {
    expect(skeletonOf(page).headings).toHaveLength(headings);
    expect(skeletonOf(page).code).toEqual(code);
  });
});

describe('a planted difference is found', () => {
  const languages = { 'zh-Hans': 'zh', en: 'en' };
  let base;
  const plant = (file, text) => {
    mkdirSync(join(base, dirname(file)), { recursive: true });
    writeFileSync(join(base, file), text);
  };
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'podlan-pages-'));
  });
  afterEach(() => rmSync(base, { recursive: true }));

  const PAGE = '# T\n\n## A {#a}\n\n```sh\nls\n```\n\n### B {#b}\n';

  test.each([
    [
      'an id',
      PAGE.replace('{#b}', '{#c}'),
      'en/p.md: heading 3 is ### {#c}, expected ### {#b} as in zh/p.md',
    ],
    ['a level', PAGE.replace('###', '##'), 'en/p.md: heading 3 is ## {#b}, expected ### {#b} as in zh/p.md'],
    ['a heading more', `${PAGE}\n## C {#c}\n`, 'en/p.md: heading 4 is ## {#c}, expected none as in zh/p.md'],
    [
      'a code block less',
      PAGE.replace(/```[\s\S]*```\n/, ''),
      'en/p.md: code block 1 is not there, expected ```sh',
    ],
    ['no id', PAGE.replace(' {#a}', ''), 'en/p.md: heading without an id: write `## A {#its-id}`'],
    [
      'a link out of the pages',
      `${PAGE}\n[x](../../deploy/x.yml)\n`,
      'en/p.md: link to ../../deploy/x.yml leads out of the pages, expected one of them or a whole URL',
    ],
    ['an id twice', PAGE.replace('{#b}', '{#a}'), 'en/p.md: id {#a} stands at two headings'],
  ])('%s', (_name, english, fault) => {
    plant('zh/p.md', PAGE);
    plant('en/p.md', english);
    expect(comparePages(base, languages)[0].faults.join('\n')).toContain(fault);
  });

  test.each([
    ['zh/course/p.md', 'en/course/p.md is not there, but zh/course/p.md is'],
    ['en/course/p.mdx', 'zh/course/p.mdx is not there, but en/course/p.mdx is'],
  ])('%s without its other language', (file, fault) => {
    plant(file, PAGE);
    const [page] = comparePages(base, languages);
    expect(page.faults).toEqual([expect.stringContaining(fault)]);
  });

  test('none where pages are alike but for their words', () => {
    plant('zh/p/q.md', `${PAGE}\n[甲](../r.md)\n`);
    plant('en/p/q.md', `${PAGE.replace('A', 'Another')}\n[A](../r.md)\n`);
    expect(comparePages(base, languages)).toEqual([
      { name: 'p/q.md', languages: ['zh-Hans', 'en'], faults: [] },
    ]);
  });
});
