import { type Change, type Kernel, MemoryKernel, type Row, type Table } from '@podlan/linux/model';
import { parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { expect, test } from 'vitest';
import { withForwarder } from '../src/index.js';

const dev = 'flannel.1';
const subnet = parseIpPrefix('10.244.2.0/24')!;
const remote = parseIpAddress('192.168.1.2')!;
const mac = parseMacAddress('02:00:00:00:00:01')!;
const link: Row = { kind: 'link', name: dev, type: 'tap', mac, mtu: 1450, up: true };
const forwarder: Row = {
  kind: 'forwarder',
  type: 'vxlan',
  dev,
  vni: 1,
  local: remote,
  port: 8472,
  mac,
  networks: [],
  subnets: [],
};
const tunnel: Row = { kind: 'tunnel', dev, prefix: subnet, remote, port: 8472 };
const route: Row = { kind: 'route', dev, prefix: subnet, onlink: true };
const scope = { devices: [dev], sysctls: [], chains: false };

/** Notes in one list what several kernels are told, in order. */
class Scribe implements Kernel {
  readonly #name: string;
  readonly #notes: string[];
  constructor(name: string, notes: string[]) {
    this.#name = name;
    this.#notes = notes;
  }
  async snapshot(): Promise<Row[]> {
    return [];
  }
  async apply(changes: readonly Change[]) {
    for (const { row } of changes) this.#notes.push(`${this.#name} ${row.kind}`);
    return changes
      .filter(({ row }) => row.kind === 'tunnel')
      .map((change) => ({ change, error: new Error('full') }));
  }
  async *watch(): AsyncGenerator<Table> {}
}

test('each row goes to the kernel that holds it, in the order given, and failures come together', async () => {
  const notes: string[] = [];
  const kernel = withForwarder(new Scribe('linux', notes), new Scribe('wasm', notes));
  const changes = [link, forwarder, tunnel, route].map((row) => ({ op: 'add' as const, row }));
  const failures = await kernel.apply(changes);
  expect(notes).toEqual(['linux link', 'wasm forwarder', 'wasm tunnel', 'linux route']);
  expect(failures).toMatchObject([{ change: { row: tunnel } }]);
});

test('a snapshot holds the rows of both', async () => {
  const [linux, wasm] = [new MemoryKernel(), new MemoryKernel({ devices: [dev] })];
  const kernel = withForwarder(linux, wasm);
  await kernel.apply([link, forwarder, tunnel, route].map((row) => ({ op: 'add', row })));
  expect((await kernel.snapshot(scope)).map(({ kind }) => kind).sort()).toEqual([
    'forwarder',
    'link',
    'route',
    'tunnel',
  ]);
  expect(wasm.rows.map(({ kind }) => kind)).toEqual(['forwarder', 'tunnel']);
});

test('a watch wakes for either, and ends with its signal', async () => {
  const [linux, wasm] = [new MemoryKernel(), new MemoryKernel({ devices: [dev] })];
  const stop = new AbortController();
  const seen: Table[] = [];
  const watching = (async () => {
    for await (const table of withForwarder(linux, wasm).watch(stop.signal)) seen.push(table);
  })();
  await new Promise(setImmediate);
  linux.put(link);
  wasm.put(forwarder);
  await new Promise(setImmediate);
  expect(seen.sort()).toEqual(['forwarder', 'link']);
  stop.abort();
  await watching;
});

/** Has something to say at the moment it is asked to end. */
class LastWord extends Scribe {
  ended = false;
  override async *watch(signal?: AbortSignal): AsyncGenerator<Table> {
    try {
      await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      yield 'link';
    } finally {
      this.ended = true;
    }
  }
}

test.each([0, 1])(
  'a watch that ends lets go of all, also of one that has just spoken (kernel %i)',
  async (which) => {
    const speaker = new LastWord('linux', []);
    const other = new MemoryKernel();
    const [kernel, forwarder] = which === 0 ? [speaker, other] : [other, speaker];
    const stop = new AbortController();
    const watching = (async () => {
      for await (const _table of withForwarder(kernel, forwarder).watch(stop.signal));
    })();
    await new Promise(setImmediate);
    stop.abort();
    await watching;
    expect(speaker.ended).toBe(true);
  },
);
