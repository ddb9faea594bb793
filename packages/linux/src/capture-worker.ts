/** The thread of a capture: enters the namespace, listens on the device, hands frames over until it is woken. */
import { parentPort, workerData } from 'node:worker_threads';
import { callError } from './call-error.js';
import type { CapturedFrame, CaptureMessage, CaptureWorkerData } from './capture.js';
import { enterNetns } from './enter-netns.js';
import * as libc from './libc.js';
import { failureOf, type LinuxError } from './linux-error.js';
import { Poller } from './poller.js';
import { growBuffer } from './socket-options.js';

const AF_PACKET = 17;
const ETH_P_ALL = 3;
/** Of the last packet received, as struct timespec. */
const SIOCGSTAMPNS = 0x8907;
const BUFFER_BYTES = 16 << 20;
/**
 *     sockaddr_ll  | family 2 | protocol 2 | ifindex 4 | hatype 2 | pkttype 1 | halen 1 | addr 8 |
 */
const SOCKADDR_LL_BYTES = 20;
const PKTTYPE = 10;
const PACKET_OTHERHOST = 3;
const PACKET_OUTGOING = 4;
const SNAP_BYTES = 65_550;
/** Frames handed over at once, at most. */
const BATCH = 64;

const { netnsFile, device, wakeFd } = workerData as CaptureWorkerData;

function failure(op: string): LinuxError {
  const reasons = { EPERM: 'needs the right to listen on the network (CAP_NET_RAW)' };
  return callError(op, [netnsFile ?? '', device].filter(Boolean), reasons);
}

const packet = new Uint8Array(SNAP_BYTES);
const from = new Uint8Array(SOCKADDR_LL_BYTES);
const fromLength = new Uint8Array(4);
const timespec = new BigInt64Array(2);

function listen(): number {
  const index = libc.ifNameToIndex(device);
  if (index === 0) throw failure('if_nametoindex');
  const fd = libc.socket(AF_PACKET, libc.SOCK_RAW | libc.O_NONBLOCK | libc.O_CLOEXEC, 0);
  if (fd < 0) throw failure('socket(AF_PACKET)');
  growBuffer(fd, 'receive', BUFFER_BYTES);
  // The first question turns the stamps on; without it the first frames would have the time at which they were read.
  libc.ioctlOnStruct(fd, SIOCGSTAMPNS, new Uint8Array(timespec.buffer));
  const sockaddr = new DataView(new ArrayBuffer(SOCKADDR_LL_BYTES));
  sockaddr.setUint16(0, AF_PACKET, true);
  sockaddr.setUint16(2, ETH_P_ALL);
  sockaddr.setInt32(4, index, true);
  if (libc.bindSocket(fd, new Uint8Array(sockaddr.buffer), SOCKADDR_LL_BYTES) < 0) throw failure('bind');
  return fd;
}

function receive(fd: number): CapturedFrame | undefined {
  new DataView(fromLength.buffer).setUint32(0, SOCKADDR_LL_BYTES, true);
  const length = libc.recvfrom(fd, packet, packet.length, 0, from, fromLength);
  if (length < 0) return undefined;
  libc.ioctlOnStruct(fd, SIOCGSTAMPNS, new Uint8Array(timespec.buffer));
  return {
    timestampNs: timespec[0]! * 1_000_000_000n + timespec[1]!,
    direction: from[PKTTYPE] === PACKET_OUTGOING ? 'out' : 'in',
    isToOthers: from[PKTTYPE] === PACKET_OTHERHOST,
    bytes: packet.slice(0, length),
  };
}

function handOver(fd: number): number {
  const frames: CapturedFrame[] = [];
  for (let frame = receive(fd); frame !== undefined; frame = receive(fd)) {
    frames.push(frame);
    if (frames.length === BATCH) break;
  }
  if (frames.length > 0) post({ kind: 'frames', frames });
  return frames.length;
}

const post = (message: CaptureMessage): void => parentPort?.postMessage(message);

function run(fd: number): void {
  const poller = new Poller({ device: -1, socket: fd, wake: wakeFd });
  while (!poller.wait(-1).woken) handOver(fd);
  // What came before the end was asked for belongs to it.
  while (handOver(fd) > 0);
  libc.close(fd);
}

try {
  if (netnsFile !== undefined) enterNetns(netnsFile);
  const fd = listen();
  post({ kind: 'ready' });
  run(fd);
} catch (error) {
  post({ kind: 'failed', error: failureOf(error) });
}
