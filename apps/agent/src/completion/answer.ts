/** Candidates as each shell reads them, one a line. */
import type { Candidate } from './candidates.js';
import type { Shell } from './scripts.js';

/** `says` is one line in every shell. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

/** bash has cut the word at its `=` before, and puts in its place the part behind it alone. */
const behindEquals = (word: string): string => word.replace(/^--[^=]+=/, '');

const LINES: Readonly<Record<Shell, (candidate: Candidate) => string>> = {
  bash: ({ word }) => behindEquals(word),
  // A colon ends the word.
  zsh: ({ word, says }) => `${word.replaceAll(':', '\\:')}${says && `:${oneLine(says)}`}`,
  fish: ({ word, says }) => `${word}${says && `\t${oneLine(says)}`}`,
};

export const answer = (shell: Shell, found: readonly Candidate[]): string =>
  found.map((candidate) => `${LINES[shell](candidate)}\n`).join('');
