/** A block of code that runs in a page, as its reader handles it; and such blocks in the pages' Markdown. */

import { readFileSync } from 'node:fs';
import { LANGUAGES, pagesIn } from '@podlan/tooling/pages';
import type { Locator } from 'playwright-core';
import { isLabScript } from '../src/lab-code/is-lab-script';
import { isRunnable } from '../src/runnable/entries';
import { root } from './built-site';

const ENDED = ['done', 'failed', 'stopped', 'timed-out', 'too-much'];

export class RunnableBlock {
  readonly group: Locator;
  readonly runButton: Locator;
  readonly stopButton: Locator;
  readonly editButton: Locator;
  readonly resetButton: Locator;
  readonly field: Locator;

  constructor(group: Locator) {
    this.group = group;
    const button = (name: RegExp) => group.getByRole('button', { name });
    this.runButton = button(/^(Run|运行)$/);
    this.stopButton = button(/^(Stop|停止)$/);
    this.editButton = button(/^(Edit|编辑)$/);
    this.resetButton = button(/^(Reset|还原)$/);
    this.field = group.locator('textarea');
  }

  async status(): Promise<string> {
    return (await this.group.getAttribute('data-runnable'))!;
  }

  /** Resolves to its status when the run has ended. */
  async ended(limitMs = 20_000): Promise<string> {
    const ended = ENDED.map((status) => `[data-runnable="${status}"]`).join();
    await this.group.and(this.group.page().locator(ended)).waitFor({ timeout: limitMs });
    return this.status();
  }

  async run(): Promise<string> {
    await this.runButton.click();
    return this.ended();
  }

  /** In the place of what was there. */
  async runCode(code: string): Promise<string> {
    if (await this.editButton.isVisible()) await this.editButton.click();
    await this.field.fill(code);
    return this.run();
  }

  /** What it printed, without the last line's end; nothing where there is nothing. */
  async printed(): Promise<string> {
    const output = this.group.locator('section pre');
    return (await output.count()) === 0 ? '' : (await output.textContent())!.replace(/\n$/, '');
  }
}

export interface WrittenBlock {
  readonly code: string;
  /** The ```text block right after it. */
  readonly expected?: string;
}

export interface WrittenPage {
  /** Below the site's own: `en/docs/course/cni`. */
  readonly path: string;
  readonly blocks: readonly WrittenBlock[];
  /** Commands of a lab that the page plays. */
  readonly labs: readonly string[];
}

const BLOCK = /^```js\n([\s\S]*?)\n```\n(?:\n```text\n([\s\S]*?)\n```\n)?/gm;

function blocksOf(markdown: string): WrittenBlock[] {
  const all = [...markdown.matchAll(BLOCK)].map(([, code, expected]) => ({ code: code!, expected }));
  return all.filter(({ code }) => isRunnable(code));
}

const labsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^```sh\n([\s\S]*?)\n```$/gm)].map(([, code]) => code!).filter(isLabScript);

/** Numbers before a name put pages in order, and are no part of where they are. */
const pathOf = (page: string) => page.replace(/\.mdx?$/, '').replace(/(^|\/)\d+-/g, '$1');

/** Every page in every language, with what runs on it. */
export const writtenPages: readonly WrittenPage[] = Object.entries(LANGUAGES).flatMap(([language, folder]) =>
  pagesIn(`${root}/${folder}`).map((page) => {
    const markdown = readFileSync(`${root}/${folder}/${page}`, 'utf8');
    const path = `${language === 'en' ? 'en/' : ''}docs/${pathOf(page)}`;
    return { path, blocks: blocksOf(markdown), labs: labsOf(markdown) };
  }),
);
