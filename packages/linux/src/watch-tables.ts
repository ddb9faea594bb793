/**
 * Wakes whoever watches when a table may have changed.
 *
 * What the monitors print is a reason to look again and is not parsed further. Nothing tells of sysctls, so those of
 * the last snapshot's scope are read every now and then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Place } from './link-tables.js';
import { LinuxError } from './linux-error.js';
import type { Scope, Table } from './model.js';
import { enterArgv } from './netns.js';
import { readSysctls } from './sysctls.js';

/** Changes come in bursts (a link takes its routes along): one look for all of a burst. */
const DEBOUNCE_MS = 20;
/** How often sysctls are read, and how soon after a first look at chains these are watched. */
const POLL_MS = 1000;
/** A monitor hears nothing from before it has subscribed, and does not say when it has. */
const SUBSCRIBE_MS = 150;

export interface WatchOptions extends Place {
  /** The scope of the last snapshot. */
  readonly scope: () => Scope;
  /** Chains of other tables that podlan's depend on: `ip filter FORWARD`. */
  readonly foreignChains: () => readonly string[];
  readonly signal: AbortSignal;
}

export async function* watchTables(options: WatchOptions): AsyncGenerator<Table> {
  const { signal } = options;
  if (signal.aborted) return;
  const watch = new Watch(options);
  const onAbort = () => watch.wake();
  signal.addEventListener('abort', onAbort);
  try {
    watch.start();
    while (!signal.aborted) yield* await watch.next();
  } finally {
    signal.removeEventListener('abort', onAbort);
    watch.stop();
  }
}

class Watch {
  readonly #options: WatchOptions;
  readonly #pending = new Set<Table>();
  readonly #children: ChildProcess[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #watchesChains = false;
  #sysctls: string | undefined;
  #polling = false;
  #failure: Error | undefined;
  #wake = () => {};

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#monitor(['ip', 'monitor', 'label', 'link', 'address', 'route', 'neigh'], tablesOfIp);
    this.#monitor(['bridge', 'monitor', 'fdb'], tablesOfBridge);
    this.#timers.push(setTimeout(() => this.#add(['link', 'route']), SUBSCRIBE_MS));
    this.#timers.push(setInterval(() => void this.#poll(), POLL_MS));
    void this.#poll();
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    for (const child of this.#children) child.kill();
  }

  wake(): void {
    this.#wake();
  }

  /** The tables that changed since; none when woken for an end. */
  async next(): Promise<Table[]> {
    if (this.#pending.size === 0 && !this.#failure && !this.#options.signal.aborted) await this.#sleep();
    if (this.#failure) throw this.#failure;
    if (this.#options.signal.aborted) return [];
    await new Promise((resolve) => setTimeout(resolve, DEBOUNCE_MS));
    const tables = [...this.#pending];
    this.#pending.clear();
    return tables;
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #add(tables: readonly Table[]): void {
    if (tables.length === 0) return;
    for (const table of tables) this.#pending.add(table);
    this.#wake();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake();
  }

  #monitor(argv: readonly string[], tablesOf: (line: string) => readonly Table[]): void {
    const [command = '', ...args] = enterArgv(this.#options.netns, argv);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    createInterface({ input: child.stdout! }).on('line', (line) => this.#add(tablesOf(line)));
    child.on('error', (cause) => this.#fail(monitorError(argv, cause.message, cause)));
    child.on('close', (code) => this.#fail(monitorError(argv, said.trim() || `ended with code ${code}`)));
  }

  async #poll(): Promise<void> {
    const scope = this.#options.scope();
    if (scope.chains && !this.#watchesChains) {
      this.#watchesChains = true;
      this.#monitor(['nft', 'monitor'], (line) => tablesOfNft(line, this.#options.foreignChains()));
      this.#timers.push(setTimeout(() => this.#add(['chain']), SUBSCRIBE_MS));
    }
    if (this.#polling) return;
    this.#polling = true;
    await this.#pollSysctls(scope.sysctls).catch((error: Error) => this.#fail(error));
    this.#polling = false;
  }

  async #pollSysctls(keys: readonly string[]): Promise<void> {
    const values = JSON.stringify(await readSysctls(keys, this.#options));
    if (this.#sysctls !== undefined && this.#sysctls !== values) this.#add(['sysctl']);
    this.#sysctls = values;
  }
}

/** IPv4 routes go without a word when their link goes down. */
const TABLES_OF_LABEL: Readonly<Record<string, readonly Table[]>> = {
  LINK: ['link', 'route'],
  ADDR: ['address', 'route'],
  ROUTE: ['route'],
  NEIGH: ['neighbor'],
};

function tablesOfIp(line: string): readonly Table[] {
  const label = /^\[([A-Z]+)\]/.exec(line)?.[1] ?? '';
  const isLearned = label === 'NEIGH' && !/PERMANENT|Deleted/.test(line);
  return isLearned ? [] : (TABLES_OF_LABEL[label] ?? []);
}

/** Entries of a vxlan device have a destination; what a bridge learns has none. */
const tablesOfBridge = (line: string): readonly Table[] => (/ dst .*permanent/.test(line) ? ['fdb'] : []);

/** Of other tables: a forward chain that comes or changes its policy, a rule in one, our copies in them. */
function tablesOfNft(line: string, foreignChains: readonly string[]): readonly Table[] {
  if (/\binet podlan\b|\bhook forward\b|\bPODLAN-/.test(line)) return ['chain'];
  const [, chain] = /^\w+ rule (\S+ \S+ \S+)/.exec(line) ?? [];
  return chain !== undefined && foreignChains.includes(chain) ? ['chain'] : [];
}

function monitorError([op = '', ...args]: readonly string[], message: string, cause?: unknown): LinuxError {
  return new LinuxError({ op, args, message, cause });
}
