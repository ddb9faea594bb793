/** The thread that carries packets: opens the device and the UDP socket and runs the pump until told to stop. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Forwarder, runPump, SUPER_SLOT_BYTES } from '@podlan/dataplane';
import { Poller, RawSocket, TapDevice, UdpSocket } from '@podlan/linux';
import type { ForwarderRow, Tunnel } from '@podlan/linux/model';
import type { WorkerAnswer, WorkerRequest } from './worker-forwarder.js';

/** In each direction: frames or super-packets read, datagrams or trains received, in one batch. */
const SLOTS = 64;

const { row, wakeFd } = workerData as { row: ForwarderRow; wakeFd: number };
const port = parentPort!;
const answer = (message: WorkerAnswer) => port.postMessage(message);

function setTunnel(
  forwarder: Forwarder,
  op: 'set' | 'delete',
  { prefix, remote, port }: Tunnel,
): string | undefined {
  try {
    if (op === 'set') forwarder.setTunnel(prefix, remote, port);
    else forwarder.deleteTunnel(prefix);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Table changes and questions, taken between two batches. False: stop. */
function serveRequests(forwarder: Forwarder): boolean {
  for (;;) {
    const message = (receiveMessageOnPort(port) as { message: WorkerRequest } | undefined)?.message;
    if (message === undefined) return true;
    if (message.op === 'stop') return false;
    if (message.op === 'counters') answer({ id: message.id, counters: forwarder.counters() });
    else {
      const error = setTunnel(forwarder, message.op, message.tunnel);
      answer({ id: message.id, ...(error !== undefined && { error }) });
    }
  }
}

const forwarder = await Forwarder.create({ slots: SLOTS, slotBytes: SUPER_SLOT_BYTES });
forwarder.configure(row);
const isBare = row.type === 'udp';
using device = TapDevice.open(row.dev, { type: isBare ? 'tun' : 'tap' });
using socket = UdpSocket.bind(row.local, row.port, { dontFragment: isBare });
using errors = isBare ? RawSocket.open() : undefined;
using poller = new Poller({ device: device.fd, socket: socket.fd, wake: wakeFd });
answer({ id: 0 });
const edges = { device, socket, poller, ...(errors && { errors }) };
runPump({ forwarder, ...edges, onTables: () => serveRequests(forwarder) });
port.close();
