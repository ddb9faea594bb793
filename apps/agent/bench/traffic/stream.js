/**
 * One TCP connection that never rests, from inside a namespace, until the sender's standard input ends:
 *
 *     receive PORT                   takes one connection; prints {"bytes", "longestSilenceMs"} when it ends well
 *     send ADDRESS PORT MBIT         as fast as that, or as it goes where MBIT is 0; prints {"bytes", "seconds"}
 *
 * Both print `ready` first. A connection that breaks is an error.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const CHUNK = Buffer.alloc(64 << 10);
const print = (line) => process.stdout.write(`${line}\n`);

async function receive(port) {
  const server = createServer().listen(port);
  await once(server, 'listening');
  print('ready');
  const [socket] = await once(server, 'connection');
  server.close();
  let [bytes, lastMs, longestSilenceMs] = [0, performance.now(), 0];
  socket.on('data', (chunk) => {
    const nowMs = performance.now();
    longestSilenceMs = Math.max(longestSilenceMs, nowMs - lastMs);
    [bytes, lastMs] = [bytes + chunk.length, nowMs];
  });
  await once(socket, 'end');
  print(JSON.stringify({ bytes, longestSilenceMs }));
}

async function send(address, port, megabits) {
  const socket = connect(port, address);
  await once(socket, 'connect');
  let ended = false;
  process.stdin
    .once('end', () => {
      ended = true;
    })
    .resume();
  print('ready');
  const began = performance.now();
  const due = () => (megabits === 0 ? Infinity : ((performance.now() - began) * megabits * 1e3) / 8);
  let bytes = 0;
  while (!ended) {
    if (bytes >= due()) await sleep(1);
    else {
      bytes += CHUNK.length;
      if (!socket.write(CHUNK)) await once(socket, 'drain');
      else await new Promise(setImmediate);
    }
  }
  socket.end();
  await once(socket, 'close');
  print(JSON.stringify({ bytes, seconds: (performance.now() - began) / 1000 }));
}

const [verb, ...args] = process.argv.slice(2);
if (verb === 'receive') await receive(Number(args[0]));
else if (verb === 'send') await send(args[0], Number(args[1]), Number(args[2]));
else throw new Error(`expected send or receive, found ${verb}`);
