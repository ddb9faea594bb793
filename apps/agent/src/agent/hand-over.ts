/**
 * How an agent gives way to a successor. The successor asks by one request, `POST /hand-over` at the control socket, and
 * holds it open until it is ready:
 *
 *     successor                                     agent that runs
 *       one line: who it is, where files go   ->      its node loop ends: from here the kernel's tables are the
 *                                                     successor's to change; its forwarders go on carrying packets
 *                                             <-      one line; TAPs and sockets, by SCM_RIGHTS
 *       fills tables of its own
 *       the end of the request                ->      its forwarders stop; what comes now waits in the files
 *       its forwarders start                  <-      each says so by an eventfd, thread to thread
 *                                             <-      the end of the answer
 *                                                     the process ends; it undoes nothing
 *
 * A successor that is gone before the end of the answer leaves all to the agent again: its node loop goes on, and puts
 * back forwarders that have stopped already.
 */
import { readlinkSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendFds } from '@podlan/linux';
import * as v from 'valibot';
import { VERSION } from '../version.js';
import { type Edges, fdsOf } from './inheritance.js';

export const HAND_OVER_PATH = '/hand-over';
/** Of what is said here, and of how the files handed on are set up. Another number is not understood. */
export const HAND_OVER_PROTOCOL = 1;

/** Not to this successor: it is to leave us alone. */
export const UNWILLING = 409;
/** To none in this way: it may end us and begin anew. */
export const UNABLE = 501;

/** What a successor begins with. */
export const HandOverRequest = v.object({
  protocol: v.literal(HAND_OVER_PROTOCOL),
  pid: v.number(),
  /** A device means nothing in another network namespace. */
  netns: v.string(),
  /** Where a datagram with the open files is to go; absent where they are of no use. */
  filesTo: v.optional(v.string()),
});
export type HandOverRequest = v.InferOutput<typeof HandOverRequest>;

/** What it is answered. */
export const HandOverAnswer = v.object({
  protocol: v.literal(HAND_OVER_PROTOCOL),
  pid: v.number(),
  version: v.string(),
});
export type HandOverAnswer = v.InferOutput<typeof HandOverAnswer>;

/** The datagram's text: the devices whose files come. */
export const PassedDevices = v.array(v.string());

export const ownNetns = (): string => readlinkSync('/proc/self/ns/net');

/** The forwarders, as far as handing over is concerned. */
interface Carrier {
  edges(): Readonly<Record<string, Edges>>;
  close(): Promise<void>;
}

interface Successor {
  readonly request: HandOverRequest;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

export class HandOver {
  #asked = new AbortController();
  #successor: Successor | undefined;

  /** Aborts when a successor asks: the node loop is to end. A new one after each `complete` that came to nothing. */
  get asked(): AbortSignal {
    return this.#asked.signal;
  }

  /** Answers `POST /hand-over`. */
  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const said = await firstLine(incoming).catch(() => '');
    const { success, output } = v.safeParse(HandOverRequest, parseJson(said));
    if (!success) return refuse(outgoing, UNABLE, `expected protocol ${HAND_OVER_PROTOCOL}, found ${said}`);
    const refusal = this.#refusal(output);
    if (refusal !== undefined) return refuse(outgoing, UNWILLING, refusal);
    this.#successor = { request: output, incoming, outgoing };
    this.#asked.abort();
  }

  #refusal({ netns }: HandOverRequest): string | undefined {
    if (netns !== ownNetns()) return 'expected a successor in the same network namespace';
    if (this.#successor !== undefined) return `process ${this.#successor.request.pid} takes over already`;
    return undefined;
  }

  /** To be called once the node loop has ended. False: there is no successor any more, and the loop is to go on. */
  async complete(carrier: Carrier, signal: AbortSignal): Promise<boolean> {
    const { outgoing } = this.#successor!;
    const abandon = () => outgoing.destroy();
    signal.addEventListener('abort', abandon);
    try {
      return await handOver(this.#successor!, carrier);
    } finally {
      signal.removeEventListener('abort', abandon);
      this.#successor = undefined;
      this.#asked = new AbortController();
    }
  }
}

async function handOver({ request, incoming, outgoing }: Successor, carrier: Carrier): Promise<boolean> {
  try {
    if (request.filesTo !== undefined) sendEdges(request.filesTo, carrier.edges());
  } catch (error) {
    refuse(outgoing, UNABLE, `the open files can't be sent: ${(error as Error).message}`);
    return false;
  }
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  const answer: HandOverAnswer = { protocol: HAND_OVER_PROTOCOL, pid: process.pid, version: VERSION };
  outgoing.write(`${JSON.stringify(answer)}\n`);
  if (!(await wholeRequest(incoming, outgoing))) return false;
  await carrier.close();
  return endOf(outgoing);
}

function sendEdges(path: string, edges: Readonly<Record<string, Edges>>): void {
  const text = JSON.stringify(Object.keys(edges));
  sendFds(path, { text, fds: Object.values(edges).flatMap(fdsOf) });
}

/** False where the connection ends before the request does. */
function wholeRequest(incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    incoming.once('end', () => resolve(true));
    outgoing.once('close', () => resolve(false));
    if (outgoing.destroyed) resolve(false);
    incoming.resume();
  });
}

/** False where the connection ends before all is said. */
function endOf(outgoing: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    outgoing.once('finish', () => resolve(true));
    outgoing.once('close', () => resolve(false));
    if (outgoing.destroyed) resolve(false);
    else outgoing.end();
  });
}

function refuse(outgoing: ServerResponse, status: number, error: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  outgoing.end(`${JSON.stringify({ error })}\n`);
}

/** Up to the end of the line or of what is said at all. The stream is left paused. */
export function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const done = () => {
      stream.off('data', onData).off('end', done).off('error', reject).pause();
      resolve(text.split('\n', 1)[0]!);
    };
    const onData = (chunk: Buffer | string) => {
      text += chunk;
      if (text.includes('\n')) done();
    };
    stream.on('data', onData).once('end', done).once('error', reject);
  });
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
