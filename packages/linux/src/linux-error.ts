/** What a {@link LinuxError} is made from. */
export interface LinuxErrorOptions {
  /** What was tried: a tool (`ip`, `bridge`, `nft`, `sysctl`) or a system call (`bind`, `ioctl(TUNSETIFF)`). */
  readonly op: string;
  /** What it was tried on: the arguments of the tool, the device, the address. */
  readonly args?: readonly string[];
  /** The kernel's name for the reason: `EPERM`. Absent where the tool gave only text. */
  readonly errno?: string | undefined;
  readonly message: string;
  readonly cause?: unknown;
}

/**
 * What a system call or a tool of the system refused to do. Branch on `errno`: `message` is for people.
 * @example
 * ```ts
 * import { LinuxError, TapDevice } from '@podlan/linux';
 *
 * try {
 *   TapDevice.open('flannel.9');
 * } catch (error) {
 *   if (!(error instanceof LinuxError)) throw error;
 *   error.errno; // => 'ENODEV'
 *   error.args; // => ['flannel.9']
 *   error.message; // => 'if_nametoindex flannel.9: there is no such device'
 * }
 * ```
 */
export class LinuxError extends Error {
  override readonly name = 'LinuxError';
  readonly op: string;
  readonly args: readonly string[];
  readonly errno: string | undefined;

  constructor({ op, args = [], errno, message, cause }: LinuxErrorOptions) {
    super(`${[op, ...args].join(' ')}: ${message}`, cause === undefined ? undefined : { cause });
    this.op = op;
    this.args = args;
    this.errno = errno;
  }
}

/** What another thread makes the same error of: its class is lost between threads. Another error is thrown again. */
export function failureOf(error: unknown): LinuxErrorOptions {
  if (!(error instanceof LinuxError)) throw error;
  const { op, args, errno, message } = error;
  return { op, args, errno, message: message.replace(`${[op, ...args].join(' ')}: `, '') };
}

/** What strerror(3) prints, as far as networking meets it, back to names. */
const ERRNO_OF_TEXT: Readonly<Record<string, string>> = {
  'Operation not permitted': 'EPERM',
  'No such file or directory': 'ENOENT',
  'No such process': 'ESRCH',
  'No such device or address': 'ENXIO',
  'No such device': 'ENODEV',
  'Cannot find device': 'ENODEV',
  'Permission denied': 'EACCES',
  'Device or resource busy': 'EBUSY',
  'File exists': 'EEXIST',
  'Invalid argument': 'EINVAL',
  'Numerical result out of range': 'ERANGE',
  'Operation not supported': 'EOPNOTSUPP',
  'Cannot assign requested address': 'EADDRNOTAVAIL',
  'Address already in use': 'EADDRINUSE',
  'Network is unreachable': 'ENETUNREACH',
  'No route to host': 'EHOSTUNREACH',
  'Network is down': 'ENETDOWN',
  'Read-only file system': 'EROFS',
};

/** The errno a tool's message speaks of. */
export function errnoOf(message: string): string | undefined {
  for (const [text, errno] of Object.entries(ERRNO_OF_TEXT)) if (message.includes(text)) return errno;
  return undefined;
}
