/** The page's side of a simulation in a worker, which is fetched when something is asked of it. */
import type { Call, Method, Reply } from './messages';
import type { Simulation } from './simulation';

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class RemoteSimulation implements Simulation {
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #failure: Error | undefined;

  readonly open: Simulation['open'] = (...given) => this.#call('open', given);
  readonly openSnapshots: Simulation['openSnapshots'] = (...given) => this.#call('openSnapshots', given);
  readonly act: Simulation['act'] = (...given) => this.#call('act', given);
  readonly again: Simulation['again'] = (...given) => this.#call('again', given);
  readonly check: Simulation['check'] = (...given) => this.#call('check', given);

  /** Whatever is under way ends at once, and nobody hears of it. */
  async close(): Promise<void> {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#waiting.clear();
  }

  #call<M extends Method>(method: M, given: Call<M>['given']): ReturnType<Simulation[M]> {
    const result = new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#worker ??= this.#start();
      const id = this.#asked++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, given } satisfies Call<M>);
    });
    return result as ReturnType<Simulation[M]>;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./simulation-worker.ts', import.meta.url));
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.#answered(data));
    worker.addEventListener('error', ({ message }) => this.#failed(message));
    return worker;
  }

  #answered(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('failed' in reply) waiting?.reject(new Error(reply.failed));
    else waiting?.resolve(reply.result);
  }

  /** It could not be fetched, or died, and what it simulated with it. */
  #failed(message: string | undefined): void {
    const why = message ? `: ${message}` : '';
    this.#failure = new Error(`the simulator does not run${why}; reload the page to start it again`);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    void this.close();
  }
}
