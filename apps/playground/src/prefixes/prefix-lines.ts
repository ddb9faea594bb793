/**
 * Prefixes as somebody types or pastes them: one a line, whatever follows it its value. The lines of `ip route` are
 * such: `default` is the prefix of all addresses, and an address alone is a host.
 */
import { type IpPrefix, parseIpAddress, parseIpPrefix } from '@podlan/wire';

export const MOST_LINES = 20_000;

export type LineProblem =
  /** Neither a prefix nor an address. */
  | { readonly is: 'no-prefix'; readonly got: string }
  | { readonly is: 'bad-length'; readonly got: string; readonly longest: 32 | 128 }
  /** Beyond MOST_LINES nothing is read. */
  | { readonly is: 'too-many' };

/** What is taken another way than it is written, and said so. */
export type LineNotice =
  | { readonly is: 'host-bits'; readonly taken: IpPrefix }
  | { readonly is: 'again'; readonly prefix: IpPrefix; readonly first: number };

export interface PrefixLines {
  readonly entries: ReadonlyMap<IpPrefix, string>;
  /** Lines are counted from 1. */
  readonly problems: readonly { readonly line: number; readonly problem: LineProblem }[];
  readonly notices: readonly { readonly line: number; readonly notice: LineNotice }[];
}

export function parsePrefixLines(text: string): PrefixLines {
  const lines = text.split('\n');
  const found = new Found();
  for (const [at, line] of lines.slice(0, MOST_LINES).entries()) {
    const words = line.replace(/(^|\s)#.*/, '').trim();
    if (words !== '') found.read(words, at + 1);
  }
  if (lines.length > MOST_LINES) found.problems.push({ line: MOST_LINES + 1, problem: { is: 'too-many' } });
  return found;
}

class Found implements PrefixLines {
  readonly entries = new Map<IpPrefix, string>();
  readonly problems: { line: number; problem: LineProblem }[] = [];
  readonly notices: { line: number; notice: LineNotice }[] = [];
  readonly #lines = new Map<IpPrefix, number>();

  read(words: string, line: number): void {
    const [, written = '', value = ''] = /^(\S+)\s*(.*)$/.exec(words) ?? [];
    const text = spelledOut(written, value);
    const prefix = parseIpPrefix(text);
    if (prefix === undefined) this.problems.push({ line, problem: problemOf(text) });
    else this.#take(prefix, value, text, line);
  }

  #take(prefix: IpPrefix, value: string, text: string, line: number): void {
    const first = this.#lines.get(prefix);
    if (first !== undefined) this.notices.push({ line, notice: { is: 'again', prefix, first } });
    else if (hasHostBits(text, prefix))
      this.notices.push({ line, notice: { is: 'host-bits', taken: prefix } });
    this.#lines.set(prefix, line);
    this.entries.set(prefix, value);
  }
}

/** With the length that iproute2 leaves out. */
function spelledOut(written: string, value: string): string {
  if (written === 'default') return /^via\s+\S*:/.test(value) ? '::/0' : '0.0.0.0/0';
  const address = parseIpAddress(written);
  if (address === undefined) return written;
  return address.includes(':') ? `${address}/128` : `${address}/32`;
}

function problemOf(text: string): LineProblem {
  const [before = '', length] = text.split('/');
  const address = parseIpAddress(before);
  if (address === undefined || length === undefined) return { is: 'no-prefix', got: text };
  return { is: 'bad-length', got: length, longest: address.includes(':') ? 128 : 32 };
}

/** Whether the address that was written is not the prefix's first one. */
function hasHostBits(text: string, prefix: IpPrefix): boolean {
  return parseIpAddress(text.split('/')[0]!) !== prefix.split('/')[0];
}
