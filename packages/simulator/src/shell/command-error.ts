/** Why a command did nothing. */

/** `refused`: the real tool, or the kernel behind it, says so too. `not-simulated`: a real host might well do it. */
export type CommandErrorCode = 'refused' | 'not-simulated';

/**
 * What a command that did nothing says. Branch on `code`; the message of a refused one is that of the real tool.
 * @example
 * ```ts
 * import { CommandError, runCommand, SimNetwork } from '@podlan/simulator';
 *
 * const netns = new SimNetwork().addNetns('host-a');
 * const errorOf = (line: string) => {
 *   try {
 *     runCommand(netns, line);
 *   } catch (error) {
 *     return error instanceof CommandError ? [error.code, error.message] : undefined;
 *   }
 * };
 * errorOf('ip link set eth9 up'); // => ['refused', 'Cannot find device "eth9"']
 * errorOf('ls')?.[0]; // => 'not-simulated'
 * ```
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code: CommandErrorCode;

  constructor(code: CommandErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export const refused = (message: string): CommandError => new CommandError('refused', message);

/** Of the kernel, by the text of an errno. */
export const rtnetlink = (errno: string): CommandError => refused(`RTNETLINK answers: ${errno}`);

export const notSimulated = (expected: string, got: string, known: readonly string[]): CommandError =>
  new CommandError('not-simulated', `expected ${expected}, got ${got}; known here: ${known.join(', ')}`);

export const cannotFind = (device: string): CommandError => refused(`Cannot find device "${device}"`);
