/** What a system call's errno says, as a LinuxError. */
import { errno, errnoName } from './libc.js';
import { LinuxError } from './linux-error.js';

/** What an errno means to whoever made this call; others are told by name. */
export type Reasons = Readonly<Record<string, string>>;

/** For the call of this thread that failed last, where `number` says nothing else. */
export function callError(
  op: string,
  args: readonly string[],
  reasons: Reasons = {},
  number = errno(),
): LinuxError {
  const name = errnoName(number);
  return new LinuxError({ op, args, errno: name, message: reasons[name] ?? name });
}
