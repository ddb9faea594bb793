/** A console that prints values the way Node.js does. */

import { format, inspect } from 'node-inspect-extracted';
import type { Stream } from '../messages';

export type Print = (stream: Stream, text: string) => void;

/** Puts it in the place of the worker's own; what it has no method for, such as `console.table`, prints as `log` does. */
export function replaceConsole(print: Print): void {
  let indent = '';
  const counts = new Map<string, number>();
  const write =
    (stream: Stream) =>
    (...args: unknown[]) =>
      print(stream, format(...args).replace(/^/gm, indent));
  const [log, error] = [write('out'), write('err')];

  const methods = {
    ...{ log, info: log, debug: log, table: log, dirxml: log, error, warn: error, trace: error },
    dir: (value: unknown, options: object = {}) => log(inspect(value, { customInspect: false, ...options })),
    assert: (holds: unknown, ...args: unknown[]) => {
      if (!holds) error(args.length > 0 ? 'Assertion failed:' : 'Assertion failed', ...args);
    },
    count: (label = 'default') => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      log(`${label}: ${counts.get(label)}`);
    },
    group: (...args: unknown[]) => {
      if (args.length > 0) log(...args);
      indent += '  ';
    },
    groupEnd: () => {
      indent = indent.slice(2);
    },
  };
  Object.assign(console, methods);
}
