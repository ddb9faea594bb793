/** The page's side of a worker with a generated table. */
import type { IpAddress } from '@podlan/wire';
import type { Look, LookSource } from '../table-look';
import type { News, Request } from './messages';
import type { GeneratorSettings } from './prefix-generator';

export class TableClient implements LookSource {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (look: Look) => void>();
  #asked = 0;

  /** Begins to load; `onNews` hears of everything but answers. */
  constructor(settings: GeneratorSettings, onNews: (news: News) => void) {
    this.#worker = new Worker(new URL('./table-worker.ts', import.meta.url));
    this.#worker.addEventListener('message', ({ data }: MessageEvent<News>) => {
      if (data.says === 'look') this.#answered(data.id, data.look);
      else onNews(data);
    });
    this.#worker.addEventListener('error', ({ message }) => onNews({ says: 'failed', message }));
    this.#ask({ do: 'load', settings });
  }

  #ask(request: Request): void {
    this.#worker.postMessage(request);
  }

  #answered(id: number, look: Look): void {
    this.#waiting.get(id)?.(look);
    this.#waiting.delete(id);
  }

  look(address: IpAddress): Promise<Look> {
    const id = this.#asked++;
    this.#ask({ do: 'look', id, address });
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  measure(): void {
    this.#ask({ do: 'measure' });
  }

  /** Whatever it is doing ends at once, and its memory is free. */
  close(): void {
    this.#worker.terminate();
  }
}
