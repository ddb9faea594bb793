#!/usr/bin/env node
/** Writes the pages that are made from the `podlan` command, in both languages: `npm run reference`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LANGUAGES } from '@podlan/tooling/pages';
import { commandPages } from './command-pages.mjs';
import { environment, readCommands } from './read-commands.mjs';
import { WORDS } from './words.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
for (const [language, pages] of Object.entries(LANGUAGES)) {
  const folder = join(root, pages, 'cli');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made = commandPages(readCommands(), environment, WORDS[language]);
  for (const [name, text] of Object.entries(made)) writeFileSync(join(folder, name), text);
}
