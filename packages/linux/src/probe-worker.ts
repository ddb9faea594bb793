/** The thread of a probe: enters the namespace, sends the packet, hands over what came of it, and ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { enterNetns } from './enter-netns.js';
import { failureOf } from './linux-error.js';
import type { ProbeMessage, ProbeOrder } from './probe.js';
import { ProbeSocket } from './probe-socket.js';

function run(order: ProbeOrder): ProbeMessage {
  try {
    if (order.netnsFile !== undefined) enterNetns(order.netnsFile);
    const socket = new ProbeSocket(order);
    try {
      return { answer: socket.run() };
    } finally {
      socket.close();
    }
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

parentPort?.postMessage(run(workerData as ProbeOrder));
