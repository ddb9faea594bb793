/** What systemd is told of the agent's start (sd_notify(3)), where its unit is of `Type=notify`. */
import { sendFds } from '@podlan/linux';

/** Once, when the node is ready; nothing where nobody asked. systemd's sockets with names of no file are not known here. */
export class ReadyNotice {
  readonly #path = process.env.NOTIFY_SOCKET ?? '';
  readonly #warn: (message: string) => void;
  #sent = false;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  send(): void {
    if (this.#sent || !this.#path.startsWith('/')) return;
    this.#sent = true;
    try {
      sendFds(this.#path, { text: 'READY=1', fds: [] });
    } catch (error) {
      this.#warn(`systemd was not told that the agent is ready: ${(error as Error).message}`);
    }
  }
}
