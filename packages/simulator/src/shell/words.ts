/** A line as a shell cuts it into words: quotes and backslashes, and nothing else that shells do. */
import { notSimulated } from './command-error.js';

const QUOTES = `'...', "..." and \\`;
/** What means something to a shell outside of quotes: pipes, lists, redirections, expansions. */
const SHELL_CHARACTERS = /[|&;<>$`()*?[\]~#]/;
/** In single quotes, in double quotes, behind a backslash, or plain; then blanks. */
const PART = /'([^']*)'|"((?:[^"\\$`]|\\.)*)"|\\(.)|([^\s'"\\]+)|(\s+)/gsy;

/** Throws CommandError. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  for (const match of line.matchAll(PART)) {
    const [all, single, double, escaped, plain, blanks] = match;
    at += all.length;
    if (blanks !== undefined) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    if (plain !== undefined) requirePlain(plain);
    word = (word ?? '') + (single ?? unescaped(double) ?? escaped ?? plain);
  }
  if (at < line.length) throw notSimulated('quotes that are closed', line.slice(at), [QUOTES]);
  return word === undefined ? words : [...words, word];
}

function requirePlain(text: string): void {
  const found = SHELL_CHARACTERS.exec(text);
  if (found !== null) throw notSimulated('one command, with such characters in quotes', found[0], [QUOTES]);
}

const unescaped = (text: string | undefined): string | undefined => text?.replaceAll(/\\(["\\$`])/g, '$1');
