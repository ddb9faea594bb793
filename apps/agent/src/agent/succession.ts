/** An agent's place in a succession: it may take over from the one that runs, and may give way to one that comes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { controllerUnder } from '@podlan/fabric';
import type { Conversations } from './control-socket.js';
import { HAND_OVER_PATH, HandOver } from './hand-over.js';
import { Predecessor } from './predecessor.js';
import type { WorkerForwarder } from './worker-forwarder.js';

/** For a node that does not come up in this time, its predecessor goes on. */
const READY_MS = 30_000;

interface Log {
  info(fields: object, message: string): void;
  warn(message: string): void;
}

/** What is had of a node loop. */
interface Loop {
  readonly finished: Promise<void>;
}

export interface SuccessionOptions {
  readonly forwarder: WorkerForwarder;
  readonly log: Log;
  /** The end of the process. */
  readonly signal: AbortSignal;
  /** Gives up what a successor can't have beside us. */
  readonly leave: () => void;
  /** Has it again, before the next node loop: the successor died. */
  readonly stay: () => Promise<void>;
  /** How long a node may take to come up beside its predecessor. */
  readonly readyMs?: number;
}

export class Succession {
  readonly #handOver = new HandOver();
  #predecessor: Predecessor | undefined;
  #ready = () => {};
  readonly #isReady = new Promise<void>((resolve) => {
    this.#ready = resolve;
  });

  /** For the control socket. */
  readonly conversations: Conversations = {
    [HAND_OVER_PATH]: (incoming, outgoing) => void this.#handOver.serve(incoming, outgoing),
  };

  /** Has the agent that runs at this socket, if any, give way to us. `wantsFiles`: we have forwarders. */
  async relieve(
    socketPath: string,
    wantsFiles: boolean,
    { forwarder, log }: SuccessionOptions,
  ): Promise<void> {
    this.#predecessor = await Predecessor.relieve(socketPath, wantsFiles, log);
    if (this.#predecessor) forwarder.hold(this.#predecessor.inheritance);
  }

  /** The kernel and our tables are as they should be. */
  ready(): void {
    this.#ready();
  }

  /**
   * Runs node loops, one after the other: a loop ends when a successor asks, and the next begins where that one did not
   * come up. `inCharge` is called once we are the agent that runs. Returns at the end of the process, or when a
   * successor carries the packets. Where we do not come up ourselves, all is left to the predecessor again.
   */
  async run(
    start: (signal: AbortSignal) => Loop,
    inCharge: () => Promise<void>,
    options: SuccessionOptions,
  ): Promise<void> {
    try {
      await this.#runLoops(start, inCharge, options);
    } finally {
      this.#predecessor?.abandon();
    }
  }

  async #runLoops(
    start: (signal: AbortSignal) => Loop,
    inCharge: () => Promise<void>,
    options: SuccessionOptions,
  ): Promise<void> {
    const { forwarder, log, signal, leave, stay } = options;
    const carrier = {
      edges: () => forwarder.edges(),
      close: () => {
        leave();
        return forwarder.close();
      },
    };
    await withLoop(start, signal, this.#handOver.asked, (loop) => this.#comeIn(loop, inCharge, options));
    while (!signal.aborted) {
      if (await this.#handOver.complete(carrier, signal)) {
        log.info({}, 'agent ends; its successor carries the packets');
        return;
      }
      if (signal.aborted) return;
      log.warn('the successor did not come up; this agent goes on');
      await stay();
      await withLoop(start, signal, this.#handOver.asked, (loop) => loop.finished);
    }
  }

  async #comeIn(loop: Loop, inCharge: () => Promise<void>, options: SuccessionOptions): Promise<void> {
    if (this.#predecessor && !(await this.#takeOver(this.#predecessor, loop, options))) return;
    await inCharge();
    await loop.finished;
  }

  /** False: the process ends before. */
  async #takeOver(
    predecessor: Predecessor,
    loop: Loop,
    { forwarder, log, signal, readyMs = READY_MS }: SuccessionOptions,
  ): Promise<boolean> {
    const mayStart = Promise.race([this.#isReady, predecessor.ended]).then(() => 'start' as const);
    const ended = loop.finished.then(() => 'end' as const);
    const outcome = await Promise.race([mayStart, ended, sleep(readyMs, 'late' as const, { ref: false })]);
    // A loop that is told to end may have its node ready first.
    if (outcome === 'end' || signal.aborted) return false;
    if (outcome === 'late')
      throw new Error(`not ready within ${readyMs / 1000} s; the agent that ran before goes on`);
    const began = performance.now();
    await predecessor.end();
    await forwarder.start();
    log.info({ waitedMs: Math.round(performance.now() - began) }, 'took over');
    return true;
  }
}

/** A loop never outlives what goes on beside it. */
async function withLoop(
  start: (signal: AbortSignal) => Loop,
  end: AbortSignal,
  asked: AbortSignal,
  beside: (loop: Loop) => Promise<void>,
): Promise<void> {
  const until = controllerUnder(end, asked);
  const loop = start(until.signal);
  try {
    await beside(loop);
  } finally {
    until.abort();
    await loop.finished;
  }
}
