/** What a tool of the system printed as JSON, read by `parse`. */
import { LinuxError } from './linux-error.js';

/** Throws LinuxError where the text is no JSON, or JSON of another shape than `parse` knows. */
export function readOutput<T>(argv: readonly string[], stdout: string, parse: (json: unknown) => T): T {
  try {
    return parse(JSON.parse(stdout.trim() || '[]'));
  } catch (cause) {
    const [op = '', ...args] = argv;
    const message = `its output was not understood: ${(cause as Error).message}`;
    throw new LinuxError({ op, args, message, cause });
  }
}
