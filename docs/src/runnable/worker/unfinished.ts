/**
 * What code began and has not ended: timers, and WebAssembly that is being compiled. There is nothing else for it to
 * wait for here, so with the last of them a run is over, as a process of Node.js would be.
 */

/** In which the last end's own reactions are given time, the browser's word of unhandled rejections among them. */
const SETTLE_MS = 10;

const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;

export class Unfinished {
  #count = 0;
  readonly #whenNone: () => void;
  readonly #timers = new Map<unknown, () => void>();

  constructor(whenNone: () => void) {
    this.#whenNone = whenNone;
  }

  /** Returns what says that it has ended. */
  begin(): () => void {
    this.#count++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#count--;
      setTimeout(() => this.#count === 0 && this.#whenNone(), SETTLE_MS);
    };
  }

  /** From now on, what this global begins is known. */
  watch(global: typeof globalThis): void {
    Object.assign(global, {
      setTimeout: (callback: () => void, ms?: number, ...args: []) => {
        const id: unknown = setTimeout(() => this.#once(id, () => callback(...args)), ms);
        return this.#keep(id);
      },
      setInterval: (callback: () => void, ms?: number, ...args: []) =>
        this.#keep(setInterval(callback, ms, ...args)),
      clearTimeout: (id?: number) => this.#clear(id),
      clearInterval: (id?: number) => this.#clear(id),
    });
    const { compile, instantiate } = WebAssembly;
    Object.assign(WebAssembly, { compile: this.#watched(compile), instantiate: this.#watched(instantiate) });
  }

  #keep<T>(id: T): T {
    this.#timers.set(id, this.begin());
    return id;
  }

  #once(id: unknown, callback: () => void): void {
    try {
      callback();
    } finally {
      this.#clear(id);
    }
  }

  /** Ids of timeouts and intervals are of one pool, and either function clears both. */
  #clear(id: unknown): void {
    clearTimeout(id as number);
    clearInterval(id as number);
    this.#timers.get(id)?.();
    this.#timers.delete(id);
  }

  #watched(begin: (...args: never[]) => Promise<unknown>) {
    return (...args: never[]): Promise<unknown> => begin(...args).finally(this.begin());
  }
}
