#!/usr/bin/env node
/**
 * Writes the pages of the packages' API, in both languages, from what `npm run typedoc` read of the packages. They are made
 * for each build of the site, and not committed.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LANGUAGES } from '@podlan/tooling/pages';
import { Application } from 'typedoc';
import { apiPages } from './api-pages.mjs';
import { API_FRAMES } from './api-words.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const READ = join(root, 'build/api.json');

/** One page for each entry point; headings with the ids that links lead to. */
const MARKDOWN = {
  router: 'module',
  readme: 'none',
  disableSources: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
  enumMembersFormat: 'table',
  tableColumnSettings: { hideInherited: true, hideOverrides: true, hideSources: true },
  sanitizeComments: true,
  useCodeBlocks: true,
  useCustomAnchors: true,
};

async function writeMarkdown(folder) {
  process.chdir(root);
  const app = await Application.bootstrapWithPlugins({
    entryPointStrategy: 'merge',
    entryPoints: [READ],
    name: 'podlan',
    plugin: ['typedoc-plugin-markdown'],
    out: folder,
    logLevel: 'Warn',
    ...MARKDOWN,
  });
  const project = await app.convert();
  if (project === undefined) throw new Error(`TypeDoc cannot use ${READ}: make it anew with npm run typedoc`);
  // READMEs are no part of the reference: the guides of the site tell what they tell.
  for (const module of project.children) module.readme = undefined;
  await app.generateOutputs(project);
}

function readMarkdown(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(({ name }) =>
    name.endsWith('.md'),
  );
  const paths = files.map(({ parentPath, path, name }) => join(parentPath ?? path, name));
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path, 'utf8')]));
}

function writePages(written, language) {
  const folder = join(root, LANGUAGES[language], 'api');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const pages = apiPages(written, API_FRAMES[language]);
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, name), text);
}

if (!existsSync(READ))
  throw new Error(`${READ} is not there: run npm run api in ${root}, which makes it first`);
const folder = mkdtempSync(join(tmpdir(), 'podlan-api-'));
try {
  await writeMarkdown(folder);
  if (process.env.KEEP) console.log(folder);
  const written = readMarkdown(folder);
  for (const language of Object.keys(LANGUAGES)) writePages(written, language);
} finally {
  if (!process.env.KEEP) rmSync(folder, { recursive: true });
}
