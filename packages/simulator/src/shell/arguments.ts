/** The words of a command, taken one by one. */
import { refused } from './command-error.js';

export class Arguments {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get isEmpty(): boolean {
    return this.#at >= this.#words.length;
  }

  /** All that were not taken. */
  get rest(): readonly string[] {
    return this.#words.slice(this.#at);
  }

  next(): string | undefined {
    return this.#words[this.#at++];
  }

  peek(): string | undefined {
    return this.#words[this.#at];
  }

  /** Takes the next where it is one of these. */
  take(...words: readonly string[]): boolean {
    const isOne = !this.isEmpty && words.includes(this.peek()!);
    if (isOne) this.#at++;
    return isOne;
  }

  /** What has to follow a keyword. */
  value(): string {
    const word = this.next();
    if (word !== undefined) return word;
    throw refused('Command line is not complete. Try option "help"');
  }
}

/** What a keyword does with the words behind it. */
export type Keywords = Readonly<Record<string, (args: Arguments) => void>>;

/** Reads `keyword value …` to the end; `other` is asked of words that are no keyword, and throws where it has no use for one. */
export function readKeywords(args: Arguments, keywords: Keywords, other: (word: string) => void): void {
  for (let word = args.next(); word !== undefined; word = args.next()) {
    if (Object.hasOwn(keywords, word)) keywords[word]!(args);
    else other(word);
  }
}

/** As iproute2 finds a command: by any beginning of it; of several the first. */
export function startingWith<T>(word: string, table: Readonly<Record<string, T>>): T | undefined {
  const name = Object.keys(table).find((one) => one.startsWith(word));
  return word === '' || name === undefined ? undefined : table[name];
}
