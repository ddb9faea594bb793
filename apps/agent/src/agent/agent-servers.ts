/** Where an agent is asked: at its Unix socket, and for its health over HTTP. */
import type { Server } from 'node:http';
import { type Conversations, serveControlSocket } from './control-socket.js';
import { serveHealth } from './health-server.js';
import type { AgentOptions } from './options.js';
import type { AgentStatus } from './status.js';

export class AgentServers {
  /** Replaced once there is a node to ask. */
  status = async (): Promise<AgentStatus> => {
    throw new Error('it is still starting');
  };
  unready = (): string | undefined => 'the agent is starting';
  readonly #options: AgentOptions;
  #control: Server | undefined;
  #health: Server | undefined;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  async open(conversations: Conversations): Promise<void> {
    const { socketPath, health, replace } = this.#options;
    const reports = { '/status': () => this.status() };
    this.#control = await serveControlSocket(socketPath, { reports, conversations, replace });
    this.#health = await serveHealth(health, () => this.unready());
  }

  /** Its port is a successor's from here. */
  closeHealth(): void {
    close(this.#health);
  }

  close(): void {
    close(this.#control);
    close(this.#health);
  }
}

function close(server: Server | undefined): void {
  server?.close();
  server?.closeAllConnections();
}
