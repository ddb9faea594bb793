/** The one tarball: installed without network, cache or install scripts, and then used. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VERSION } from '../dist/version.js';
import { run } from './test-lab.js';

const SCRIPT = fileURLToPath(new URL('../packaging/tarball.js', import.meta.url));
const LAB = `tarball${process.pid}`;

let folder: string;
let installed: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-tarball-test-'));
  const tarball = execFileSync(process.execPath, [SCRIPT, folder], { encoding: 'utf8' }).trim();
  const prefix = join(folder, 'prefix');
  mkdirSync(prefix);
  writeFileSync(join(prefix, 'package.json'), '{"private":true}');
  const alone = [
    '--offline',
    '--ignore-scripts',
    '--cache',
    join(folder, 'cache'),
    '--no-audit',
    '--no-fund',
  ];
  execFileSync('npm', ['install', ...alone, tarball], { cwd: prefix, stdio: 'pipe' });
  installed = join(prefix, 'node_modules/.bin/podlan');
});
afterAll(async () => {
  await run(installed, 'lab', 'down', '--name', LAB);
  rmSync(folder, { recursive: true });
});

test('it says its version', async () => {
  expect(await run(installed, '--version')).toMatchObject({ code: 0, stdout: `${VERSION}\n` });
});

test('it shows the demo on simulated kernels', async () => {
  const { code, stderr } = await run(installed, 'lab', 'demo', '--simulate', '--lang', 'en');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('it brings a lab up, whose pods reach each other on the wasm dataplane, and takes it down', async () => {
  const { code, stdout, stderr } = await run(installed, 'lab', 'up', '--name', LAB, '--json');
  expect(code, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ hosts: [{ dataplane: 'wasm' }, { dataplane: 'wasm' }] });
  const ping = ['ping', '-c', '1', '-W', '5', '10.244.2.2'];
  expect(await run(installed, 'lab', 'exec', '--name', LAB, 'pod-a1', '--', ...ping)).toMatchObject({
    code: 0,
  });
  expect(await run(installed, 'lab', 'down', '--name', LAB)).toMatchObject({
    code: 0,
    stdout: 'the lab is down\n',
  });
});

test('every store can be loaded', async () => {
  const stores = ['sqlite', 'etcd', 'kubernetes'].map((store) => `await import('@podlan/fabric/${store}');`);
  const probe = join(installed, '../../podlan/probe.mjs');
  writeFileSync(probe, stores.join('\n'));
  expect(await run(process.execPath, probe)).toEqual({ code: 0, stdout: '', stderr: '' });
});
