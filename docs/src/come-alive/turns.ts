/**
 * The parts of a page that wait to come alive, one after another, each in a task of its own: a page of text is long, and a
 * slow phone that took it over at once would answer nothing meanwhile.
 */

import { useLayoutEffect, useState } from 'react';

/** When a part may come alive. */
export interface Turn {
  readonly hasCome: boolean;
  readonly coming: Promise<void>;
}

/** What a reader does that a part must not miss; all of them come before what they lead to, such as a click. */
const SIGNS = ['pointerdown', 'keydown', 'focusin'] as const;

/**
 * While parts that are drawn get a turn. What is drawn later, or once a reader has turned to the page, is alive from the start;
 * so is all while the site is written.
 */
let isComing = Boolean(process.env.HYDRATE_CLIENT_ENTRY);
const waiting: (() => void)[] = [];
let isRunning = false;
/** No part waits any more. */
let isAlive = !isComing;
const listeners = new Set<() => void>();

/** Undefined where there is nothing to wait for. */
export function takeTurn(): Turn | undefined {
  if (!isComing) return undefined;
  const turn = { hasCome: false, coming: Promise.resolve() };
  turn.coming = new Promise((resolve) => {
    waiting.push(() => {
      turn.hasCome = true;
      resolve();
    });
  });
  if (!isRunning) void run();
  return turn;
}

/** False as long as a part waits. */
export function useAlive(): boolean {
  const [is, set] = useState(isAlive);
  // Before the next task, which might be the one that tells; what is drawn again may come after it.
  useLayoutEffect(() => {
    if (is) return;
    if (isAlive) return set(true);
    const tell = () => set(true);
    listeners.add(tell);
    return () => void listeners.delete(tell);
  }, [is]);
  return is;
}

async function run(): Promise<void> {
  isRunning = true;
  for (const sign of SIGNS) document.addEventListener(sign, letAll, true);
  // Parts can have parts: those have taken their turns by the next task.
  for (await nextTask(); waiting.length > 0; await nextTask()) waiting.shift()!();
  for (const sign of SIGNS) document.removeEventListener(sign, letAll, true);
  isComing = false;
  isAlive = true;
  for (const tell of listeners) tell();
}

/** A reader who turns to the page waits for no turns. */
function letAll(): void {
  isComing = false;
  for (const begin of waiting.splice(0)) begin();
}

/** Not by a timer: browsers hold back those that are started by others. */
const nextTask = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
