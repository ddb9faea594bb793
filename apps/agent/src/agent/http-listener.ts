/** Pages over HTTP at one address, for probes and for Prometheus. */
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../usage-error.js';

const RETRY_MS = 1000;

export interface Page {
  readonly status: number;
  readonly text: string;
  readonly type?: string;
}

/** By path, without a query. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

export interface HttpAddress {
  readonly ip: string;
  readonly port: number;
  /** What the flags that name ip and port begin with, for the complaint: `--healthz`. */
  readonly flag: string;
}

interface Log {
  warn(message: string): void;
}

export class HttpListener {
  readonly #address: HttpAddress;
  readonly #pages: Pages;
  #server: Server | undefined;
  /** Aborts when nothing is to be served any more. */
  #serving = new AbortController();

  constructor(address: HttpAddress, pages: Pages) {
    this.#address = address;
    this.#pages = pages;
  }

  /** Throws UsageError where nothing can listen there. */
  async open(): Promise<void> {
    this.#server = await listen(this.#address, this.#pages);
  }

  /** As soon as the port is free: an agent that carries the packets does not end for want of it. */
  async keep(log: Log): Promise<void> {
    if (this.#server?.listening) return;
    this.#serving.abort();
    this.#serving = new AbortController();
    const { signal } = this.#serving;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const server = await listen(this.#address, this.#pages);
        if (signal.aborted) close(server);
        else this.#server = server;
        return;
      } catch (error) {
        if (failures === 0) log.warn(`${(error as Error).message}; it is tried again`);
      }
      await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  close(): void {
    this.#serving.abort();
    close(this.#server);
  }
}

async function listen({ ip, port, flag }: HttpAddress, pages: Pages): Promise<Server> {
  const server = createServer(async (incoming, outgoing) => {
    const path = incoming.url?.split('?')[0] ?? '';
    const { status, text, type = 'text/plain; charset=utf-8' } = await pageAt(pages, path);
    outgoing.writeHead(status, { 'content-type': type }).end(text);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const message = `${flag}-ip ${ip} ${flag}-port ${port}: expected a free port of this host: ${cause.message}`;
      reject(new UsageError(message, { cause }));
    });
    server.listen(port, ip, resolve);
  });
  return server;
}

async function pageAt(pages: Pages, path: string): Promise<Page> {
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
  if (page === undefined) return { status: 404, text: `expected ${Object.keys(pages).join(' or ')}\n` };
  try {
    return await page();
  } catch (error) {
    return { status: 500, text: `${(error as Error).message}\n` };
  }
}

function close(server: Server | undefined): void {
  server?.close();
  server?.closeAllConnections();
}
