/** What the worker says of the code that it runs, checked where it arrives: that code can say things too. */

/** Of `console.log`, of `console.error`, of an expression's value, of what ended the run. */
export type Stream = 'out' | 'err' | 'value' | 'error';

/** Something printed: one line or several. */
export interface Printed {
  readonly stream: Stream;
  readonly text: string;
  /** Where in the code an error comes from, the first line being 1. */
  readonly line?: number;
}

/** `started`: everything is loaded, and the code begins. `done`: it has ended, and nothing that it began goes on. */
export type Message =
  | { readonly kind: 'started' }
  | { readonly kind: 'done' }
  | ({ readonly kind: 'printed' } & Printed);

const STREAMS: readonly unknown[] = ['out', 'err', 'value', 'error'] satisfies Stream[];

/** Undefined for what is no message. */
export function parseMessage(data: unknown): Message | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { kind, stream, text, line } = data as Record<string, unknown>;
  if (kind === 'started' || kind === 'done') return { kind };
  if (kind !== 'printed' || !STREAMS.includes(stream) || typeof text !== 'string') return undefined;
  const printed = { kind, stream: stream as Stream, text } as const;
  return Number.isSafeInteger(line) ? { ...printed, line: line as number } : printed;
}
