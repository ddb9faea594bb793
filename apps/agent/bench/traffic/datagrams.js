/**
 * UDP as fast as system calls allow, 64 datagrams a call, from inside a namespace:
 *
 *     receive PORT                          until nothing has come for a while; prints {"packets"}
 *     send ADDRESS PORT BYTES SECONDS       begins when a line comes in; prints {"packets", "seconds"}
 *
 * iperf3 spends a system call on every datagram, and at 64 bytes that would be what is measured.
 */
import { readSync } from 'node:fs';
import { addressOf, bind, connect, must, recvmmsg, sendmmsg, setsockopt, socket } from '../libc.js';

const BATCH = 64;
const ROOM = 2048;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_RCVBUFFORCE = 33;
const MSG_WAITFORONE = 0x10000;
const BUFFER_BYTES = 8 << 20;
const IDLE_MICROSECONDS = 400_000n;
/** How often nothing may come before the first datagram. */
const PATIENCE = 25;

/**
 * One array that holds all of it, so that nothing the kernel points at is collected: `BATCH` headers, `BATCH` iovecs
 * over one and the same payload, the payload.
 *
 *     mmsghdr | name 8 | namelen 4 | - 4 | iov 8 | iovlen 8 | control 8 | controllen 8 | flags 4 | - 4 | len 4 | - 4 |
 *     iovec   | base 8 | length 8 |
 */
function messages(payloadBytes) {
  const [header, iovec] = [64, 16];
  const iovecs = BATCH * header;
  const payload = iovecs + BATCH * iovec;
  const all = new Uint8Array(payload + payloadBytes);
  const view = new DataView(all.buffer);
  const at = addressOf(all);
  for (let i = 0; i < BATCH; i++) {
    view.setBigUint64(i * header + 16, at + BigInt(iovecs + i * iovec), true);
    view.setBigUint64(i * header + 24, 1n, true);
    view.setBigUint64(iovecs + i * iovec, at + BigInt(payload), true);
    view.setBigUint64(iovecs + i * iovec + 8, BigInt(payloadBytes), true);
  }
  return all;
}

function sockaddr(address, port) {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_INET, true);
  view.setUint16(2, port);
  bytes.set(address.split('.').map(Number), 4);
  return bytes;
}

const print = (line) => process.stdout.write(`${line}\n`);

function receive(port) {
  const fd = must('socket', socket(AF_INET, SOCK_DGRAM, 0));
  const room = Int32Array.of(BUFFER_BYTES);
  must('setsockopt(SO_RCVBUFFORCE)', setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, room, 4));
  const timeval = BigInt64Array.of(0n, IDLE_MICROSECONDS);
  must('setsockopt(SO_RCVTIMEO)', setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, timeval, 16));
  must('bind', bind(fd, sockaddr('0.0.0.0', port), 16));
  print('ready');
  const batch = messages(ROOM);
  let packets = 0;
  for (let idle = 0; idle < PATIENCE; ) {
    const count = recvmmsg(fd, batch, BATCH, MSG_WAITFORONE, null);
    if (count > 0) packets += count;
    else if (packets > 0) break;
    else idle++;
  }
  print(JSON.stringify({ packets }));
}

function send(address, port, bytes, seconds) {
  const fd = must('socket', socket(AF_INET, SOCK_DGRAM, 0));
  must('connect', connect(fd, sockaddr(address, port), 16));
  const batch = messages(bytes);
  print('ready');
  readSync(0, Buffer.alloc(16));
  const began = performance.now();
  const end = began + seconds * 1000;
  let packets = 0;
  // What the kernel refuses (no buffer, an ICMP error about an earlier one) was not sent.
  while (performance.now() < end) packets += Math.max(0, sendmmsg(fd, batch, BATCH, 0));
  print(JSON.stringify({ packets, seconds: (performance.now() - began) / 1000 }));
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'receive') receive(Number(args[0]));
else if (verb === 'send') send(args[0], ...args.slice(1).map(Number));
else throw new Error(`expected send or receive, found ${verb}`);
