/**
 * Pages of the packages' API, one for each entry point, from what typedoc-plugin-markdown writes: flat names, links between
 * them, few headings, and the words around docstrings in the pages' language. The docstrings themselves stay English.
 */
import { posix } from 'node:path';

/** `@podlan/fabric/@podlan/fabric/sqlite.md` is the page of `@podlan/fabric/sqlite`. */
const moduleOf = (path) => path.slice(path.lastIndexOf('@podlan/')).replace(/\.md$/, '');

const pageOf = (path) => `${moduleOf(path).replace('@podlan/', '').replaceAll('/', '-')}.md`;

const LINK = /\]\(([^()#\s]+\.md)(#[^)\s]*)?\)/g;

/** Links lead from page to page, wherever TypeDoc put these. */
function withFlatLinks(text, path) {
  return text.replace(LINK, (_link, target, anchor = '') => {
    const page = pageOf(posix.join(posix.dirname(path), target));
    return `](${page === pageOf(path) && anchor ? '' : page}${anchor})`;
  });
}

/** Text and code blocks in turn: whatever looks like a heading in code is none. */
const outsideCode = (text, change) =>
  text
    .split(/^(```[\s\S]*?^```)$/m)
    .map((part, index) => (index % 2 ? part : change(part)))
    .join('');

/** TypeDoc's headings over parts of one thing. These say nothing that what is below does not: a signature, a table's head. */
const NEEDLESS = /^#{3,6} (?:Constructor|[GS]et Signature)\n+|^#{3,6} (?:Type )?Parameters\n+(?=\|)/gm;

/** Groups of members, which keep their heading. */
const GROUPS = ['Constructors', 'Properties', 'Accessors', 'Methods'];

/** A part's name before what it says, in the same line where that is text: `**Returns** number`. */
function withLabels(text, word) {
  return text.replace(/^#{3,6} ([A-Z][A-Za-z -]+)\n\n(.{1,3})/gm, (whole, title, next) => {
    if (GROUPS.includes(title)) return whole;
    const isText = !/^(?:[|#>*-]|```)/.test(next);
    return `**${word(title)}**${isText ? ' ' : '\n\n'}${next}`;
  });
}

/** Every heading has an id. TypeDoc wrote those that links lead to; a group of members is named for what has it. */
function withIds(word) {
  let owner = '';
  return (text) =>
    text.replace(/^(#{2,6}) (.*)$/gm, (line, marks, title) => {
      const [, id] = /\{#([^}]+)\}$/.exec(title) ?? [];
      if (id && marks.length <= 3) owner = `${id}-`;
      if (id) return line;
      if (marks.length === 2) owner = '';
      return `${marks} ${word(title)} {#${owner}${marks.length === 2 ? 'all-' : ''}${title.toLowerCase().replaceAll(' ', '-')}}`;
    });
}

const withTableHeads = (text, word) =>
  text.replace(/^\|.*\|(?=\n\| ?-)/gm, (row) => row.replace(/[^|]+/g, (cell) => ` ${word(cell.trim())} `));

function tidied(text, words) {
  const word = (english) => words[english] ?? english;
  const plain = text
    .replace(/^\*\*\*\n+/gm, '')
    .replace(/^(#+) `abstract` /gm, '$1 ')
    .replace(NEEDLESS, '');
  return outsideCode(withLabels(plain, word), (part) => withTableHeads(part, word)).replace(
    /\n{3,}/g,
    '\n\n',
  );
}

const summaryOf = (text) =>
  /^# .*\n\n([^#|`\n][^\n]*(?:\n[^\n]+)*)/.exec(text)?.[1].replaceAll('\n', ' ') ?? '';

const frontMatter = (entries) =>
  [
    '---',
    ...Object.entries(entries).map(([key, value]) => `${key}: ${JSON.stringify(value)}`),
    '---',
    '',
  ].join('\n');

function page({ name, summary }, text, { words, note }) {
  const withEveryId = withIds((english) => words[english] ?? english);
  const [title, ...rest] = outsideCode(tidied(text, words), withEveryId).split('\n');
  const head = frontMatter({ sidebar_label: name.replace('@podlan/', ''), description: summary });
  return `${head}\n${title}\n${note ? `\n${note}\n` : ''}${rest.join('\n')}`;
}

function indexPage(modules, { title, label, description, introduction }) {
  const items = modules.map(({ name, file, summary }) => `- [\`${name}\`](${file})\n\n  ${summary}`);
  return `${frontMatter({ sidebar_label: label, description })}\n# ${title}\n\n${introduction}\n\n${items.join('\n\n')}\n`;
}

/**
 * @param {Record<string, string>} written what TypeDoc wrote, by path
 * @returns {Record<string, string>} pages by their file names
 */
export function apiPages(written, frame) {
  const modules = Object.keys(written)
    .filter((path) => path.startsWith('@podlan/') && !path.endsWith('/README.md'))
    .map((path) => ({ path, name: moduleOf(path), file: pageOf(path), summary: summaryOf(written[path]) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const pages = modules.map((module) => [
    module.file,
    page(module, withFlatLinks(written[module.path], module.path), frame),
  ]);
  return { 'index.md': indexPage(modules, frame), ...Object.fromEntries(pages) };
}
