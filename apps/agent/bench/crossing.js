/** What of a steady flow from pod to pod arrives, while something is done to the agents it passes. */
import { fileURLToPath } from 'node:url';
import { start } from './processes.js';

const program = (name) => fileURLToPath(new URL(`./traffic/${name}.js`, import.meta.url));
const SEQUENCE = program('sequence');
const STREAM = program('stream');
const SEQUENCE_PORT = 9100;
const STREAM_PORT = 9101;
const BYTES = 64;

/** A program that prints `ready`, and one line when it has ended. */
async function begin(netns, ...argv) {
  const child = start(netns, process.execPath, ...argv.map(String));
  await child.line();
  const end = async (last = '') => {
    if (last) child.say(last);
    child.hush();
    return JSON.parse(await child.line());
  };
  return { end, kill: child.end };
}

/** Both ends of a flow, started and ended in the order that loses nothing. */
async function across({ from, to, address }, file, port, pace, act) {
  const receiver = await begin(to, file, 'receive', port);
  try {
    const sender = await begin(from, file, 'send', address, port, ...pace);
    try {
      await act();
      const sent = await sender.end();
      return { sent, received: await receiver.end(`${sent.sent}\n`) };
    } finally {
      sender.kill();
    }
  } finally {
    receiver.kill();
  }
}

/** Numbered datagrams of 64 bytes: `{ sent, lost, again, longestSilenceMs }`. */
export async function datagramsDuring(act, path, perSecond) {
  const { sent, received } = await across(path, SEQUENCE, SEQUENCE_PORT, [BYTES, perSecond], act);
  const { again, longestSilenceMs } = received;
  return { sent: sent.sent, lost: sent.sent - received.received, again, longestSilenceMs };
}

/** One TCP connection: `{ sent, received, longestSilenceMs }`, in bytes. `megabits` 0: as fast as it goes. */
export async function streamDuring(act, path, megabits) {
  const { sent, received } = await across(path, STREAM, STREAM_PORT, [megabits], act);
  return { sent: sent.bytes, received: received.bytes, longestSilenceMs: received.longestSilenceMs };
}
