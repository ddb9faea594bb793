import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const read = (path) => readFileSync(new URL(path, import.meta.url), 'utf8');
const manifest = JSON.parse(read('../rivals/package.json'));
const lock = JSON.parse(read('../rivals/package-lock.json'));
const fetched = Object.entries(lock.packages).filter(([path]) => path.includes('node_modules/'));

describe("the rivals' lock file", () => {
  test('is theirs alone: the root installs only what it needs itself', () => {
    const root = JSON.parse(read('../../../package-lock.json')).packages;
    const paths = Object.keys(root);
    expect(paths.filter((path) => path.includes('benchmarks/rivals'))).toEqual([]);
    for (const name of ['maxmind', 'longest-prefix-match', '@ip-location-db/asn', 'arkime-iptrie'])
      expect(paths).not.toContain(`node_modules/${name}`);
  });

  test('names no registry host, and has a hash of everything', () => {
    expect(fetched.filter(([, { resolved }]) => resolved?.includes('://'))).toEqual([]);
    expect(fetched.filter(([, { integrity }]) => !integrity)).toEqual([]);
  });

  test('holds exactly the versions the manifest asks for', () => {
    for (const [name, version] of Object.entries(manifest.dependencies))
      expect(lock.packages[`node_modules/${name}`].version).toBe(version);
  });
});
