/** A browser, and what a page in it answers. */

import { chromiumOptions } from '@podlan/tooling/chromium';
import { type Browser, chromium } from 'playwright-core';

export const launchChromium = (): Promise<Browser> => chromium.launch(chromiumOptions());

/** What `globalThis.answers` of the page at `url` resolves to. Whatever the page logs as an error is thrown. */
export async function answersOf(browser: Browser, url: string): Promise<unknown> {
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(url);
  const answers = await page.evaluate('globalThis.answers');
  await page.close();
  if (errors.length > 0) throw new Error(`${url}: ${errors.join('; ')}`);
  return answers;
}
