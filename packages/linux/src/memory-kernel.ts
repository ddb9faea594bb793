/**
 * A kernel in memory, for the tests of whoever programs one. It holds rows of every kind, forwarders and tunnels too,
 * and knows what stands on what: a device's rows go with it. It carries no packets.
 */
import type { Change, Failure, Kernel, Link, Row, Scope, Table } from './model.js';
import { deviceOf, isInScope, rowKey } from './rows.js';
import { TableWatchers } from './table-watchers.js';

/** Devices that are there from the start: rows may stand on them, they are no rows themselves. */
const HOST_DEVICES = ['lo', 'eth0'];

/**
 * Rows in a Map behind the methods of a kernel. Rows on a device that is not there are refused, as the real one does.
 * @example
 * ```ts
 * import { type Link, MemoryKernel, type Route, scopeOf } from '@podlan/linux/model';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * const cni0: Link = { kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true };
 * const route: Route = { kind: 'route', prefix: parseIpPrefix('10.9.0.0/16')!, dev: 'cni0' };
 * const kernel = new MemoryKernel();
 *
 * const [failure] = await kernel.apply([{ op: 'add', row: route }]);
 * failure?.error.message; // => 'Cannot find device "cni0"'
 * const changes = [cni0, route].map((row) => ({ op: 'add', row }) as const);
 * await kernel.apply(changes); // => []
 * await kernel.snapshot(scopeOf([cni0])); // => [cni0, route]
 * await kernel.apply([{ op: 'delete', row: cni0 }]); // => []
 * kernel.rows; // => []
 * ```
 * @example What goes wrong, and what others do
 * ```ts
 * import { type Link, MemoryKernel } from '@podlan/linux/model';
 *
 * const cni0: Link = { kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true };
 * const kernel = new MemoryKernel();
 * const stop = new AbortController();
 * const tables = kernel.watch(stop.signal);
 * const next = tables.next();
 * kernel.put(cni0);
 * (await next).value; // => 'link'
 * kernel.remove(cni0);
 * kernel.wake('route');
 * stop.abort();
 *
 * kernel.refuse(cni0, new Error('not today'));
 * (await kernel.apply([{ op: 'add', row: cni0 }])).length; // => 1
 * ```
 */
export class MemoryKernel implements Kernel {
  /** Every change that `apply` was given, in order. */
  readonly applied: Change[] = [];
  readonly #rows = new Map<string, Row>();
  readonly #devices: Set<string>;
  readonly #watchers = new TableWatchers();
  readonly #refusals = new Map<string, Error>();

  constructor({ devices = HOST_DEVICES }: { readonly devices?: readonly string[] } = {}) {
    this.#devices = new Set(devices);
  }

  /** Everything it holds, in and out of any scope. */
  get rows(): Row[] {
    return [...this.#rows.values()];
  }

  /** The rows in `scope` as they are now. */
  async snapshot(scope: Scope): Promise<Row[]> {
    return this.rows.filter((row) => isInScope(row, scope));
  }

  /** Makes the changes in order, and returns those that were refused. */
  async apply(changes: readonly Change[]): Promise<Failure[]> {
    return changes.flatMap((change) => {
      this.applied.push(change);
      const error = this.#refusals.get(rowKey(change.row)) ?? this.#apply(change);
      return error ? [{ change, error }] : [];
    });
  }

  /** Yields the table of each change from now on, once per turn. Ends when `signal` aborts. */
  watch(signal: AbortSignal): AsyncGenerator<Table> {
    return this.#watchers.watch(signal);
  }

  /** Puts a row there behind everyone's back, as an operator's command would; watchers wake. */
  put(row: Row): void {
    const error = this.#apply({ op: 'replace', row });
    if (error) throw error;
  }

  /** Takes a row away behind everyone's back. */
  remove(row: Row): void {
    this.#apply({ op: 'delete', row });
  }

  /** Makes every change of this row fail with `error`, until it is called without one. */
  refuse(row: Row, error?: Error): void {
    if (error) this.#refusals.set(rowKey(row), error);
    else this.#refusals.delete(rowKey(row));
  }

  /** Wakes the watchers though nothing changed. */
  wake(table: Table): void {
    this.#watchers.wake(table);
  }

  #apply({ op, row }: Change): Error | undefined {
    if (op === 'delete') this.#delete(row);
    else if (this.#lacksDevice(row)) return new Error(`Cannot find device "${deviceOf(row)}"`);
    else if (this.#lacksForwarder(row)) return new Error(`no forwarder on "${deviceOf(row)}"`);
    else this.#set(row);
    return undefined;
  }

  #set(row: Row): void {
    if (row.kind === 'link') this.#devices.add(row.name);
    const current = this.#rows.get(rowKey(row));
    const merged = row.kind === 'link' && current?.kind === 'link' ? mergeLink(current, row) : row;
    this.#rows.set(rowKey(row), merged);
    this.wake(row.kind);
  }

  #delete(row: Row): void {
    const current = this.#rows.get(rowKey(row));
    if (current === undefined || isOnOtherDevice(current, row)) return;
    this.#rows.delete(rowKey(row));
    this.wake(row.kind);
    if (row.kind === 'link') this.#deleteDevice(row.name);
    if (row.kind === 'forwarder') this.#deleteWhere((one) => one.kind === 'tunnel' && one.dev === row.dev);
  }

  #deleteDevice(name: string): void {
    this.#devices.delete(name);
    this.#deleteWhere((row) => deviceOf(row) === name);
    for (const row of this.rows) {
      if (row.kind !== 'link' || row.master !== name) continue;
      const { master: _, hairpin: __, ...rest } = row;
      this.#rows.set(rowKey(row), rest as Link);
    }
  }

  #deleteWhere(matches: (row: Row) => boolean): void {
    for (const [key, row] of this.#rows) {
      if (!matches(row)) continue;
      this.#rows.delete(key);
      this.wake(row.kind);
    }
  }

  #lacksDevice(row: Row): boolean {
    if (row.kind === 'link') return row.master !== undefined && !this.#devices.has(row.master);
    const device = deviceOf(row);
    if (device === undefined || (row.kind === 'sysctl' && (device === 'all' || device === 'default')))
      return false;
    return !this.#devices.has(device);
  }

  #lacksForwarder(row: Row): boolean {
    return row.kind === 'tunnel' && !this.#rows.has(`forwarder ${row.dev}`);
  }
}

/** An absent `mac` leaves the device the one it has. */
function mergeLink(current: Link, wanted: Link): Link {
  const mac = wanted.mac ?? current.mac;
  return mac === undefined ? wanted : { ...wanted, mac };
}

const isOnOtherDevice = (a: Row, b: Row): boolean => deviceOf(a) !== deviceOf(b);
