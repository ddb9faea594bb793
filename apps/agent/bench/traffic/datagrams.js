/**
 * UDP as fast as system calls allow, 64 datagrams a call, from inside a namespace:
 *
 *     receive PORT                          until nothing has come for a while; prints {"packets"}
 *     send ADDRESS PORT BYTES SECONDS       begins when a line comes in; prints {"packets", "seconds"}
 */
import { readSync } from 'node:fs';
import { recvmmsg, sendmmsg } from '../libc.js';
import { BATCH, MSG_WAITFORONE, messages, openReceiver, openSender, ROOM } from './udp.js';

const BUFFER_BYTES = 8 << 20;
const IDLE_MICROSECONDS = 400_000;
/** How often nothing may come before the first datagram. */
const PATIENCE = 25;

const print = (line) => process.stdout.write(`${line}\n`);

function receive(port) {
  const fd = openReceiver(port, BUFFER_BYTES, IDLE_MICROSECONDS);
  print('ready');
  const { all } = messages(ROOM);
  let packets = 0;
  for (let idle = 0; idle < PATIENCE; ) {
    const count = recvmmsg(fd, all, BATCH, MSG_WAITFORONE, null);
    if (count > 0) packets += count;
    else if (packets > 0) break;
    else idle++;
  }
  print(JSON.stringify({ packets }));
}

function send(address, port, bytes, seconds) {
  const fd = openSender(address, port);
  const { all } = messages(bytes);
  print('ready');
  readSync(0, Buffer.alloc(16));
  const began = performance.now();
  const end = began + seconds * 1000;
  let packets = 0;
  // What the kernel refuses (no buffer, an ICMP error about an earlier one) was not sent.
  while (performance.now() < end) packets += Math.max(0, sendmmsg(fd, all, BATCH, 0));
  print(JSON.stringify({ packets, seconds: (performance.now() - began) / 1000 }));
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'receive') receive(Number(args[0]));
else if (verb === 'send') send(args[0], ...args.slice(1).map(Number));
else throw new Error(`expected send or receive, found ${verb}`);
