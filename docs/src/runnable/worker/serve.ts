/** What the worker does: it takes one piece of code, runs it as a module, and tells what comes of it. */

import { inspect } from 'node-inspect-extracted';
import type { Message, Stream } from '../messages';
import { compile, VALUE } from './compile';
import { type Entries, EntryModules, moduleUrl } from './entry-modules';
import { faultOf } from './fault';
import { replaceConsole } from './printing-console';
import { Unfinished } from './unfinished';

const tell = (message: Message) => postMessage(message);

class Runner {
  readonly #unfinished = new Unfinished(() => tell({ kind: 'done' }));
  /** The code's own, once it is a module. */
  #url = 'code.js';

  async run(code: string, entries: Entries): Promise<void> {
    this.#prepare();
    const end = this.#unfinished.begin();
    try {
      const modules = new EntryModules(entries);
      this.#url = moduleUrl(compile(code, entries, (name) => modules.urlOf(name)));
      tell({ kind: 'started' });
      await import(this.#url);
      end();
    } catch (error) {
      this.#fail(error);
    }
  }

  #prepare(): void {
    const print = (stream: Stream, text: string) =>
      tell({ kind: 'printed', stream, text: this.#readable(text) });
    replaceConsole(print);
    this.#unfinished.watch(globalThis);
    const show = (value: unknown) => {
      if (value !== undefined && !(value instanceof Promise)) print('value', inspect(value));
      return value;
    };
    Object.defineProperty(globalThis, VALUE, { value: show });
    addEventListener('error', (event) => {
      event.preventDefault();
      this.#fail(event.error ?? event.message);
    });
    addEventListener('unhandledrejection', (event) => {
      event.preventDefault();
      this.#fail(event.reason);
    });
  }

  /** Stacks know the code and the bundle by names that are long and say nothing. */
  #readable(text: string): string {
    return text.replaceAll(this.#url, 'code.js').replaceAll(location.href, 'podlan.js');
  }

  #fail(error: unknown): void {
    const { text, line } = faultOf(error, this.#url);
    const printed = { kind: 'printed', stream: 'error', text: this.#readable(text) } as const;
    tell(line === undefined ? printed : { ...printed, line });
  }
}

export function serve(entries: Entries): void {
  addEventListener('message', ({ data }) => void new Runner().run(String(data), entries), { once: true });
}
