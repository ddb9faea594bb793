/** The pages that are made from the `podlan` command are those of the command that is here, in Chinese as in English. */

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LANGUAGES } from '@podlan/tooling/pages';
import { expect, test } from 'vitest';
import chinese from '../reference/chinese.json';
import { splitDefault, textsOf, textsOfVariables } from '../reference/command-model.mjs';
import { commandPages } from '../reference/command-pages.mjs';
import { environment, readCommands } from '../reference/read-commands.mjs';
import { WORDS } from '../reference/words.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const model = readCommands();
const said = new Set([...textsOf(model), ...textsOfVariables(environment)]);

test.each(Object.entries(LANGUAGES))(
  'the pages in %s are up to date (npm run reference)',
  (language, pages) => {
    const folder = `${root}/${pages}/cli`;
    const made = commandPages(model, environment, WORDS[language]);
    expect(readdirSync(folder).sort()).toEqual(Object.keys(made).sort());
    for (const [name, text] of Object.entries(made))
      expect(readFileSync(`${folder}/${name}`, 'utf8')).toBe(text);
  },
);

test('every text of the command stands in reference/chinese.json, and nothing that it no longer says', () => {
  expect(Object.keys(chinese).sort()).toEqual([...said].sort());
});

test('a translation is Chinese, unless there is nothing to translate', () => {
  for (const [english, translation] of Object.entries(chinese)) {
    expect(translation, english).toMatch(/\p{Script=Han}/u);
    // Full-width marks beside Chinese.
    expect(translation, english).not.toMatch(/\p{Script=Han}[,:;.?!]/u);
  }
});

test.each([
  ['port (default: 80)', { text: 'port', byDefault: '80' }],
  ['a file (default with etcd: /x)', { text: 'a file', byDefault: '/x', when: 'with etcd' }],
  ['no fragments (DF)', { text: 'no fragments (DF)' }],
])('%s', (description, parts) => {
  expect(splitDefault(description)).toEqual(parts);
});
