/** A wire to a server, which can be cut: connections break, and new ones are refused; or held: nothing comes through. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

export class Wire {
  readonly #target: number;
  /** Both ends of each connection, and where what arrives there goes. */
  readonly #ends = new Map<Socket, Socket>();
  #server: Server;
  #port = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = this.#makeServer();
  }

  static async to(url: string): Promise<Wire> {
    const wire = new Wire(Number(new URL(url).port));
    await wire.mend();
    return wire;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async cut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#ends.keys()) socket.destroy();
    await closed;
  }

  /** Connections stay, and say nothing. */
  hold(): void {
    for (const socket of this.#ends.keys()) {
      socket.unpipe();
      socket.pause();
    }
  }

  /** What was held comes through. */
  letGo(): void {
    for (const [socket, other] of this.#ends) socket.pipe(other);
  }

  async mend(): Promise<void> {
    this.#server = this.#makeServer();
    await new Promise<void>((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  #makeServer(): Server {
    return createServer((near) => {
      const far = connect(this.#target, '127.0.0.1');
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) {
        this.#ends.set(socket, socket === near ? far : near);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#ends.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
    });
  }
}
