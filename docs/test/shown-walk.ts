/** A packet's way as the playground shows it. */

import type { TraceHopJson } from '@podlan/simulator';
import type { Page } from 'playwright-core';

/** Where, what, and the bytes. */
export interface ShownHop {
  readonly place: string;
  readonly said: string;
  readonly hex: string;
}

/** What is to be shown of a hop. */
export const shownOf = ({ netns, device, text, before, after }: TraceHopJson): ShownHop => ({
  place: device === null ? netns : `${netns} · ${device}`,
  said: text,
  hex: (after ?? before).hex,
});

/** Every hop, by the button that steps. */
export async function hopsShown(page: Page, step: string): Promise<ShownHop[]> {
  const hops: ShownHop[] = [];
  const steps = page.locator('ol button[aria-current], ol button');
  const count = await steps.count();
  for (let i = 0; i < count; i++) {
    hops.push(
      await page.evaluate(() => {
        const detail = document.querySelector('main [aria-live] h2')!.parentElement!;
        const bytes = [...document.querySelectorAll<HTMLElement>('[data-at]')];
        return {
          place: detail.querySelector('h2')!.firstChild!.textContent!,
          said: detail.querySelector('code')!.textContent!,
          hex: bytes.map(({ textContent }) => textContent).join(''),
        };
      }),
    );
    await page.getByRole('button', { name: step, exact: true }).click();
  }
  return hops;
}
