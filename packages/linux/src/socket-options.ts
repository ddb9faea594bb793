/** Socket options that are one number (socket(7), setsockopt(2)). */
import { getsockopt, setsockopt } from './libc.js';

const SOL_SOCKET = 1;
/** The forced one goes past net.core.[rw]mem_max, where CAP_NET_ADMIN allows it. */
const BUFFER_OPTIONS = {
  send: { plain: 7, forced: 32 },
  receive: { plain: 8, forced: 33 },
} as const;

/** Whether the kernel took it. */
export function setOption(fd: number, level: number, name: number, value: number): boolean {
  return setsockopt(fd, level, name, new Uint8Array(Int32Array.of(value).buffer), 4) === 0;
}

/** What an option of an open socket is set to. */
export function getOption(fd: number, level: number, name: number): number {
  const value = new Int32Array(1);
  getsockopt(fd, level, name, new Uint8Array(value.buffer), new Uint8Array(Int32Array.of(4).buffer));
  return value[0]!;
}

/** As far as the kernel allows: a small buffer only loses more in a burst. */
export function growBuffer(fd: number, direction: 'send' | 'receive', bytes: number): void {
  const { plain, forced } = BUFFER_OPTIONS[direction];
  if (!setOption(fd, SOL_SOCKET, forced, bytes)) setOption(fd, SOL_SOCKET, plain, bytes);
}
