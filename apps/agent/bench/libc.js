/**
 * The system calls of the traffic and of the rival tunnel. Their own, not those of @podlan/linux: what is measured must
 * not be in the yardstick. Structures are those of 64-bit little-endian Linux.
 */
import koffi from 'koffi';

const libc = koffi.load(null);

export const open = libc.func('int open(const char *path, int flags)');
export const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)');
export const ioctlNumber = libc.func('int ioctl(int fd, unsigned long request, uintptr_t argument)');
export const poll = libc.func('int poll(void *fds, unsigned long count, int timeout)');
export const read = libc.func('int64_t read(int fd, void *buffer, size_t count)');
export const write = libc.func('int64_t write(int fd, void *buffer, size_t count)');
export const socket = libc.func('int socket(int domain, int type, int protocol)');
export const bind = libc.func('int bind(int fd, void *address, unsigned int length)');
export const connect = libc.func('int connect(int fd, void *address, unsigned int length)');
export const setsockopt = libc.func(
  'int setsockopt(int fd, int level, int name, void *value, unsigned int length)',
);
export const sendmmsg = libc.func('int sendmmsg(int fd, void *messages, unsigned int count, int flags)');
export const recvmmsg = libc.func(
  'int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)',
);
const memmove = libc.func('uintptr_t memmove(void *to, void *from, size_t count)');

/** Where a typed array's bytes lie, for as long as it is held. */
export const addressOf = (bytes) => BigInt(memmove(bytes, bytes, 0));

/** Throws where a call says -1. */
export function must(call, result) {
  if (result >= 0) return result;
  const number = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === number)?.[0] ?? number;
  throw new Error(`${call} failed: ${name}`);
}
