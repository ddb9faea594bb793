/**
 * The loop that moves packets between a device and a socket, through a forwarder. It blocks in `poller.wait` and is
 * meant for a worker of its own. A turn carries at most one batch each way, so neither direction starves the other,
 * and tables change only between turns.
 */
import type { Device, Poller, Socket } from './edges.js';
import type { Forwarder } from './forwarder.js';
import { leaveHeadroom } from './slot-batch.js';

/** What the forwarder's own counters can't know: what the kernel did not take, in datagrams and frames. */
export interface PumpCounters {
  turns: number;
  socketRefused: number;
  deviceRefused: number;
}

export interface PumpOptions {
  readonly forwarder: Forwarder;
  readonly device: Device;
  readonly socket: Socket;
  readonly poller: Poller;
  /** Called between batches after a wake-up, to change tables or read counters. False: stop. */
  readonly onTables?: (counters: Readonly<PumpCounters>) => boolean;
  /** Looked at before each wait. An AbortSignal, or anything backed by shared memory. */
  readonly signal?: { readonly aborted: boolean };
  /** The longest wait for a wake-up; -1 is for ever. */
  readonly waitMs?: number;
}

/** Device to socket: one batch. */
function pumpOut({ forwarder, device, socket }: PumpOptions, counters: PumpCounters): void {
  const batch = forwarder.tx;
  leaveHeadroom(batch);
  const count = device.read(batch);
  if (count === 0) return;
  const wanted = forwarder.encap(count);
  if (wanted > 0) counters.socketRefused += wanted - socket.send(batch, count);
}

/** Socket to device: one batch. */
function pumpIn({ forwarder, device, socket }: PumpOptions, counters: PumpCounters): void {
  const batch = forwarder.rx;
  leaveHeadroom(batch);
  const count = socket.receive(batch);
  if (count === 0) return;
  const wanted = forwarder.decap(count);
  if (wanted > 0) counters.deviceRefused += wanted - device.write(forwarder.frames, wanted);
}

/** Runs until `onTables` says stop or `signal` is aborted. What an edge throws ends it, and is the caller's. */
export function runPump(options: PumpOptions): PumpCounters {
  const { forwarder, device, poller, onTables, signal, waitMs = -1 } = options;
  if (device.merged) forwarder.coalesce(device.merged);
  const counters: PumpCounters = { turns: 0, socketRefused: 0, deviceRefused: 0 };
  while (!signal?.aborted) {
    const ready = poller.wait(waitMs);
    counters.turns++;
    if (ready.woken && onTables?.(counters) === false) break;
    if (ready.device) pumpOut(options, counters);
    if (ready.socket) pumpIn(options, counters);
  }
  return counters;
}
