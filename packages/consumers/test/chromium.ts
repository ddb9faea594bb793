/** Debian's Chromium, or Chrome, without a window and with a fresh profile. */

import { findProgram } from '@podlan/tooling/system-programs';
import { type Browser, chromium } from 'playwright-core';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launchChromium(): Promise<Browser> {
  const executablePath = findProgram('chromium');
  if (!executablePath) throw new Error('chromium: expected it on the PATH; `npm test` installs it by apt');
  return chromium.launch({ executablePath, args: FLAGS });
}

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
