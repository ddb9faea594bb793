import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostLocal } from '../src/host-local.js';

const run = promisify(execFile);
const SCRIPT = fileURLToPath(new URL('allocate-many.js', import.meta.url));

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'podlan-cni-race-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

async function allocateIn(processNumber: number, perProcess: number): Promise<string[]> {
  const ids = Array.from({ length: perProcess }, (_, index) => `pod${processNumber}-${index}`);
  const args = [SCRIPT, dataDir, '10.244.1.0/24', '10.244.1.1', ...ids];
  const { stdout } = await run(process.execPath, args);
  return JSON.parse(stdout);
}

test('8 processes with 8 calls each at once get 64 addresses', async () => {
  const given = (await Promise.all(Array.from({ length: 8 }, (_, number) => allocateIn(number, 8)))).flat();
  expect(new Set(given).size).toBe(64);
  const listed = await new HostLocal({ dataDir, network: 'cbr0' }).list();
  expect(listed.map(({ address }) => address).sort()).toEqual(given.sort());
});
