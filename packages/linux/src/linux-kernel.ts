/**
 * The kernel of this machine, or of one network namespace, through iproute2, nftables and /proc/sys.
 *
 * It reads JSON and writes batches. Forwarders and tunnels are not its rows: `withForwarder` of the agent adds them.
 */
import { randomBytes } from 'node:crypto';
import { type MacAddress, macFromBytes } from '@podlan/wire';
import { batchLines } from './batch-lines.js';
import * as rows from './iproute2-rows.js';
import { applyLines, type Line, type Place } from './link-tables.js';
import { errnoOf, LinuxError } from './linux-error.js';
import type { Change, Failure, ForwarderRow, Kernel, Row, Scope, Table, Tunnel } from './model.js';
import { netnsPath, runIn } from './netns.js';
import { applyChains, readChains } from './nft-table.js';
import { type Run, run } from './run.js';
import { applySysctls, readSysctls } from './sysctls.js';
import { readOutput } from './tool-output.js';
import { watchTables } from './watch-tables.js';

/** Which kernel state to hold, and how. */
export interface LinuxKernelOptions {
  /** Name or path of the network namespace; this process's own where it is absent. */
  readonly netns?: string | undefined;
  /** How programs are started. */
  readonly run?: Run;
}

const NO_SCOPE: Scope = { devices: [], sysctls: [], chains: false };

/**
 * Needs `ip` and `bridge`, `nft` for chains, and CAP_NET_ADMIN in the namespace to change anything.
 * @example As root
 * ```ts
 * import { diff, LinuxKernel, type Row, scopeOf } from '@podlan/linux';
 * import { parseInterfaceAddress } from '@podlan/wire';
 *
 * const kernel = new LinuxKernel();
 * const desired: Row[] = [
 *   { kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true },
 *   { kind: 'address', dev: 'cni0', address: parseInterfaceAddress('10.244.1.1/24')! },
 * ];
 * const scope = scopeOf(desired);
 *
 * const changes = diff(await kernel.snapshot(scope), desired);
 * changes.map(({ op, row }) => `${op} ${row.kind}`); // => ['add link', 'add address']
 * await kernel.apply(changes); // => []
 * diff(await kernel.snapshot(scope), desired); // => []
 * kernel.closedChains; // => []
 * ```
 * @example As root, watching
 * ```ts
 * import { type Link, LinuxKernel } from '@podlan/linux';
 *
 * const kernel = new LinuxKernel();
 * const stop = new AbortController();
 * const seen = new Set<string>();
 * for await (const table of kernel.watch(stop.signal)) {
 *   // It begins by asking to look at links and routes: it may have missed something while it subscribed.
 *   if (seen.has(table)) stop.abort();
 *   seen.add(table);
 *   const cni0: Link = { kind: 'link', type: 'bridge', name: 'cni0', mtu: 1450, up: true };
 *   await kernel.apply([{ op: 'add', row: cni0 }]);
 * }
 * seen.has('link'); // => true
 * ```
 */
export class LinuxKernel implements Kernel {
  readonly #place: Place;
  /** What was asked for last, and so what is worth watching. */
  #scope = NO_SCOPE;
  /** Chains of other tables that podlan's depend on, as last seen. */
  #foreignChains: readonly string[] = [];
  #closedChains: readonly string[] = [];

  constructor(options: LinuxKernelOptions = {}) {
    if (options.netns !== undefined) netnsPath(options.netns);
    this.#place = { netns: options.netns, run: options.run ?? run };
  }

  /**
   * Chains of other tables (`inet firewalld filter_FORWARD`) that drop what podlan's forward chain accepts, in tables
   * that their owner keeps to itself: the last snapshot's.
   */
  get closedChains(): readonly string[] {
    return this.#closedChains;
  }

  /**
   * The rows in `scope` as they are now. Rejects with LinuxError where a tool fails, or says what is not understood.
   */
  async snapshot(scope: Scope): Promise<Row[]> {
    this.#scope = scope;
    const wants = (table: Table) => scope.tables === undefined || scope.tables.includes(table);
    const read = (table: Table, argv: readonly string[], parse: (json: unknown) => Row[]) =>
      wants(table) ? this.#read(argv, parse) : [];
    const tables = await Promise.all([
      read('link', ['ip', '-j', '-d', 'link', 'show'], (json) => rows.linkRows(json, scope)),
      wants('sysctl') ? readSysctls(scope.sysctls, this.#place) : [],
      read('address', ['ip', '-j', 'addr', 'show'], (json) => rows.addressRows(json, scope)),
      read('neighbor', ['ip', '-j', 'neigh', 'show', 'nud', 'permanent'], (json) =>
        rows.neighborRows(json, scope),
      ),
      read('fdb', ['bridge', '-j', 'fdb', 'show'], (json) => rows.fdbRows(json, scope)),
      read('route', routesOf(4), (json) => rows.routeRows(json, scope, 4)),
      read('route', routesOf(6), (json) => rows.routeRows(json, scope, 6)),
      scope.chains && wants('chain') ? this.#readChains() : [],
    ]);
    return tables.flat();
  }

  /**
   * Makes the changes in order, consecutive ones of a kind in one batch. Not atomic: it goes on after a failure, and
   * returns one {@link Failure} with a LinuxError per change that was not made. Forwarders and tunnels are refused.
   */
  async apply(changes: readonly Change[]): Promise<Failure[]> {
    const failures: Failure[] = [];
    for (const run of runsOf(changes, failures)) failures.push(...(await this.#applyRun(run)));
    return failures;
  }

  /**
   * Yields a table whenever something in it may have changed; sysctls and chains only of the last snapshot's scope.
   * Throws LinuxError where a monitor of iproute2 ends by itself.
   */
  watch(signal: AbortSignal): AsyncIterable<Table> {
    return watchTables({
      ...this.#place,
      scope: () => this.#scope,
      foreignChains: () => this.#foreignChains,
      signal,
    });
  }

  async #readChains(): Promise<readonly Row[]> {
    const { chains, foreign, closed } = await readChains(this.#place);
    this.#foreignChains = foreign;
    this.#closedChains = closed;
    return chains;
  }

  /** A tool that can't be started fails every change that was meant for it. */
  async #applyRun({ way, changes, lines }: WayRun): Promise<Failure[]> {
    try {
      if (way === 'nft') return await applyChains(changes, this.#place);
      if (way === 'sysctl') return await applySysctls(changes, this.#place);
      return await applyLines(way, lines, this.#place);
    } catch (reason) {
      return changes.map((change) => ({ change, error: reason as Error }));
    }
  }

  async #read(argv: readonly string[], parse: (json: unknown) => Row[]): Promise<Row[]> {
    const { code, stdout, stderr } = await runIn(this.#place.netns, argv, this.#place);
    const [op = '', ...args] = argv;
    const message = stderr.trim();
    if (code !== 0) throw new LinuxError({ op, args, errno: errnoOf(message), message });
    return readOutput(argv, stdout, parse);
  }
}

/** `-N`: protocols as numbers, whatever names /etc/iproute2/rt_protos gives them. */
const routesOf = (family: 4 | 6): string[] => [
  'ip',
  '-N',
  '-j',
  `-${family}`,
  'route',
  'show',
  'table',
  'main',
];

type Way = 'ip' | 'bridge' | 'nft' | 'sysctl';

interface WayRun {
  readonly way: Way;
  readonly changes: Change[];
  /** Of iproute2's ways. */
  readonly lines: Line[];
}

/** Consecutive changes that go the same way; a change that goes none fails here. */
function runsOf(changes: readonly Change[], failures: Failure[]): WayRun[] {
  const runs: WayRun[] = [];
  for (const change of changes) {
    try {
      const { way, texts } = wayOf(change);
      if (runs.at(-1)?.way !== way) runs.push({ way, changes: [], lines: [] });
      const run = runs.at(-1)!;
      run.changes.push(change);
      for (const text of texts) run.lines.push({ change, text });
    } catch (error) {
      failures.push({ change, error: error as Error });
    }
  }
  return runs;
}

function wayOf(change: Change): { way: Way; texts: readonly string[] } {
  const { row } = change;
  if (row.kind === 'chain') return { way: 'nft', texts: [] };
  if (row.kind === 'sysctl') return { way: 'sysctl', texts: [] };
  if (row.kind === 'forwarder' || row.kind === 'tunnel') throw notOurs(change.op, row);
  const { tool, lines } = batchLines(change, { bridgeMac: randomMac });
  return { way: tool, texts: lines };
}

/**
 * A bridge that was given no address takes its lowest port's, and changes it as ports come and go; pods that had
 * resolved their gateway would lose it.
 */
function randomMac(): MacAddress {
  const bytes = Uint8Array.from(randomBytes(6));
  bytes[0] = (bytes[0]! & 0xfe) | 0x02; // locally administered, unicast
  return macFromBytes(bytes);
}

function notOurs(op: string, { kind, dev }: ForwarderRow | Tunnel): LinuxError {
  const message = `a ${kind} is no row of the Linux kernel: it needs the forwarder that serves ${dev}`;
  return new LinuxError({ op, args: [kind, dev], errno: 'EOPNOTSUPP', message });
}
