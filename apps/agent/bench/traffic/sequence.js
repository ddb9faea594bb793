/**
 * Numbered UDP datagrams at an even pace, from inside a namespace:
 *
 *     receive PORT                          told how many were sent, prints {"received", "again", "longestSilenceMs"}
 *     send ADDRESS PORT BYTES PER_SECOND    until standard input ends; prints {"sent", "seconds"}
 *
 * Both print `ready` first. The first four bytes are the number. The receiver's buffer holds seconds of it, so whatever
 * is missing was lost on the way.
 */
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { recvmmsg, sendmmsg } from '../libc.js';
import { BATCH, MSG_WAITFORONE, messages, openReceiver, openSender, ROOM } from './udp.js';

const BUFFER_BYTES = 32 << 20;
const LOOK_MICROSECONDS = 20_000;
/** Silence after which what is missing will not come any more. */
const PATIENCE_MS = 1000;

const print = (line) => process.stdout.write(`${line}\n`);

/** What standard input says until it ends; undefined before. */
function told() {
  const input = { text: undefined };
  let text = '';
  process.stdin.on('data', (chunk) => (text += chunk));
  process.stdin.once('end', () => (input.text = text));
  return input;
}

async function receive(port) {
  const fd = openReceiver(port, BUFFER_BYTES, LOOK_MICROSECONDS);
  const { all, view, payloadAt } = messages(ROOM);
  const input = told();
  print('ready');
  const seen = new Set();
  let [packets, lastMs, longestSilenceMs] = [0, undefined, 0];
  const isOver = () =>
    input.text !== undefined &&
    (seen.size >= Number(input.text) || performance.now() - (lastMs ?? 0) > PATIENCE_MS);
  while (!isOver()) {
    const count = Math.max(0, recvmmsg(fd, all, BATCH, MSG_WAITFORONE, null));
    const nowMs = performance.now();
    for (let i = 0; i < count; i++) seen.add(view.getUint32(payloadAt(i)));
    packets += count;
    if (count > 0) {
      longestSilenceMs = Math.max(longestSilenceMs, nowMs - (lastMs ?? nowMs));
      lastMs = nowMs;
    }
    await turn();
  }
  print(JSON.stringify({ received: seen.size, again: packets - seen.size, longestSilenceMs }));
}

async function send(address, port, bytes, perSecond) {
  const fd = openSender(address, port);
  const { all, view, payloadAt } = messages(bytes);
  const input = told();
  print('ready');
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  let sent = 0;
  while (input.text === undefined) {
    for (
      let due = Math.floor(seconds() * perSecond) - sent;
      due > 0;
      due = Math.floor(seconds() * perSecond) - sent
    ) {
      const count = Math.min(due, BATCH);
      for (let i = 0; i < count; i++) view.setUint32(payloadAt(i), sent + i);
      const taken = sendmmsg(fd, all, count, 0);
      if (taken <= 0) break;
      sent += taken;
    }
    await sleep(1);
  }
  print(JSON.stringify({ sent, seconds: seconds() }));
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'receive') await receive(Number(args[0]));
else if (verb === 'send') await send(args[0], ...args.slice(1).map(Number));
else throw new Error(`expected send or receive, found ${verb}`);
