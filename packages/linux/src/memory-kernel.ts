/**
 * A kernel in memory, for the tests of whoever programs one. It holds rows of every kind, forwarders and tunnels too,
 * and knows what stands on what: a device's rows go with it. It carries no packets.
 */
import type { Change, Failure, Kernel, Link, Row, Scope, Table } from './model.js';
import { ROUTE_PROTOCOL } from './model.js';
import { deviceOf, rowKey } from './rows.js';

/** Devices that are there from the start: rows may stand on them, they are no rows themselves. */
const HOST_DEVICES = ['lo', 'eth0'];

export class MemoryKernel implements Kernel {
  /** Every change that `apply` was given, in order. */
  readonly applied: Change[] = [];
  readonly #rows = new Map<string, Row>();
  readonly #devices: Set<string>;
  readonly #watchers = new Set<(table: Table) => void>();
  readonly #refusals = new Map<string, Error>();

  constructor({ devices = HOST_DEVICES }: { readonly devices?: readonly string[] } = {}) {
    this.#devices = new Set(devices);
  }

  /** Everything it holds, in and out of any scope. */
  get rows(): Row[] {
    return [...this.#rows.values()];
  }

  async snapshot(scope: Scope): Promise<Row[]> {
    return this.rows.filter((row) => inScope(row, scope));
  }

  async apply(changes: readonly Change[]): Promise<Failure[]> {
    return changes.flatMap((change) => {
      this.applied.push(change);
      const error = this.#refusals.get(rowKey(change.row)) ?? this.#apply(change);
      return error ? [{ change, error }] : [];
    });
  }

  async *watch(signal: AbortSignal): AsyncGenerator<Table> {
    const pending = new Set<Table>();
    let wake = () => {};
    const onChange = (table: Table) => {
      pending.add(table);
      wake();
    };
    const onAbort = () => wake();
    this.#watchers.add(onChange);
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        for (const table of pending) {
          pending.delete(table);
          yield table;
        }
        if (pending.size > 0 || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.#watchers.delete(onChange);
      signal.removeEventListener('abort', onAbort);
    }
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
    for (const watcher of this.#watchers) watcher(table);
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

function inScope(row: Row, scope: Scope): boolean {
  if (row.kind === 'chain') return scope.chains;
  if (row.kind === 'sysctl') return scope.sysctls.includes(row.key);
  if (row.kind === 'route' && row.protocol === ROUTE_PROTOCOL) return true;
  return scope.devices.includes(deviceOf(row) ?? '');
}
