/** Readers of MaxMind DB files: read-only, so they have no updates and no load of their own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMmdb } from '../mmdb/write-mmdb.js';
import { requireRival } from '../rivals.js';

/** Calls `use` with the path of a file that holds `bytes`, and removes it. */
async function withFile(bytes, use) {
  const folder = mkdtempSync(join(tmpdir(), 'podlan-mmdb-'));
  try {
    const path = join(folder, 'table.mmdb');
    writeFileSync(path, bytes);
    return await use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const maxmind = {
  name: 'maxmind',
  kind: 'longest',
  families: [4, 6],
  readOnly: true,
  async load({ table }) {
    const { open } = requireRival('maxmind');
    const reader = await withFile(writeMmdb(table), (path) => open(path));
    return { ways: { 'get, text': { takes: 'text', lookup: (address) => reader.get(address) } } };
  },
};

export const mmdbLib = {
  name: 'mmdb-lib',
  kind: 'longest',
  families: [4, 6],
  readOnly: true,
  async load({ table }) {
    const { Reader } = requireRival('mmdb-lib');
    const reader = new Reader(writeMmdb(table));
    return { ways: { 'get, text': { takes: 'text', lookup: (address) => reader.get(address) } } };
  },
};
