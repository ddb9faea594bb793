/** Code is coloured when the site is built: which characters, and what is drawn of them. */

import { expect, test } from 'vitest';
import colouredCode, { runsOf } from '../coloured-code';
import { piecesOf, readRuns, writeRuns } from '../src/coloured-code/runs';

const coloured = (code: string, language: string) =>
  piecesOf(code, runsOf(code, language)).flatMap(({ text, colour }) => (colour ? [[colour, text]] : []));

test('keywords, texts, numbers and comments have colours', () => {
  expect(coloured("const a = 'b'; // c\nreturn 42;", 'js')).toEqual([
    ['keyword', 'const'],
    ['string', "'b'"],
    ['comment', '// c'],
    ['keyword', 'return'],
    ['number', '42'],
  ]);
  expect(coloured('{ "a": [1, true] }', 'json')).toContainEqual(['number', '1']);
});

test('half of an address is no number of a shell', () => {
  expect(coloured('ping 10.244.1.2 # once', 'sh')).toEqual([['comment', '# once']]);
});

test('a language that is not known, and text, stay as they are', () => {
  expect(runsOf('const a = 1;', 'text')).toEqual([]);
  expect(runsOf('const a = 1;', 'no-such-language')).toEqual([]);
});

test('runs are read as they were written, and their pieces are the whole text', () => {
  const code = '/* 一\n二 */\n\nconst x = `a\nb`; // 包\n';
  const runs = runsOf(code, 'ts');
  expect(runs.length).toBeGreaterThan(3);
  expect(readRuns(writeRuns(runs))).toEqual(runs);
  expect(
    piecesOf(code, runs)
      .map(({ text }) => text)
      .join(''),
  ).toBe(code);
});

test('a block of Markdown gets its runs, beside what others gave it', () => {
  const block = { type: 'code', lang: 'js', value: 'let a', data: { hProperties: { metastring: 'x' } } };
  colouredCode()({ type: 'root', children: [block] });
  expect(block.data.hProperties).toEqual({ metastring: 'x', runs: '0k3' });
});
