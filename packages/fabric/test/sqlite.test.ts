import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseIpPrefix } from '@podlan/wire';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LeaseEvent } from '../src/index.js';
import {
  openSqliteStore,
  type SqliteLeaseStore,
  type SqliteStoreOptions,
} from '../src/stores/sqlite/sqlite.js';
import { testAttributes } from '../src/testing.js';

const CONFIG = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
const CLIENT = new URL('sqlite-client.js', import.meta.url).pathname;
const run = promisify(execFile);

let directory: string;
let path: string;
let stores: SqliteLeaseStore[];
let children: ChildProcess[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'podlan-sqlite-'));
  path = join(directory, 'state', 'leases.db');
  stores = [];
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  for (const store of stores) await store.close();
  rmSync(directory, { recursive: true });
});

async function open(options: Partial<SqliteStoreOptions> = {}): Promise<SqliteLeaseStore> {
  const store = await openSqliteStore({ path, config: CONFIG, ...options });
  stores.push(store);
  return store;
}

const request = (host: number) => ({ attributes: testAttributes(host), previous: [] });

/** A process in the middle of a write transaction. */
async function startWriter(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CLIENT, path, 'hang'], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return child;
}

/** Collects a watch's events; `until` waits for one that satisfies. */
function collect(store: SqliteLeaseStore) {
  const events: LeaseEvent[] = [];
  const stop = new AbortController();
  const done = (async () => {
    for await (const batch of store.watch(stop.signal)) events.push(...batch);
  })();
  const until = async (matches: (event: LeaseEvent) => boolean) => {
    const deadline = Date.now() + 5000;
    while (!events.some(matches)) {
      if (Date.now() > deadline) throw new Error(`not seen among ${JSON.stringify(events)}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const end = async () => {
    stop.abort();
    await done;
  };
  return { events, until, end, done };
}

describe('several processes', () => {
  test('with fifty clients at once get fifty different subnets', async () => {
    await open();
    const processes = [0, 1, 2, 3, 4].map((i) =>
      run(process.execPath, [CLIENT, path, 'acquire', `${i * 10 + 1}`, '10']),
    );
    const outputs = await Promise.all(processes);
    const subnets = outputs.flatMap(({ stdout }) => JSON.parse(stdout) as string[]).sort();
    const expected = Array.from({ length: 50 }, (_, i) => `10.244.${i + 1}.0/24`).sort();
    expect(subnets).toEqual(expected);
  });

  test('racing for the last subnet: one gets it, the other a clear error', async () => {
    await open({
      config: { Network: '10.0.0.0/28', SubnetLen: 30, SubnetMin: '10.0.0.12', Backend: { Type: 'vxlan' } },
    });
    const processes = [1, 2].map((host) => run(process.execPath, [CLIENT, path, 'acquire', `${host}`, '1']));
    const results = (await Promise.all(processes)).flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
    expect(results.sort()).toEqual(['10.0.0.12/30', 'out-of-subnets']);
  });

  test('see each other’s leases at once', async () => {
    const watch = collect(await open({ pollMs: 60_000 }));
    await watch.until(({ type }) => type === 'snapshot');
    const startedMs = Date.now();
    const other = await open();
    const lease = await other.acquire(request(7));
    await watch.until((event) => event.type === 'put' && event.lease.subnets[0] === lease.subnets[0]);
    expect(Date.now() - startedMs).toBeLessThan(1000);
    await watch.end();
  });

  test('killed inside a transaction leave the leases as they were, and no lock', async () => {
    const store = await open();
    const lease = await store.acquire(request(1));
    const writer = await startWriter();
    const waiting = store.acquire(request(2));
    writer.kill('SIGKILL');
    expect((await waiting).subnets).toEqual(['10.244.2.0/24']);
    const left = await (await open()).list();
    expect(left.map(({ subnets }) => subnets)).toEqual([lease.subnets, ['10.244.2.0/24']]);
  });

  test('that hold the lock too long give a clear error, and readers go on', async () => {
    const store = await open({ lockWaitMs: 200 });
    await store.acquire(request(1));
    await startWriter();
    await expect(store.acquire(request(2))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('another process holds the write lock'),
    });
    expect(await store.list()).toHaveLength(1);
  });
});

describe('the network config', () => {
  test('is kept in the file for agents that are given none', async () => {
    const { config } = await open();
    expect((await open({ config: undefined })).config).toEqual(config);
    expect((await open({ config: JSON.stringify({ ...CONFIG, Unknown: 1 }) })).config).toEqual(config);
  });

  test('is refused when leases were made under another, which can be changed before', async () => {
    await open();
    const other = { ...CONFIG, Network: '10.99.0.0/16' };
    const store = await open({ config: other });
    expect(store.config.networks[0]?.network).toBe('10.99.0.0/16');
    await store.acquire(request(1));
    await expect(open()).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('10.99.0.0/16 in /24s'),
    });
  });

  test('has to be given once', async () => {
    await expect(open({ config: undefined })).rejects.toMatchObject({ code: 'bad-config' });
    await expect(open({ config: '{}' })).rejects.toMatchObject({ code: 'bad-config' });
  });
});

describe('a malformed entry', () => {
  const write = (sql: string, ...args: unknown[]) => {
    const database = new Database(path);
    database.prepare(sql).run(...args);
    database.close();
  };
  const insert = (key: unknown, value: unknown, end: unknown) =>
    write('INSERT OR REPLACE INTO leases VALUES (?, ?, ?)', key, value, end);

  test('is ignored and told once; the others stay', async () => {
    const warnings: string[] = [];
    const store = await open({ onWarning: (message) => warnings.push(message) });
    await store.acquire(request(1));
    insert('subnets-extra', '{}', null);
    insert('10.244.9.0-24', 'garbage', 4e12);
    insert('10.244.10.0-24', '{"PublicIP":"1.2.3.4"}', 'tomorrow');
    insert('10.244.11.0-24', Buffer.from([0, 255, 1]), null);
    expect(await store.list()).toHaveLength(1);
    expect(await store.list()).toHaveLength(1);
    expect((await store.acquire(request(2))).subnets).toEqual(['10.244.2.0/24']);
    expect(warnings).toHaveLength(4);
    expect(warnings[0]).toMatch(/^lease store .*leases.db: entry ignored: lease 10.244.10.0-24: expected/);
  });

  test('that was a peer’s lease before does not take that peer away', async () => {
    const watch = collect(await open());
    const lease = await (await open()).acquire(request(1));
    await watch.until(({ type }) => type === 'put');
    write('UPDATE leases SET value = ?', '{"PublicIP":');
    await (await open()).acquire(request(2));
    await watch.until((event) => event.type === 'put' && event.lease.subnets[0] !== lease.subnets[0]);
    expect(watch.events.filter(({ type }) => type === 'delete')).toEqual([]);
    await watch.end();
  });

  test('that was our own lease is lost, and had again with the same subnet', async () => {
    const store = await open();
    const lease = await store.acquire(request(1));
    write('UPDATE leases SET value = ?', 'garbage');
    expect(await store.list()).toEqual([]);
    await expect(store.renew(lease)).rejects.toMatchObject({ code: 'lease-lost' });
    const again = await store.acquire({ ...request(1), previous: lease.subnets });
    expect(again.subnets).toEqual(lease.subnets);
  });

  test('without an end is a reservation: its node gets it, and it never ends', async () => {
    const store = await open();
    insert('10.244.50.0-24', '{"PublicIP":"192.168.1.1"}', null);
    const lease = await store.acquire(request(1));
    expect(lease).toEqual({ subnets: [parseIpPrefix('10.244.50.0/24')], attributes: testAttributes(1) });
    expect(await store.renew(lease)).not.toHaveProperty('expiresAtMs');
  });
});

describe('a file that cannot be used', () => {
  test('because it is no database is told so, and left as it is', async () => {
    mkdirSync(join(directory, 'state'));
    writeFileSync(path, 'not a database '.repeat(500));
    await expect(open()).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('move it away and restart the agents'),
    });
    expect(readFileSync(path, 'utf8')).toBe('not a database '.repeat(500));
  });

  test('because it was overwritten while in use ends the watch, and never the process', async () => {
    const store = await open({ pollMs: 50 });
    for (let host = 1; host < 60; host++) await store.acquire(request(host));
    const watch = collect(store);
    await watch.until(({ type }) => type === 'snapshot');
    const failed = expect(watch.done).rejects.toMatchObject({ code: 'watch-lost' });
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    writeFileSync(path, Buffer.alloc(8192, 'x'));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await failed;
    await expect(store.acquire(request(99))).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('because it was deleted is told so, and used again when it is back', async () => {
    const store = await open();
    await store.acquire(request(1));
    await store.close();
    const again = await open();
    renameSync(join(directory, 'state'), join(directory, 'away'));
    await expect(again.list()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('found it deleted'),
    });
    renameSync(join(directory, 'away'), join(directory, 'state'));
    expect(await again.list()).toHaveLength(1);
  });

  test('because another table layout is in it is told so', async () => {
    await open();
    const database = new Database(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    await expect(open()).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('expected schema version 1, found 99'),
    });
  });

  test('because its directory cannot be made is told so', async () => {
    writeFileSync(join(directory, 'file'), '');
    await expect(open({ path: join(directory, 'file', 'leases.db') })).rejects.toMatchObject({
      code: 'unavailable',
    });
    chmodSync(directory, 0o700);
  });

  test('because the disk is full is told so, and what was there can be read', () => {
    const script = `
      import { openSqliteStore } from ${JSON.stringify(new URL('../dist/stores/sqlite/sqlite.js', import.meta.url).href)};
      const store = await openSqliteStore({ path: process.argv[2], config: ${JSON.stringify(CONFIG)} });
      for (let host = 1; ; host++) {
        const endpoints = [{ publicIp: '192.168.' + (host >> 8) + '.' + (host & 255), data: 'x'.repeat(5000) }];
        try { await store.acquire({ attributes: { backendType: 'vxlan', endpoints }, previous: [] }); }
        catch (error) { console.log(JSON.stringify([host, (await store.list()).length, error.code, error.message])); break; }
      }`;
    writeFileSync(join(directory, 'fill.mjs'), script);
    const mount = 'mount -t tmpfs -o size=512k none "$2" && exec "$1" "$3" "$2/leases.db"';
    mkdirSync(join(directory, 'small'));
    const args = [
      '-rm',
      'sh',
      '-c',
      mount,
      'sh',
      process.execPath,
      join(directory, 'small'),
      join(directory, 'fill.mjs'),
    ];
    const output = execFileSync('unshare', args, { encoding: 'utf8' });
    const [host, held, code, message] = JSON.parse(output) as [number, number, string, string];
    expect([held, code]).toEqual([host - 1, 'unavailable']);
    expect(message).toMatch(/the disk is full .*; free space for /);
  });
});

test('libsql is loaded without a look at the network, which may take minutes where DNS does not answer', () => {
  const script = `
    const { report } = process;
    const { getReport } = report;
    const asked = [];
    report.getReport = () => (asked.push(report.excludeNetwork), getReport.call(report));
    await import(${JSON.stringify(new URL('../dist/stores/sqlite/sqlite.js', import.meta.url).href)});
    console.log(JSON.stringify([asked, report.excludeNetwork]));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const [asked, after] = JSON.parse(output) as [boolean[], boolean];
  expect(asked).not.toEqual([]);
  expect(new Set(asked)).toEqual(new Set([true]));
  expect(after).toBe(false);
});
