/** What a command says on standard error when it fails. */

/** The message; with PODLAN_DEBUG the stack, which begins with it. */
export function complain({ message, stack }: Error): void {
  process.stderr.write(`podlan: ${process.env.PODLAN_DEBUG === undefined ? message : stack}\n`);
}

/** For `catch` of a command that has an exit code of its own for not having been run: says why, and is that code. */
export const complainAnd =
  (exitCode: number) =>
  (error: Error): number => {
    complain(error);
    return exitCode;
  };
