/** UDP in batches of `BATCH` datagrams a call, for the traffic: iperf3 spends a system call on every datagram. */
import { addressOf, bind, connect, must, setsockopt, socket } from '../libc.js';

export const BATCH = 64;
/** Of a receiver's payloads. */
export const ROOM = 2048;
export const MSG_WAITFORONE = 0x10000;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_RCVBUFFORCE = 33;

/**
 * One array that holds all of it, so that nothing the kernel points at is collected: `BATCH` headers, as many iovecs, and
 * payloads.
 *
 *     mmsghdr | name 8 | namelen 4 | - 4 | iov 8 | iovlen 8 | control 8 | controllen 8 | flags 4 | - 4 | len 4 | - 4 |
 *     iovec   | base 8 | length 8 |
 */
export function messages(payloadBytes) {
  const [header, iovec] = [64, 16];
  const iovecs = BATCH * header;
  const payloads = iovecs + BATCH * iovec;
  const all = new Uint8Array(payloads + BATCH * payloadBytes);
  const view = new DataView(all.buffer);
  const at = addressOf(all);
  for (let i = 0; i < BATCH; i++) {
    view.setBigUint64(i * header + 16, at + BigInt(iovecs + i * iovec), true);
    view.setBigUint64(i * header + 24, 1n, true);
    view.setBigUint64(iovecs + i * iovec, at + BigInt(payloads + i * payloadBytes), true);
    view.setBigUint64(iovecs + i * iovec + 8, BigInt(payloadBytes), true);
  }
  return { all, payloadAt: (i) => payloads + i * payloadBytes, view };
}

function sockaddr(address, port) {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  bytes.set(address.split('.').map(Number), 4);
  return bytes;
}

/** A socket whose calls wait `microseconds` at most. */
export function openReceiver(port, bufferBytes, microseconds) {
  const fd = must('socket', socket(AF_INET, SOCK_DGRAM, 0));
  const room = Int32Array.of(bufferBytes);
  must('setsockopt(SO_RCVBUFFORCE)', setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, room, 4));
  const timeval = BigInt64Array.of(0n, BigInt(microseconds));
  must('setsockopt(SO_RCVTIMEO)', setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval, 16));
  must('bind', bind(fd, sockaddr('0.0.0.0', port), 16));
  return fd;
}

export function openSender(address, port) {
  const fd = must('socket', socket(AF_INET, SOCK_DGRAM, 0));
  must('connect', connect(fd, sockaddr(address, port), 16));
  return fd;
}
