import { readdirSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { Forwarder, RouteTable, VERDICTS } from '../src/index.js';
import * as layout from '../src/layout.js';

const root = new URL('..', import.meta.url);
const bytes = readFileSync(new URL('dist/dataplane.wasm', root));
const module = new WebAssembly.Module(bytes);

test('the module imports nothing and exports these', () => {
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(names.sort()).toEqual([
    'addMember',
    'area',
    'clear',
    'clearMembers',
    'coalesce',
    'configure',
    'covering',
    'create',
    'decap',
    'deleteTunnel',
    'derive',
    'encap',
    'endFlows',
    'endpointCount',
    'find',
    'insert',
    'list',
    'lookup4',
    'lookup6',
    'lookupBatch',
    'match',
    'memory',
    'remove',
    'setTunnel',
    'size',
    'unreachable',
  ]);
});

test('the module stays small', () => {
  expect(bytes.length).toBeLessThan(34 * 1024);
});

test('every verdict of the layout has its name', () => {
  const numbered = Object.entries(layout).filter(([name]) => /^[TR]X_/.test(name));
  const names = numbered.map(([name, number]) => [number, name.toLowerCase().replaceAll('_', '-')]);
  expect(names).toEqual(VERDICTS.map((name, number) => [number, name]));
  expect(VERDICTS.length).toBe(layout.VERDICT_COUNT);
});

test('the areas do not overlap, and memory does not grow after creation', () => {
  const { exports } = new WebAssembly.Instance(module, {});
  const { create, area, memory } = exports as unknown as {
    create(slots: number, slotBytes: number, capacity: number, flows: number): number;
    area(id: number): number;
    memory: WebAssembly.Memory;
  };
  expect(create(7, 300, 5, 16)).toBe(1);
  const direction = [7 * 300, 7 * 4, 7 * 4, 7 * 16, 7 * 2, 7, 7 * 4, 7 * 2, 7];
  const endpoints = 6 * layout.ENDPOINT_BYTES;
  const lookups = [layout.LOOKUP_BATCH * layout.KEY_BYTES, layout.LOOKUP_BATCH * 4, layout.LOOKUP_BATCH];
  const sizes = [
    layout.KEY_AREA_BYTES,
    ...lookups,
    layout.VERDICT_COUNT * 8,
    endpoints,
    16 * 4,
    5 * layout.TUNNEL_BYTES,
    ...direction,
    ...direction,
    7 * layout.MAX_TRAIN * layout.PIECE_BYTES,
    (7 * layout.MAX_TRAIN + 1) * layout.FRAME_BYTES,
    layout.DIRECT_BYTES,
    layout.DIRECT_BYTES,
    layout.ANSWERS_BYTES,
    layout.TABLES * 2 * 4,
    16 * layout.FLOW_BYTES,
    16 * 2,
    16 * layout.FLOW_BYTES,
    layout.FLOW_COUNTERS * 8,
  ];
  expect(sizes.length).toBe(layout.AREAS);
  const areas = sizes.map((size, id) => ({ start: area(id), end: area(id) + size }));
  // Address 0, where entries that lead to no node lead to, is nobody's.
  let end = 16;
  for (const one of areas.sort((a, b) => a.start - b.start)) {
    expect(one.start).toBeGreaterThanOrEqual(end);
    end = one.end;
  }
  expect(end).toBeLessThan(memory.buffer.byteLength);
  expect(new Uint8Array(memory.buffer, 0, 16)).toEqual(new Uint8Array(16));
});

test('too much memory is an answer, not a trap', () => {
  const { exports } = new WebAssembly.Instance(module, {});
  const { create } = exports as unknown as { create(...sizes: number[]): number };
  expect(create(65536, 131072, 1, 0)).toBe(0);
  expect(create(1, 2048, 1, layout.MAX_FLOWS * 2)).toBe(0);
});

test('the embedded module is compiled once, however many tables and forwarders there are', async () => {
  const compile = vi.spyOn(WebAssembly, 'compile');
  vi.resetModules();
  const fresh = await import('../src/index.js');
  await Promise.all([fresh.RouteTable.create(), fresh.RouteTable.create(), fresh.Forwarder.create()]);
  expect(compile).toHaveBeenCalledTimes(1);
  compile.mockRestore();
});

test.each([RouteTable, Forwarder])("%o takes a module of one's own, or a promise of it", async (kind) => {
  for (const own of [module, WebAssembly.compile(bytes)]) {
    expect(await kind.create({ module: own })).toBeInstanceOf(kind);
  }
  await expect(kind.create({ module: bytes })).rejects.toThrow(
    new TypeError('module: expected a WebAssembly.Module, got [object Uint8Array]'),
  );
});

test('what is published runs without Node', () => {
  const dist = readdirSync(new URL('dist/', root)).filter((name) => name.endsWith('.js'));
  expect(dist.length).toBeGreaterThan(5);
  for (const name of dist)
    expect(readFileSync(new URL(`dist/${name}`, root), 'utf8')).not.toMatch(/['"]node:/);
});
