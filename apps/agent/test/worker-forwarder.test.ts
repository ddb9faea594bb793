/** Forwarders as rows, each a thread, on a host of their own with one TAP. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from './test-lab.js';

const HOST = 'ip link set lo up; ip tuntap add dev flannel.1 mode tap vnet_hdr; exec "$@"';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-forwarder-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a script prints as JSON; `put` gives the failures of a row. */
async function onHost(script: string): Promise<unknown> {
  const module = new URL('../dist/agent/worker-forwarder.js', import.meta.url).href;
  const prelude = `
    import { execFileSync } from 'node:child_process';
    import { createSocket } from 'node:dgram';
    import { getEventListeners, once } from 'node:events';
    import { WorkerForwarder } from ${JSON.stringify(module)};
    const forwarder = new WorkerForwarder(() => {});
    const row = {
      kind: 'forwarder', type: 'vxlan', dev: 'flannel.1', local: '127.0.0.1', port: 8472, vni: 1,
      mac: '02:00:00:00:00:01', networks: ['10.244.0.0/16'], subnets: ['10.244.1.0/24'],
    };
    const put = async (row) => (await forwarder.apply([{ op: 'replace', row }])).map(({ error }) => error.message);
    const print = (value) => console.log(JSON.stringify(value));`;
  const path = join(folder, 'script.mjs');
  writeFileSync(path, `${prelude}\n${script}`);
  const inside = ['sh', '-ec', HOST, 'sh', process.execPath, path];
  const { stdout, stderr } = await run('unshare', '--net', '--', ...inside);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

test('a forwarder that ends while its watcher is busy is told afterwards; a watch leaves no listeners', async () => {
  const told = await onHost(`
    const stop = new AbortController();
    const tables = forwarder.watch(stop.signal);
    const end = () => execFileSync('ip', ['link', 'del', 'flannel.1']);
    const make = () => execFileSync('ip', ['tuntap', 'add', 'dev', 'flannel.1', 'mode', 'tap', 'vnet_hdr']);
    const gone = async () => { while ((await forwarder.snapshot({ devices: ['flannel.1'] })).length > 0) await new Promise(setImmediate); };
    const failures = await put(row);
    const first = tables.next();
    end(); await gone();
    const told = [(await first).value];
    make(); failures.push(...await put(row));
    end(); await gone();
    told.push((await tables.next()).value);
    const last = tables.next();
    const listeners = getEventListeners(stop.signal, 'abort').length;
    stop.abort();
    print({ failures, told, listeners, last: await last, left: getEventListeners(stop.signal, 'abort').length });`);
  expect(told).toEqual({
    failures: [],
    told: ['forwarder', 'forwarder'],
    listeners: 1,
    last: { done: true },
    left: 0,
  });
});

test('a forwarder that does not take its tunnels over leaves its port', async () => {
  const told = await onHost(`
    const tunnel = { kind: 'tunnel', dev: 'flannel.1', prefix: '10.244.2.0/24', remote: '127.0.0.2', port: 8472 };
    const failures = [...await put(row), ...await put(tunnel)];
    tunnel.port = 0;
    failures.push(...await put({ ...row, vni: 2 }));
    const socket = createSocket('udp4').bind(8472, '127.0.0.1');
    await once(socket, 'listening');
    socket.close();
    print({ failures, rows: await forwarder.snapshot({ devices: ['flannel.1'] }) });`);
  expect(told).toEqual({ failures: [expect.stringContaining('port')], rows: [] });
});
