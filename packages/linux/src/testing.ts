/**
 * The contract every `Kernel` keeps, as a vitest suite: run it on each implementation.
 * @module @podlan/linux/testing
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diff } from './diff.js';
import type { Kernel, Row, Scope, Table } from './model.js';
import { rowKey } from './rows.js';
import {
  chain,
  ip,
  links,
  mac,
  net,
  on,
  recreations,
  replacements,
  scope,
  state,
  tap,
  vxlan,
} from './testing-rows.js';

export { MemoryKernel } from './memory-kernel.js';

/** A fresh kernel with a device `eth0` that is up and has 192.168.77.11/24 and fd00:77::11/64. */
export interface KernelUnderTest {
  readonly kernel: Kernel;
  /** Another hand on the same kernel, as an operator's commands would be. */
  readonly other: Kernel;
  dispose(): Promise<void>;
}

/** A name and a row per case: the row alone would not tell two cases apart. */
const named = (rows: readonly Row[]): [string, Row][] =>
  rows.map((row, i) => [`${i + 1}: ${rowKey(row)}`, row]);

/** Brings the kernel to `desired` and says what is still missing. */
async function converge(kernel: Kernel, desired: readonly Row[], within: Scope = scope) {
  const failures = await kernel.apply(diff(await kernel.snapshot(within), desired));
  return { failures, left: diff(await kernel.snapshot(within), desired) };
}

const DONE = { failures: [], left: [] };

/**
 * Declares the tests of the contract; `makeKernel` is called before each.
 * @example In a test file
 * ```ts
 * import { MemoryKernel, testKernel } from '@podlan/linux/testing';
 *
 * testKernel('MemoryKernel', async () => {
 *   const kernel = new MemoryKernel();
 *   return { kernel, other: kernel, dispose: async () => {} };
 * });
 * ```
 */
export function testKernel(name: string, makeKernel: () => Promise<KernelUnderTest>): void {
  describe(`${name} keeps the contract of a kernel`, () => {
    let made: KernelUnderTest;
    beforeEach(async () => {
      made = await makeKernel();
    });
    afterEach(() => made.dispose());

    test('holds none of our rows at first', async () => {
      const found = await made.kernel.snapshot(scope);
      expect(found.filter(({ kind }) => kind !== 'sysctl')).toEqual([]);
    });

    test('reads every kind of row back as it was added', async () => {
      expect(await converge(made.kernel, state)).toEqual(DONE);
      const found = await made.kernel.snapshot(scope);
      for (const row of state) {
        expect(found.find((one) => rowKey(one) === rowKey(row))).toMatchObject({ ...row });
      }
      expect(found).toHaveLength(state.length);
    });

    test('takes everything away again', async () => {
      await converge(made.kernel, state);
      expect(await converge(made.kernel, [])).toEqual(DONE);
      const found = await made.kernel.snapshot(scope);
      expect(found.filter(({ kind }) => kind !== 'sysctl')).toEqual([]);
    });

    test('adds what is there and deletes what is not without a failure', async () => {
      await converge(made.kernel, state);
      expect(await made.kernel.apply(state.map((row) => ({ op: 'add', row })))).toEqual([]);
      expect(diff(await made.kernel.snapshot(scope), state)).toEqual([]);
      const gone = state.toReversed();
      for (let i = 0; i < 2; i++) {
        expect(await made.kernel.apply(gone.map((row) => ({ op: 'delete', row })))).toEqual([]);
      }
    });

    test.each(named(replacements))('changes in place %s', async (_, row) => {
      await converge(made.kernel, state);
      const desired = state.map((one) => (rowKey(one) === rowKey(row) ? row : one));
      const changes = diff(await made.kernel.snapshot(scope), desired);
      expect(changes).toEqual([{ op: 'replace', row }]);
      await converge(made.kernel, desired);
      // A link that goes down takes its routes and IPv6 addresses along: level by level it comes right.
      expect(await converge(made.kernel, desired)).toEqual(DONE);
    });

    test.each(named(recreations))('makes anew, with all that stood on it, %s', async (_, row) => {
      await converge(made.kernel, state);
      const desired = state
        .map((one) => (rowKey(one) === rowKey(row) ? row : one))
        .filter((one) => one.kind !== 'fdb' || (row.kind === 'link' && row.type === 'vxlan'));
      expect(await converge(made.kernel, desired)).toEqual(DONE);
    });

    test.each(named(state.filter(({ kind }) => kind !== 'sysctl')))(
      'shows that someone took away %s',
      async (_, row) => {
        await converge(made.kernel, state);
        expect(await made.other.apply([{ op: 'delete', row }])).toEqual([]);
        const changes = diff(await made.kernel.snapshot(scope), state);
        expect(changes).toContainEqual({ op: 'add', row });
        expect(await converge(made.kernel, state)).toEqual(DONE);
      },
    );

    test('reads the tables it is asked for, and no others', async () => {
      await converge(made.kernel, state);
      const found = await made.kernel.snapshot({ ...scope, tables: ['link', 'sysctl'] });
      const wanted = state.filter(({ kind }) => kind === 'link' || kind === 'sysctl');
      expect(found.map(rowKey).sort()).toEqual(wanted.map(rowKey).sort());
    });

    test('leaves what is not in its scope alone, and out of its snapshots', async () => {
      const foreign: Row[] = [
        { ...tap, name: 'foreign9', mac: mac('02:00:00:00:00:99') },
        { kind: 'address', dev: 'foreign9', address: on('172.30.0.1/24') },
        { kind: 'neighbor', dev: 'foreign9', address: ip('172.30.0.9'), mac: mac('02:00:00:00:00:98') },
        { kind: 'route', prefix: net('172.31.0.0/16'), dev: 'eth0', via: ip('192.168.77.1') },
      ];
      await made.other.apply(foreign.map((row) => ({ op: 'add', row })));
      await converge(made.kernel, state);
      const found = await made.kernel.snapshot(scope);
      const keys = new Set(foreign.map(rowKey));
      expect(found.filter((row) => keys.has(rowKey(row)))).toEqual([]);
      await converge(made.kernel, []);
      const theirs = await made.other.snapshot({ devices: ['foreign9', 'eth0'], sysctls: [], chains: false });
      for (const row of foreign) expect(theirs.map(rowKey)).toContain(rowKey(row));
    });

    test('goes on after a failure, and says which change failed', async () => {
      await converge(made.kernel, links);
      const bad: Row[] = [
        { kind: 'neighbor', dev: 'gone9', address: ip('10.0.0.1'), mac: mac('02:00:00:00:00:01') },
        { kind: 'route', prefix: net('10.77.0.0/16'), dev: 'gone9', protocol: 80 },
        { kind: 'address', dev: 'gone9', address: on('10.1.0.1/24') },
        { kind: 'fdb', dev: 'gone9', mac: mac('02:00:00:00:00:01'), dst: ip('192.168.77.12') },
      ];
      const good = state.filter(({ kind }) => kind !== 'link');
      const order = [bad[0]!, ...good.slice(0, 6), bad[1]!, bad[2]!, ...good.slice(6), bad[3]!];
      const failures = await made.kernel.apply(order.map((row) => ({ op: 'add', row })));
      expect(failures.map(({ change }) => rowKey(change.row)).sort()).toEqual(bad.map(rowKey).sort());
      for (const { error } of failures) expect(error).toBeInstanceOf(Error);
      expect(diff(await made.kernel.snapshot(scope), state)).toEqual([]);
    });

    test.each<[Table, Row]>([
      ['route', state.find(({ kind }) => kind === 'route')!],
      ['neighbor', state.find(({ kind }) => kind === 'neighbor')!],
      ['fdb', state.find(({ kind }) => kind === 'fdb')!],
      ['address', state.find(({ kind }) => kind === 'address')!],
      ['link', vxlan],
      ['chain', chain],
    ])('wakes its watchers when someone deletes from table %s', async (table, row) => {
      await converge(made.kernel, state);
      const stop = new AbortController();
      let quiet = false;
      const seen = (async () => {
        for await (const one of made.kernel.watch(stop.signal)) if (one === table && quiet) return one;
        return undefined;
      })();
      await new Promise((resolve) => setTimeout(resolve, 600));
      quiet = true;
      await made.other.apply([{ op: 'delete', row }]);
      const late = setTimeout(() => stop.abort(), 5000);
      expect(await seen).toBe(table);
      clearTimeout(late);
      stop.abort();
    });

    test('wakes its watchers when someone sets a sysctl', async () => {
      await converge(made.kernel, state);
      const stop = new AbortController();
      const seen = (async () => {
        for await (const one of made.kernel.watch(stop.signal)) if (one === 'sysctl') return one;
        return undefined;
      })();
      await new Promise((resolve) => setTimeout(resolve, 600));
      await made.other.apply([
        { op: 'replace', row: { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '0' } },
      ]);
      const late = setTimeout(() => stop.abort(), 5000);
      expect(await seen).toBe('sysctl');
      clearTimeout(late);
      stop.abort();
    });

    test('ends a watch when its signal aborts', async () => {
      const stop = new AbortController();
      const watching = (async () => {
        for await (const _ of made.kernel.watch(stop.signal));
      })();
      setTimeout(() => stop.abort(), 100);
      await watching;
    });
  });
}
