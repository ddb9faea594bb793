/** One run of code, from its frame to its last line. Fetched, with all that code can import, when somebody runs some. */

import workerText from '@generated/runnable-code/default/worker';
import { openFrame } from './frame';
import { type Message, type Printed, parseMessage } from './messages';

export type Status = 'loading' | 'running' | 'done' | 'failed' | 'stopped' | 'timed-out' | 'too-much';

export interface RunState {
  readonly status: Status;
  readonly printed: readonly Printed[];
}

const START_LIMIT_MS = 30_000;
export const RUN_LIMIT_MS = 10_000;
/** In lines and characters: more than anybody reads, less than a page takes ill. */
const MOST_LINES = 1000;
const MOST_CHARACTERS = 200_000;
/** Between two looks at what was printed: a loop prints faster than a page draws. */
const SHOW_EVERY_MS = 50;

class Session {
  readonly #show: (state: RunState) => void;
  readonly #frame: HTMLIFrameElement;
  readonly #port: MessagePort;
  #status: Status = 'loading';
  #printed: Printed[] = [];
  #characters = 0;
  #limit: number;
  #nextShow: number | undefined;

  constructor(code: string, show: (state: RunState) => void) {
    this.#show = show;
    const { frame, port } = openFrame({ worker: workerText, code });
    this.#frame = frame;
    this.#port = port;
    port.onmessage = ({ data }) => this.#hear(parseMessage(data));
    this.#limit = window.setTimeout(() => this.end('timed-out'), START_LIMIT_MS);
  }

  end(status: Status): void {
    if (!this.#isOpen) return;
    this.#status = status;
    window.clearTimeout(this.#limit);
    this.#port.close();
    this.#frame.remove();
    this.#showNow();
  }

  get #isOpen(): boolean {
    return this.#status === 'loading' || this.#status === 'running';
  }

  #hear(message: Message | undefined): void {
    if (message === undefined || !this.#isOpen) return;
    if (message.kind === 'started') this.#start();
    else if (message.kind === 'done') this.end('done');
    else this.#print(message);
  }

  #start(): void {
    if (this.#status === 'running') return;
    this.#status = 'running';
    window.clearTimeout(this.#limit);
    this.#limit = window.setTimeout(() => this.end('timed-out'), RUN_LIMIT_MS);
    this.#showSoon();
  }

  #print({ kind: _kind, ...printed }: Message & { kind: 'printed' }): void {
    this.#characters += printed.text.length;
    if (this.#printed.length === MOST_LINES || this.#characters > MOST_CHARACTERS) {
      this.end('too-much');
      return;
    }
    this.#printed.push(printed);
    if (printed.stream === 'error') this.end('failed');
    else this.#showSoon();
  }

  #showSoon(): void {
    this.#nextShow ??= window.setTimeout(() => this.#showNow(), SHOW_EVERY_MS);
  }

  #showNow(): void {
    window.clearTimeout(this.#nextShow);
    this.#nextShow = undefined;
    this.#show({ status: this.#status, printed: [...this.#printed] });
  }
}

/** Runs `code`, showing what has come of it as it changes; returns what stops it. */
export function startRun(code: string, show: (state: RunState) => void): () => void {
  const session = new Session(code, show);
  return () => session.end('stopped');
}
