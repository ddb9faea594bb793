/**
 * The system calls that Node.js has no binding for, through libc.
 *
 * Addresses are plain numbers (user space ends below 2^53), so that no pointer object is made per call. Memory whose
 * address was taken must be held by whoever uses it: V8 does not move what an ArrayBuffer holds. Structures are laid
 * out as on 64-bit little-endian Linux, where glibc and musl agree.
 */
import koffi from 'koffi';

const libc = koffi.load(null);

type Call = (...args: (number | string | Uint8Array)[]) => number;
const bind = (definition: string): Call => libc.func(definition) as unknown as Call;

export const open: Call = bind('int open(const char *path, int flags, int mode)');
export const close: Call = bind('int close(int fd)');
export const read: Call = bind('int64_t read(int fd, uintptr_t buffer, size_t count)');
export const write: Call = bind('int64_t write(int fd, uintptr_t buffer, size_t count)');
export const writev: Call = bind('int64_t writev(int fd, uintptr_t iovecs, int count)');
export const ioctl: Call = bind('int ioctl(int fd, unsigned long request, uintptr_t argument)');
export const ioctlOnStruct: Call = bind('int ioctl(int fd, unsigned long request, void *argument)');
export const poll: Call = bind('int poll(uintptr_t fds, unsigned long count, int timeout)');
export const eventfd: Call = bind('int eventfd(unsigned int initial, int flags)');
export const eventfdRead: Call = bind('int eventfd_read(int fd, void *value)');
export const eventfdWrite: Call = bind('int eventfd_write(int fd, uint64_t value)');
export const flockCall: Call = bind('int flock(int fd, int operation)');
export const setns: Call = bind('int setns(int fd, int type)');
export const adjtimex: Call = bind('int adjtimex(void *timex)');
export const ifNameToIndex: Call = bind('unsigned int if_nametoindex(const char *name)');
export const socket: Call = bind('int socket(int domain, int type, int protocol)');
export const bindSocket: Call = bind('int bind(int fd, void *address, unsigned int length)');
export const connect: Call = bind('int connect(int fd, void *address, unsigned int length)');
export const getsockname: Call = bind('int getsockname(int fd, void *address, void *length)');
export const getsockopt: Call = bind(
  'int getsockopt(int fd, int level, int name, void *value, void *length)',
);
export const sendmsg: Call = bind('int64_t sendmsg(int fd, uintptr_t message, int flags)');
export const recvmsg: Call = bind('int64_t recvmsg(int fd, uintptr_t message, int flags)');
export const setsockopt: Call = bind(
  'int setsockopt(int fd, int level, int name, void *value, unsigned int length)',
);
export const sendto: Call = bind(
  'int64_t sendto(int fd, void *data, size_t length, int flags, void *to, unsigned int toLength)',
);
export const recvfrom: Call = bind(
  'int64_t recvfrom(int fd, void *data, size_t length, int flags, void *from, void *fromLength)',
);
export const recvmmsg: Call = bind(
  'int recvmmsg(int fd, uintptr_t messages, unsigned int count, int flags, uintptr_t timeout)',
);
export const sendmmsg: Call = bind('int sendmmsg(int fd, uintptr_t messages, unsigned int count, int flags)');

const memmove = libc.func('uintptr_t memmove(void *to, void *from, size_t count)') as unknown as (
  to: Uint8Array,
  from: Uint8Array,
  count: number,
) => number | bigint;

/** Where a buffer lies. Valid as long as the buffer is, and is neither detached nor grown. */
export function addressOf(buffer: ArrayBuffer): number {
  const view = new Uint8Array(buffer);
  return Number(memmove(view, view, 0));
}

/** errno of the last call that failed, on this thread. */
export const errno = (): number => koffi.errno();

/** Second names of a number; the first ones are told. */
const ALIASES = new Set(['EWOULDBLOCK', 'EDEADLOCK', 'ENOTSUP']);
const NAMES = new Map(
  Object.entries(koffi.os.errno)
    .filter(([name]) => !ALIASES.has(name))
    .map(([name, value]) => [value as number, name]),
);

/** `EADDRINUSE` for 98. */
export const errnoName = (number: number): string => NAMES.get(number) ?? String(number);

export const ERRNO = {
  EPERM: 1,
  EINTR: 4,
  EIO: 5,
  EAGAIN: 11,
  ENODEV: 19,
  EINVAL: 22,
  ENAMETOOLONG: 36,
  EBADFD: 77,
  EMSGSIZE: 90,
  EADDRNOTAVAIL: 99,
} as const;

export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;

export const O_RDWR = 2;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;
