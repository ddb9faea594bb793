/** What `nft` reads, cut into tokens that know where they stand. */
import { CommandError, notSimulated } from './command-error.js';

export interface Token {
  readonly text: string;
  readonly at: number;
  readonly isQuoted: boolean;
}

const TOKEN = /\s+|"([^"]*)"|(!=|==|<=|>=|<<|>>|[{};,()<>=!&|^])|([^\s"{};,()<>=!&|^]+)/gy;

export class NftText {
  readonly text: string;
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.text = text;
    this.#tokens = tokensOf(text);
  }

  get isEmpty(): boolean {
    return this.#at >= this.#tokens.length;
  }

  peek(ahead = 0): Token | undefined {
    return this.#tokens[this.#at + ahead];
  }

  /** Whether the next is this word or sign. */
  is(text: string): boolean {
    const next = this.peek();
    return next?.text === text && !next.isQuoted;
  }

  take(text: string): boolean {
    const isIt = this.is(text);
    if (isIt) this.#at++;
    return isIt;
  }

  /** Throws where there is none. `what` is what should stand there. */
  next(what: string, known: readonly string[] = []): Token {
    const token = this.#tokens[this.#at++];
    if (token !== undefined) return token;
    throw notSimulated(what, 'the end of the line', known.length === 0 ? [what] : known);
  }

  expect(text: string): void {
    if (!this.take(text)) throw notSimulated(text, this.peek()?.text ?? 'the end of the line', [text]);
  }

  /** What nft says of a token, with the line and a mark below it. */
  refusal(message: string, { at, text }: Pick<Token, 'at' | 'text'>): CommandError {
    const mark = ' '.repeat(at) + '^'.repeat(Math.max(1, text.length));
    return new CommandError('refused', `Error: ${message}\n${this.text}\n${mark}`);
  }
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [all, quoted, sign, word] = match;
    const found = quoted ?? sign ?? word;
    if (found !== undefined) tokens.push({ text: found, at, isQuoted: quoted !== undefined });
    at += all.length;
  }
  if (at < text.length) throw notSimulated('quotes that are closed', text.slice(at), ['"..."']);
  return tokens;
}
