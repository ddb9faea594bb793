/** A kernel in memory that tells when a peer's last row is applied. */
import { MemoryKernel } from '@podlan/linux/model';

export class HeardKernel {
  #kernel = new MemoryKernel();
  #heard = () => {};

  snapshot(scope) {
    return this.#kernel.snapshot(scope);
  }

  async apply(changes) {
    const failures = await this.#kernel.apply(changes);
    for (const { row } of changes) this.#heard(row);
    return failures;
  }

  watch(signal) {
    return this.#kernel.watch(signal);
  }

  /** Resolves with the time when the route of this peer is made. */
  hears({ subnets: [subnet] }) {
    return new Promise((resolve) => {
      this.#heard = (row) => {
        if (row.kind === 'route' && row.prefix === subnet) resolve(performance.now());
      };
    });
  }
}
