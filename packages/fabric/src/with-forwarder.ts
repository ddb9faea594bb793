/** Two kernels as one: the WASM forwarder holds the rows it carries packets by, the other kernel all the rest. */
import type { Change, Failure, Kernel, Row, Scope, Table } from '@podlan/linux/model';
import { controllerUnder } from './controller-under.js';

/**
 * Forwarder and tunnel rows go to `forwarder`, all others to `kernel`. Changes keep their order: a route is made only
 * after its tunnel, and a device goes after its forwarder.
 * @example
 * ```ts
 * import { withForwarder } from '@podlan/fabric';
 * import { MemoryKernel, type Row } from '@podlan/linux/model';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const dev = 'flannel.1';
 * const link: Row = { kind: 'link', type: 'tap', name: dev, mtu: 1450, up: true };
 * const prefix = parseIpPrefix('10.244.2.0/24')!;
 * const tunnel: Row = { kind: 'tunnel', dev, prefix, remote: parseIpAddress('192.168.77.12')!, port: 8472 };
 *
 * const both = withForwarder(new MemoryKernel(), new MemoryKernel({ devices: [dev] }));
 * const failures = await both.apply([link, tunnel].map((row) => ({ op: 'add', row })));
 * failures.map(({ error }) => error.message); // => ['no forwarder on "flannel.1"']
 * await both.snapshot({ devices: [dev], sysctls: [], chains: false }); // => [link]
 * ```
 */
export function withForwarder(kernel: Kernel, forwarder: Kernel): Kernel {
  const holderOf = (row: Row) => (row.kind === 'forwarder' || row.kind === 'tunnel' ? forwarder : kernel);
  return {
    snapshot: async (scope: Scope) => {
      const parts = await Promise.all([kernel.snapshot(scope), forwarder.snapshot(scope)]);
      return parts.flat();
    },
    apply: async (changes: readonly Change[]) => {
      const failures: Failure[] = [];
      for (const run of runsBy(changes, ({ row }) => holderOf(row))) {
        failures.push(...(await run.key.apply(run.items)));
      }
      return failures;
    },
    watch: (signal: AbortSignal) => mergeWatches([kernel, forwarder], signal),
  };
}

/** Neighbours with the same key, together. */
function runsBy<T, K>(items: readonly T[], keyOf: (item: T) => K): { key: K; items: T[] }[] {
  const runs: { key: K; items: T[] }[] = [];
  for (const item of items) {
    const last = runs.at(-1);
    const key = keyOf(item);
    if (last?.key === key) last.items.push(item);
    else runs.push({ key, items: [item] });
  }
  return runs;
}

/** Ends, or throws, as soon as one of them does: what it no longer sees, nobody would. */
async function* mergeWatches(kernels: readonly Kernel[], signal: AbortSignal): AsyncGenerator<Table> {
  const stop = controllerUnder(signal);
  const iterators = kernels.map((kernel) => kernel.watch(stop.signal)[Symbol.asyncIterator]());
  const ask = (iterator: AsyncIterator<Table>) => iterator.next().then((result) => ({ iterator, result }));
  const asked = new Map(iterators.map((iterator) => [iterator, ask(iterator)]));
  try {
    for (;;) {
      const { iterator, result } = await Promise.race(asked.values());
      if (result.done) return;
      yield result.value;
      asked.set(iterator, ask(iterator));
    }
  } finally {
    stop.abort();
    // An answer may have come that nobody took: that watch rests where it gave it, and has yet to let go of what it holds.
    await Promise.allSettled([...asked.values(), ...iterators.map((iterator) => iterator.return?.())]);
  }
}
