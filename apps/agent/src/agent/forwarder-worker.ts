/** The thread that carries packets: opens the device and the UDP socket and runs the pump until told to stop. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Forwarder, runPump, SUPER_SLOT_BYTES } from '@podlan/dataplane';
import {
  EventFd,
  LinuxError,
  Poller,
  RawSocket,
  TapDevice,
  type TapOptions,
  UdpSocket,
  wakeEventFd,
} from '@podlan/linux';
import type { Tunnel } from '@podlan/linux/model';
import { CaptureTap } from '../capture/capture-tap.js';
import {
  type FlowRecords,
  LAST_ANSWER,
  NO_ANSWER,
  type WorkerAnswer,
  type WorkerInput,
  type WorkerRequest,
} from './worker-messages.js';

/** In each direction: frames or super-packets read, datagrams or trains received, in one batch. */
const SLOTS = 64;

const { row, wakeFd, endedFd, inherited, held, flows } = workerData as WorkerInput;
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

const isBare = row.type === 'udp';
const tap = new CaptureTap(isBare, (captured) => answer({ id: NO_ANSWER, captured }));
let started = !held;

function flowsOf({ flows }: Forwarder, idleSinceMs: number): FlowRecords {
  const ended = flows.drainRecords(idleSinceMs);
  return { live: flows.records(), ended, counters: flows.counters() };
}

/** Table changes and questions, taken between two batches. False: stop. */
function serveRequests(forwarder: Forwarder): boolean {
  for (;;) {
    const message = (receiveMessageOnPort(port) as { message: WorkerRequest } | undefined)?.message;
    if (message === undefined) return true;
    if (message.op === 'stop') return false;
    if (message.op === 'start') {
      started = true;
      answer({ id: message.id });
    } else if (message.op === 'counters') answer({ id: message.id, counters: forwarder.counters() });
    else if (message.op === 'capture') {
      tap.set(message.capture, message.order);
      answer({ id: message.id });
    } else if (message.op === 'flows')
      answer({ id: message.id, flows: flowsOf(forwarder, message.idleSinceMs) });
    else {
      const error = setTunnel(forwarder, message.op, message.tunnel);
      answer({ id: message.id, ...(error !== undefined && { error }) });
    }
  }
}

/** Fills the table while somebody else carries the packets, until that one has ended. False: stop. */
function beHeld(forwarder: Forwarder): boolean {
  using ended = inherited && new EventFd(inherited.ended);
  using idle = new Poller({ device: ended?.fd ?? -1, socket: -1, wake: wakeFd });
  while (!started) {
    const { device: hasEnded, woken } = idle.wait(-1);
    if (woken && !serveRequests(forwarder)) return false;
    started ||= hasEnded;
  }
  return true;
}

/** Another configuration may ask for another device or port than the predecessor's: what does not fit is left. */
function adopted<Edge>(adopt: () => Edge, open: () => Edge): Edge {
  try {
    return adopt();
  } catch (error) {
    if (!(error instanceof LinuxError)) throw error;
    return open();
  }
}

function openDevice(): TapDevice {
  const options: TapOptions = { type: isBare ? 'tun' : 'tap' };
  const open = () => TapDevice.open(row.dev, options);
  return inherited ? adopted(() => TapDevice.adopt(inherited.device, row.dev, options), open) : open();
}

function openSocket(): UdpSocket {
  const { local, port } = row;
  const open = () => UdpSocket.bind(local, port, { dontFragment: isBare });
  return inherited ? adopted(() => UdpSocket.adopt(inherited.socket, local, port), open) : open();
}

const forwarder = await Forwarder.create({ slots: SLOTS, slotBytes: SUPER_SLOT_BYTES, flows });
forwarder.configure(row);
// The socket first: its port may be taken, and a device opened in vain is a change that all who watch links look at.
using socket = openSocket();
using device = openDevice();
using errors = isBare ? RawSocket.open() : undefined;
using poller = new Poller({ device: device.fd, socket: socket.fd, wake: wakeFd });
answer({ id: 0, opened: { device: device.fd, socket: socket.fd } });
const edges = { device, socket, poller, ...(errors && { errors }) };
const observe = () => (tap.isIdle ? undefined : tap);
if (beHeld(forwarder)) runPump({ forwarder, ...edges, observe, onTables: () => serveRequests(forwarder) });
wakeEventFd(endedFd);
answer({
  id: LAST_ANSWER,
  counters: forwarder.counters(),
  flows: flowsOf(forwarder, Number.POSITIVE_INFINITY),
});
port.close();
