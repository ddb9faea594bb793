/**
 * The pages of the site, each in Chinese and in English, and what sets the two apart that should not.
 *
 * A page may be at home under any heading its readers understand, but links, search and tests need the same skeleton in
 * both languages: files, heading levels, heading ids and code blocks. The ids are written out, `## 网桥 {#bridge}`, because
 * those that are made from the text differ.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';

/** Language, and the folder its pages lie in. The first is the site's own: the others translate it. */
export const LANGUAGES = {
  'zh-Hans': 'docs/content',
  en: 'docs/i18n/en/docusaurus-plugin-content-docs/current',
};

const FENCE = /^\s*(`{3,}|~{3,})\s*([^\s`]*)/;
const HEADING = /^(#{1,6})\s+(.*?)(?:\s*\{#([^}]+)\})?\s*$/;

const LINK = /\]\((\.\.?\/[^)\s#]*)/g;

/** Names of the pages below a folder, sorted: `course/bridge.md`. */
export function pagesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.mdx?$/.test(entry.name))
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

/** Headings and code blocks of a page in order, and its links to files; in a code block there are neither. */
export function skeletonOf(markdown) {
  const headings = [];
  const code = [];
  const links = [];
  let open;
  for (const line of markdown.split('\n')) {
    const [, marks, language] = FENCE.exec(line) ?? [];
    if (open) {
      if (marks?.startsWith(open) && language === '') open = undefined;
    } else if (marks) {
      open = marks;
      code.push(language);
    } else {
      const [, level, title, id] = HEADING.exec(line) ?? [];
      if (level) headings.push({ level: level.length, title, id });
      links.push(...[...line.matchAll(LINK)].map(([, link]) => link));
    }
  }
  return { headings, code, links };
}

/** Of a page, those that lead out of the folder of all pages: versions of the site keep it elsewhere. */
const linksOut = (name, links) =>
  links.filter((link) => posix.join(posix.dirname(name), link).startsWith('..'));

/** What is wrong with one page alone: headings below the title without an id, ids that come twice, links out. */
function faultsOfPage(name, { headings, links }) {
  const below = headings.filter(({ level }) => level > 1);
  const bare = below
    .filter(({ id }) => !id)
    .map(({ level, title }) => `heading without an id: write \`${'#'.repeat(level)} ${title} {#its-id}\``);
  const ids = below.map(({ id }) => id).filter(Boolean);
  const twice = [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
  return [
    ...bare,
    ...twice.map((id) => `id {#${id}} stands at two headings: give each its own`),
    ...linksOut(name, links).map(
      (link) =>
        `link to ${link} leads out of the pages, expected one of them or a whole URL: a version of the site has them in another folder`,
    ),
  ];
}

const headingText = ({ level, id }) => `${'#'.repeat(level)} {#${id ?? ''}}`;

/** Where two lists part first, as `nth NAME is X, expected Y`; undefined where they don't. */
function parting(name, expected, found) {
  const index = expected.findIndex((item, at) => item !== found[at]);
  const at = index >= 0 ? index : expected.length;
  if (index < 0 && found.length === expected.length) return undefined;
  return `${name} ${at + 1} is ${found[at] ?? 'not there'}, expected ${expected[at] ?? 'none'}`;
}

/** Faults of a translation against its original, both as skeletons. */
export function faultsOfTranslation(original, translation) {
  const blocks = ({ code }) => code.map((language) => `\`\`\`${language}`);
  return [
    parting('heading', original.headings.map(headingText), translation.headings.map(headingText)),
    parting('code block', blocks(original), blocks(translation)),
  ].filter(Boolean);
}

/** Every page as `{ name, languages, faults }`; a fault begins with the file it is in. */
export function comparePages(base, languages = LANGUAGES) {
  const folders = Object.values(languages);
  const names = [...new Set(folders.flatMap((folder) => pagesIn(join(base, folder))))].sort();
  return names.map((name) => comparePage(base, languages, name));
}

function comparePage(base, languages, name) {
  const pages = Object.entries(languages).map(([language, folder]) => {
    const file = `${folder}/${name}`;
    const path = join(base, file);
    return {
      language,
      file,
      skeleton: existsSync(path) ? skeletonOf(readFileSync(path, 'utf8')) : undefined,
    };
  });
  const there = pages.filter(({ skeleton }) => skeleton);
  const [original, ...translations] = there;
  const faults = [
    ...pages
      .filter(({ skeleton }) => !skeleton)
      .map(({ file }) => `${file} is not there, but ${original.file} is: every page is in every language`),
    ...there.flatMap(({ file, skeleton }) =>
      faultsOfPage(name, skeleton).map((fault) => `${file}: ${fault}`),
    ),
    ...translations.flatMap(({ file, skeleton }) =>
      faultsOfTranslation(original.skeleton, skeleton).map(
        (fault) => `${file}: ${fault} as in ${original.file}`,
      ),
    ),
  ];
  return { name, languages: there.map(({ language }) => language), faults };
}
