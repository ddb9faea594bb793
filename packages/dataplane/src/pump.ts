/**
 * The loop that moves packets between a device and a socket, through a forwarder. It blocks in `poller.wait` and is
 * meant for a worker of its own. A turn carries at most one batch each way, so neither direction starves the other,
 * and tables change only between turns.
 */
import type { Device, PacketSender, Poller, Socket } from './edges.js';
import { ErrorLimit } from './error-limit.js';
import type { Forwarder } from './forwarder.js';
import { type JudgedBatch, leaveHeadroom } from './slot-batch.js';

/** What the forwarder's own counters can't know: what the kernel did not take, in datagrams and frames. */
export interface PumpCounters {
  turns: number;
  socketRefused: number;
  deviceRefused: number;
  /** ICMP errors sent for packets that no tunnel leads anywhere with. */
  errorsSent: number;
}

/** Looks at batches before and after each step. Slots are the forwarder's: what is to be kept is copied. */
export interface PumpObserver {
  beforeEncap(batch: JudgedBatch, count: number): void;
  /** Slots that were dropped have length 0, and start where they did. */
  afterEncap(batch: JudgedBatch, count: number): void;
  beforeDecap(batch: JudgedBatch, count: number): void;
  afterDecap(batch: JudgedBatch, count: number): void;
}

/** The forwarder, its two edges, and what ends the loop. */
export interface PumpOptions {
  readonly forwarder: Forwarder;
  readonly device: Device;
  readonly socket: Socket;
  readonly poller: Poller;
  /** What sends ICMP errors, as many as Linux itself would (icmp(7)); none are sent without. */
  readonly errors?: PacketSender;
  /** Milliseconds, for that limit and for flows. */
  readonly nowMs?: () => number;
  /** Called between batches after a wake-up, to change tables or read counters. False: stop. */
  readonly onTables?: (counters: Readonly<PumpCounters>) => boolean;
  /** Asked before each batch: who looks at it, if anybody does. */
  readonly observe?: () => PumpObserver | undefined;
  /** Looked at before each wait. An AbortSignal, or anything backed by shared memory. */
  readonly signal?: { readonly aborted: boolean };
  /** The longest wait for a wake-up; -1 is for ever. */
  readonly waitMs?: number;
}

/** Device to socket: one batch. Returns how many frames were read. */
function pumpOut(
  { forwarder, device, socket, observe }: PumpOptions,
  counters: PumpCounters,
  now: number,
): number {
  const batch = forwarder.tx;
  leaveHeadroom(batch);
  const count = device.read(batch);
  if (count === 0) return 0;
  const observer = observe?.();
  observer?.beforeEncap(batch, count);
  const wanted = forwarder.encap(count, now);
  observer?.afterEncap(batch, count);
  if (wanted > 0) counters.socketRefused += wanted - socket.send(batch, count);
  return count;
}

/** After `pumpOut` of so many frames: tells senders whose packets went nowhere. */
function tellSenders({ forwarder, errors }: PumpOptions, count: number, limit: ErrorLimit): number {
  const made = errors === undefined || count === 0 ? 0 : forwarder.unreachable(count, limit.left);
  if (made === 0) return 0;
  limit.spend(made);
  return errors!.send(forwarder.frames, made);
}

/** Socket to device: one batch. */
function pumpIn(
  { forwarder, device, socket, observe }: PumpOptions,
  counters: PumpCounters,
  now: number,
): void {
  const batch = forwarder.rx;
  leaveHeadroom(batch);
  const count = socket.receive(batch);
  if (count === 0) return;
  const observer = observe?.();
  observer?.beforeDecap(batch, count);
  const wanted = forwarder.decap(count, now);
  observer?.afterDecap(batch, count);
  if (wanted > 0) counters.deviceRefused += wanted - device.write(forwarder.frames, wanted);
}

/**
 * Runs until `onTables` says stop or `signal` is aborted; blocks its thread. What an edge throws ends it, and is the
 * caller's.
 * @example
 * ```ts
 * import { Forwarder, runPump } from '@podlan/dataplane';
 * import { FakeDevice, FakeNetwork, FakePoller } from '@podlan/dataplane/fakes';
 *
 * const network = new FakeNetwork();
 * const device = new FakeDevice();
 * const socket = network.bind('192.168.77.11', 8472);
 * const poller = new FakePoller(device, socket);
 * const forwarder = await Forwarder.create();
 * forwarder.configure({ vni: 1, mac: '02:00:00:00:00:01', networks: ['10.244.0.0/16'], subnets: ['10.244.1.0/24'] });
 * forwarder.setTunnel('10.244.2.0/24', '192.168.77.12', 8472);
 *
 * // Ethernet to B's VTEP, then IPv4 from 10.244.1.2 to 10.244.2.2: a header and nothing in it.
 * const ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
 * const ipv4 = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0x61, 0x02, 10, 244, 1, 2, 10, 244, 2, 2];
 * const frame = Uint8Array.from([...ethernet, ...ipv4]);
 * device.outgoing.push(frame, frame);
 * const counters = runPump({ forwarder, device, socket, poller, onTables: () => !poller.idle });
 * counters; // => { turns: 2, socketRefused: 0, deviceRefused: 0, errorsSent: 0 }
 * network.sent.map(({ destination, bytes }) => `${destination} ${bytes.length}`);
 * // => ['192.168.77.12 42', '192.168.77.12 42']
 * ```
 */
export function runPump(options: PumpOptions): PumpCounters {
  const { forwarder, device, poller, onTables, signal, waitMs = -1, nowMs = Date.now } = options;
  if (device.merged) forwarder.coalesce(device.merged);
  const counters: PumpCounters = { turns: 0, socketRefused: 0, deviceRefused: 0, errorsSent: 0 };
  const limit = new ErrorLimit(nowMs);
  while (!signal?.aborted) {
    const ready = poller.wait(waitMs);
    counters.turns++;
    if (ready.woken && onTables?.(counters) === false) break;
    const now = nowMs();
    if (ready.device) counters.errorsSent += tellSenders(options, pumpOut(options, counters, now), limit);
    if (ready.socket) pumpIn(options, counters, now);
  }
  return counters;
}
