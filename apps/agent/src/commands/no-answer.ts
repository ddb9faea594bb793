/** Exit codes of commands that answer a question: where they could not even ask it, that is no answer. */

export const NO_ANSWER = 2;

/** Says why, and is the exit code. */
export function noAnswer({ message, stack }: Error): number {
  process.stderr.write(`podlan: ${process.env.PODLAN_DEBUG === undefined ? message : stack}\n`);
  return NO_ANSWER;
}
