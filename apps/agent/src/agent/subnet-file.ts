/** Keeps subnet.env in step with the lease. Written whole or not at all, and only once the host's own rows are made. */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatSubnetEnv, type NodeState } from '@podlan/fabric';
import type { IpPrefix } from '@podlan/wire';

export class SubnetFile {
  readonly #path: string;
  readonly #fixed: { readonly networks: readonly IpPrefix[]; readonly ipMasq: boolean };
  #written = '';

  constructor(path: string, fixed: { readonly networks: readonly IpPrefix[]; readonly ipMasq: boolean }) {
    this.#path = path;
    this.#fixed = fixed;
  }

  get isWritten(): boolean {
    return this.#written !== '';
  }

  follow({ ready, lease, mtu }: NodeState, log: { error(message: string): void }): void {
    if (!ready || lease === undefined) return;
    const text = formatSubnetEnv({ ...this.#fixed, subnets: lease.subnets, mtu });
    if (text === this.#written) return;
    try {
      this.#write(text);
      this.#written = text;
    } catch (error) {
      log.error(`cannot write ${this.#path}: ${(error as Error).message}`);
    }
  }

  #write(text: string): void {
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o755 });
    const fresh = `${this.#path}.${process.pid}`;
    const file = openSync(fresh, 'w', 0o644);
    try {
      writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, this.#path);
  }

  static remove(path: string): void {
    rmSync(path, { force: true });
  }
}
