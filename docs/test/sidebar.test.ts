/** The sidebar leads to every page, and its groups have names in both languages. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LANGUAGES, pagesIn } from '@podlan/tooling/pages';
import { expect, test } from 'vitest';
import sidebars from '../sidebars';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Item {
  readonly type: string;
  readonly label?: string;
  readonly dirName?: string;
  readonly link?: { readonly id?: string };
  readonly items?: readonly (Item | string)[];
}

const items = sidebars.docs as readonly (Item | string)[];

/** Pages and groups below, groups before what is in them. */
const below = (all: readonly (Item | string)[]): (Item | string)[] =>
  all.flatMap((item) => (typeof item === 'string' ? [item] : [item, ...below(item.items ?? [])]));

/** `course/01-bridge-and-veth.md` is the page course/bridge-and-veth. */
const idOf = (page: string) => page.replace(/\.mdx?$/, '').replace(/(^|\/)\d+-/, '$1');

test('every page is in it once', () => {
  const pages = pagesIn(`${root}/${LANGUAGES.en}`).map(idOf);
  const listed = below(items).flatMap((item) => {
    if (typeof item === 'string') return [item];
    if (item.dirName) return pages.filter((page) => page.startsWith(`${item.dirName}/`));
    return item.link?.id ? [item.link.id] : [];
  });
  expect(listed.sort()).toEqual(pages.sort());
});

test('every group has an English name', () => {
  const labels = below(items).flatMap((item) => (typeof item === 'object' && item.label ? [item.label] : []));
  const english = JSON.parse(
    readFileSync(`${root}/docs/i18n/en/docusaurus-plugin-content-docs/current.json`, 'utf8'),
  );
  expect(Object.keys(english).sort()).toEqual(labels.map((label) => `sidebar.docs.category.${label}`).sort());
});
