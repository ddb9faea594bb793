/** Commands that were typed before, by the arrow keys. */

interface Typed {
  readonly at: string;
  readonly line: string;
}

interface Recalled {
  /** How many commands back. */
  readonly back: number;
  readonly line: string;
}

/** Where a key leads from where one is; undefined for keys that lead nowhere. Each place has a history of its own. */
export function historyStep(
  entries: readonly Typed[],
  place: string,
  { back, key }: { readonly back: number; readonly key: string },
): Recalled | undefined {
  if (key !== 'ArrowUp' && key !== 'ArrowDown') return undefined;
  const lines = entries.filter(({ at }) => at === place).map(({ line }) => line);
  const next = Math.min(Math.max(back + (key === 'ArrowUp' ? 1 : -1), 0), lines.length);
  return { back: next, line: next === 0 ? '' : lines.at(-next)! };
}
