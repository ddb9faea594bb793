/** A status again and again: drawn over on a terminal, one after the other elsewhere. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** To the first column of the first line, and from there all away. */
const CLEAR = '\x1b[H\x1b[2J';

export interface Watching {
  readonly intervalMs: number;
  /** Text to show, without a newline at its end; never rejects. */
  readonly next: () => Promise<string>;
  readonly signal: AbortSignal;
  /** Draw over what was shown before. */
  readonly redraw: boolean;
  readonly out: NodeJS.WritableStream;
}

/** Until the signal aborts. */
export async function watchStatus({ intervalMs, next, signal, redraw, out }: Watching): Promise<void> {
  while (!signal.aborted) {
    const began = performance.now();
    const text = await next();
    if (signal.aborted) return;
    if (!out.write(`${redraw ? CLEAR : ''}${text}\n`)) await once(out, 'drain', { signal }).catch(() => {});
    const restMs = Math.max(0, intervalMs - (performance.now() - began));
    await sleep(restMs, undefined, { signal }).catch(() => {});
  }
}
