/** Where an agent is asked: at its Unix socket, and for its health over HTTP. */
import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DesiredState } from '@podlan/fabric';
import { type Conversations, serveControlSocket } from './control-socket.js';
import type { ForwardersReport } from './forwarders-report.js';
import { serveHealth } from './health-server.js';
import type { AgentOptions } from './options.js';
import type { AgentStatus } from './status.js';

const RETRY_MS = 1000;

interface Log {
  warn(message: string): void;
}

export class AgentServers {
  /** These are replaced once there is a node to ask. */
  status = async (): Promise<AgentStatus> => stillStarting();
  desired = (): readonly DesiredState[] => stillStarting();
  forwarders = (): ForwardersReport => stillStarting();
  unready = (): string | undefined => 'the agent is starting';
  readonly #options: Pick<AgentOptions, 'socketPath' | 'health' | 'replace'>;
  #control: Server | undefined;
  #health: Server | undefined;
  /** Aborts when health is not to be served any more. */
  #serving = new AbortController();

  constructor(options: Pick<AgentOptions, 'socketPath' | 'health' | 'replace'>) {
    this.#options = options;
  }

  /** Rejects where one of the two can't be served: a port that is taken is told at the start. */
  async open(conversations: Conversations): Promise<void> {
    await this.openControl(conversations);
    this.#health = await this.#serveHealth();
  }

  async openControl(conversations: Conversations): Promise<void> {
    const { socketPath, replace } = this.#options;
    const reports = {
      '/status': () => this.status(),
      '/desired': () => this.desired(),
      '/forwarders': () => this.forwarders(),
    };
    this.#control = await serveControlSocket(socketPath, { reports, conversations, replace });
  }

  /** As soon as the port is free: an agent that carries the packets does not end for want of it. */
  async keepHealth(log: Log): Promise<void> {
    if (this.#health?.listening) return;
    this.#serving.abort();
    this.#serving = new AbortController();
    const { signal } = this.#serving;
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        const server = await this.#serveHealth();
        if (signal.aborted) close(server);
        else this.#health = server;
        return;
      } catch (error) {
        if (failures === 0) log.warn(`${(error as Error).message}; it is tried again`);
      }
      await sleep(RETRY_MS, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  /** Its port is a successor's from here. */
  closeHealth(): void {
    this.#serving.abort();
    close(this.#health);
  }

  close(): void {
    close(this.#control);
    this.closeHealth();
  }

  #serveHealth(): Promise<Server | undefined> {
    return serveHealth(this.#options.health, () => this.unready());
  }
}

function stillStarting(): never {
  throw new Error('it is still starting');
}

function close(server: Server | undefined): void {
  server?.close();
  server?.closeAllConnections();
}
