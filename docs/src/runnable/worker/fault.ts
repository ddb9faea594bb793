/** What is said of an error that ended the run. */

import { inspect } from 'node-inspect-extracted';
import { CodeError } from './compile';

export interface Fault {
  readonly text: string;
  readonly line?: number;
}

/** `url` is the code's own, which stacks name as the place of its lines. */
export function faultOf(error: unknown, url: string): Fault {
  if (!(error instanceof Error)) return { text: `Uncaught ${inspect(error)}` };
  const line = error instanceof CodeError ? error.line : lineIn(error.stack ?? '', url);
  const text = [String(error), ...causesOf(error)].join('\n');
  return line === undefined ? { text } : { text, line };
}

function causesOf({ cause }: Error): string[] {
  if (cause === undefined) return [];
  return [
    `cause: ${cause instanceof Error ? cause : inspect(cause)}`,
    ...(cause instanceof Error ? causesOf(cause) : []),
  ];
}

/** The innermost of the code's lines. All engines write URL:line:column, whatever else their stacks hold. */
function lineIn(stack: string, url: string): number | undefined {
  const at = stack.indexOf(`${url}:`);
  if (at === -1) return undefined;
  return Number.parseInt(stack.slice(at + url.length + 1), 10) || undefined;
}
