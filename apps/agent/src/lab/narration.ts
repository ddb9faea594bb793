/** What the demo says, in English and Chinese. Lines fit in 80 columns. */

import { type Colour, painterFor } from '../colour.js';
import { isChineseLocale } from '../locale.js';
import { UsageError } from '../usage-error.js';
import type { DemoStage } from './demo-stage.js';
import { DEMO_TEXT, type DemoText } from './demo-text.js';

export type Language = keyof typeof DEMO_TEXT;

/** `--lang`, else the locale (LC_ALL, LC_MESSAGES, LANG). */
export function parseLanguage(text: string | undefined): Language {
  if (text === undefined) return isChineseLocale() ? 'zh' : 'en';
  if (Object.hasOwn(DEMO_TEXT, text)) return text as Language;
  throw new UsageError(`--lang: expected ${Object.keys(DEMO_TEXT).join(' or ')}, found ${text}`);
}

/** Prints steps as they happen; colours only on a terminal. */
export class Narrator {
  readonly text: DemoText;
  /** Of the stage that is told of. */
  readonly kind: DemoStage['kind'];
  readonly #painted = painterFor(process.stdout);
  #step = 0;

  constructor(language: Language, kind: DemoStage['kind']) {
    this.text = DEMO_TEXT[language];
    this.kind = kind;
  }

  /** A time, with whose milliseconds they are. */
  ms(ms: number, digits = 0): string {
    return this.text.ms[this.kind](ms.toFixed(digits));
  }

  step(title: string): void {
    this.#step++;
    this.say(`\n${this.paint('bold', `${this.#step}. ${title}`)}`);
  }

  /** Lines too long for 80 columns go on below, indented. */
  say(text = '', indent = ''): void {
    for (const line of text.split('\n').flatMap((one) => wrap(`${indent}${one}`, `${indent}    `))) {
      process.stdout.write(`${line}\n`);
    }
  }

  /** What a command printed, under the command. */
  shell(where: string, command: string, output: string): void {
    this.say(`\n  ${this.paint('cyan', `${where} $ ${command}`)}`);
    for (const line of output.trimEnd().split('\n')) this.say(line.trimEnd(), '  ');
  }

  note(text: string): void {
    for (const line of text.split('\n')) this.say(`  ${this.paint('dim', line)}`);
  }

  paint(colour: Colour, text: string): string {
    return this.#painted(colour, text);
  }
}

const COLUMNS = 80;
// Escape sequences take no room. CJK and full-width characters take two columns.
const ESCAPE = new RegExp(`${String.fromCharCode(27)}\\[\\d+m`, 'g');
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/g;

/** Columns that a terminal needs for the text. */
export function columnsOf(text: string): number {
  const shown = text.replace(ESCAPE, '');
  return shown.length + (shown.match(WIDE)?.length ?? 0);
}

function wrap(text: string, indent: string): string[] {
  if (columnsOf(text) <= COLUMNS) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=\S)(?=\s)/)) {
    if (line !== '' && columnsOf(line + word) > COLUMNS) {
      lines.push(line);
      line = indent + word.trimStart();
    } else line += word;
  }
  return [...lines, line];
}
