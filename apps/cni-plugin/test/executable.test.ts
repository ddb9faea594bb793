/** Node.js and the plugin in one executable, on a host where no `node` is to be found. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '@podlan/tooling/system-programs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestHost } from './host.js';
import { Runtime } from './runtime.js';

const SCRIPT = fileURLToPath(new URL('../executable.js', import.meta.url));

let host: TestHost;
let runtime: Runtime;
beforeAll(async () => {
  const executable = execFileSync(process.execPath, [SCRIPT], { encoding: 'utf8', stdio: 'pipe' }).trim();
  host = await TestHost.start();
  const folder = join(host.folder, 'opt');
  const path = join(host.folder, 'bin');
  for (const one of [folder, path]) mkdirSync(one);
  symlinkSync(executable, join(folder, 'podlan-cni'));
  for (const program of ['ip', 'nsenter', 'flock', 'sh'])
    symlinkSync(findProgram(program)!, join(path, program));
  chmodSync(executable, 0o755);
  runtime = new Runtime(host.name, [folder], path);
}, 120_000);
afterAll(async () => {
  await host?.dispose();
  if (host) rmSync(host.folder, { recursive: true, force: true });
});

test('every verb works with nothing but ip, nsenter, flock and sh in PATH', { timeout: 60_000 }, async () => {
  const list = { ...host.list(), plugins: [{ ...host.plugin, type: 'podlan-cni' }] };
  const pod = await host.container('a');
  expect(await runtime.call({ plugin: 'podlan-cni', verb: 'VERSION', config: '' })).toMatchObject({
    code: 0,
    json: { supportedVersions: expect.arrayContaining(['1.1.0']) },
  });
  expect(await runtime.add(list, pod)).toMatchObject({
    code: 0,
    json: { ips: [{ address: '10.244.1.2/24', gateway: '10.244.1.1' }] },
  });
  expect(await runtime.check(list, pod)).toEqual({ code: 0, json: undefined, stderr: '' });
  expect(await runtime.gc(list, [pod])).toEqual({ code: 0, json: undefined, stderr: '' });
  expect((await runtime.status(list)).json).toMatchObject({ code: 51 });
  expect(await runtime.del(list, pod)).toEqual({ code: 0, json: undefined, stderr: '' });
  expect(await host.links()).toEqual(['cni0', 'lo']);
  expect(host.reserved()).toEqual([]);
});

test('there is no node in that PATH: the script alone can’t start', async () => {
  const { code } = await runtime.call({
    plugin: fileURLToPath(new URL('../build/podlan-cni.cjs', import.meta.url)),
    verb: 'VERSION',
    config: '',
  });
  expect(code).toBe(127);
});
