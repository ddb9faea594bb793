/** What the agent and the thread of a forwarder say to each other. */
import type { FlowCounters, ForwarderCounters } from '@podlan/dataplane';
import type { ForwarderRow, Tunnel } from '@podlan/linux/model';
import type { CapturedPacket, CaptureOrder } from '../capture/capture-order.js';
import type { Edges } from './inheritance.js';

export type WorkerRequest =
  | { readonly id: number; readonly op: 'set' | 'delete'; readonly tunnel: Tunnel }
  | { readonly id: number; readonly op: 'counters' }
  | { readonly id: number; readonly op: 'flows'; readonly idleSinceMs: number }
  /** `order` is absent to end the capture. */
  | {
      readonly id: number;
      readonly op: 'capture';
      readonly capture: number;
      readonly order: CaptureOrder | undefined;
    }
  /** To a worker that is held: carry packets from now on. */
  | { readonly id: number; readonly op: 'start' }
  | { readonly id: number; readonly op: 'stop' };
/** Flows as the module's records: they are read where no packet waits for it. */
export interface FlowRecords {
  readonly live: Uint8Array;
  readonly ended: Uint8Array;
  readonly counters: FlowCounters;
}

/** To nobody: counters and flows at the end. */
export const LAST_ANSWER = -1;
/** To nobody: packets that captures asked for. */
export const NO_ANSWER = -2;

/** `id` 0 says that device and socket are open. */
export interface WorkerAnswer {
  readonly id: number;
  readonly error?: string;
  readonly counters?: ForwarderCounters;
  readonly flows?: FlowRecords;
  /** To nobody in particular, as they come. */
  readonly captured?: readonly CapturedPacket[];
  readonly opened?: Pick<Edges, 'device' | 'socket'>;
}
/** What a worker is made with. */
export interface WorkerInput {
  readonly row: ForwarderRow;
  readonly wakeFd: number;
  /** To be woken when it carries nothing any more. */
  readonly endedFd: number;
  /** Device and socket that a predecessor had open, the worker's to close. */
  readonly inherited: Edges | undefined;
  /** Carry no packets until told to start. */
  readonly held: boolean;
  /** How many flows to keep. */
  readonly flows: number;
}
