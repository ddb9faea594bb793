/** Frames as they pass a device, in any namespace: a packet socket (packet(7)) in a thread of its own. */
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { createEventFd } from './event-fd.js';
import { LinuxError, type LinuxErrorOptions } from './linux-error.js';
import { netnsPath } from './netns.js';

/** A frame, with its link header, as the device had it. */
export interface CapturedFrame {
  /** Since the epoch, by the kernel's clock when it saw the frame. */
  readonly timestampNs: bigint;
  /** `out`: sent by this host (or to the other end of a veth pair). */
  readonly direction: 'in' | 'out';
  /** It came in, but is to the MAC of another: the device's own host does not take it. */
  readonly isToOthers: boolean;
  readonly bytes: Uint8Array;
}

/** What to listen to, and until when. */
export interface CaptureOptions {
  readonly netns?: string | undefined;
  readonly device: string;
  /** Ends the capture. */
  readonly signal: AbortSignal;
}

export interface CaptureWorkerData {
  readonly netnsFile: string | undefined;
  readonly device: string;
  readonly wakeFd: number;
}
export type CaptureMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: LinuxErrorOptions }
  | { readonly kind: 'frames'; readonly frames: readonly CapturedFrame[] };

/** The worker is a built file also where this one runs from its source, as in tests. */
const WORKER = new URL('../dist/capture-worker.js', import.meta.url);

/**
 * Frames that pass a device, both ways. Resolves once the device is listened on: what is sent after that is seen.
 * Rejects with LinuxError where the device or the namespace is not there, or CAP_NET_RAW is missing (packet(7)).
 * @example As root
 * ```ts
 * import { capture, ping } from '@podlan/linux';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const stop = new AbortController();
 * const frames = await capture({ device: 'lo', signal: stop.signal });
 * await ping(parseIpAddress('127.0.0.1')!);
 * stop.abort();
 *
 * const seen = [];
 * for await (const { direction, bytes } of frames) seen.push(`${direction} ${bytes.length} bytes`);
 * // The request and its reply, each as it was sent and as it came in.
 * seen; // => ['out 98 bytes', 'in 98 bytes', 'out 98 bytes', 'in 98 bytes']
 * ```
 */
export async function capture(options: CaptureOptions): Promise<AsyncIterable<CapturedFrame>> {
  const netnsFile = options.netns === undefined ? undefined : netnsPath(options.netns);
  // libuv's threads are born at the first use, in the namespace of whichever thread that is: let it be this one.
  await stat('/');
  const running = new Capture({ netnsFile, device: options.device }, options.signal);
  await running.ready;
  return running.frames();
}

class Capture {
  readonly ready: Promise<void>;
  readonly #wake = createEventFd();
  readonly #queue: CapturedFrame[] = [];
  #ended = false;
  #notify = () => {};

  constructor(target: Omit<CaptureWorkerData, 'wakeFd'>, signal: AbortSignal) {
    const workerData: CaptureWorkerData = { ...target, wakeFd: this.#wake.fd };
    const worker = new Worker(WORKER, { workerData });
    const onAbort = () => this.#wake.wake();
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    this.ready = new Promise((resolve, reject) => {
      worker.on('message', (message: CaptureMessage) => this.#take(message, resolve, reject));
      worker.on('error', reject);
      worker.on('exit', () => {
        signal.removeEventListener('abort', onAbort);
        this.#end();
        resolve();
      });
    });
  }

  async *frames(): AsyncGenerator<CapturedFrame> {
    try {
      for (;;) {
        yield* this.#queue.splice(0);
        if (this.#queue.length > 0) continue;
        if (this.#ended) return;
        await new Promise<void>((resolve) => {
          this.#notify = resolve;
        });
      }
    } finally {
      this.#wake.wake();
    }
  }

  #take(message: CaptureMessage, resolve: () => void, reject: (error: Error) => void): void {
    if (message.kind === 'ready') resolve();
    else if (message.kind === 'failed') reject(new LinuxError(message.error));
    else {
      this.#queue.push(...message.frames);
      this.#notify();
    }
  }

  #end(): void {
    this.#ended = true;
    this.#wake.close();
    this.#notify();
  }
}
