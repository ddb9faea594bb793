import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { platformFault } from '../src/platform.js';
import { buildEnvironment } from '../src/set-up-steps.js';
import { hashOfSources, missingBuilds } from '../src/sources.js';
import { describeMissing, findProgram, missingPrograms } from '../src/system-programs.js';

describe('platformFault', () => {
  test.each([
    ['20.19.0', undefined],
    ['20.20.2', undefined],
    ['22.0.0', undefined],
    ['20.18.3', 'needs Node.js 20.19 or newer; this is 20.18.3'],
    ['18.20.4', 'needs Node.js 20.19 or newer; this is 18.20.4'],
  ])('Node.js %s on Linux', (node, expected) => {
    const fault = platformFault({ platform: 'linux', versions: { node } });
    if (expected === undefined) expect(fault).toBeUndefined();
    else expect(fault).toContain(expected);
  });

  test('another system is named, and what runs there', () => {
    const fault = platformFault({ platform: 'darwin', versions: { node: '22.0.0' } });
    for (const text of ['needs Linux', 'darwin', 'podlan lab demo --simulate']) expect(fault).toContain(text);
  });
});

test('the build does not see NODE_ENV, and sends no telemetry', () => {
  const environment = buildEnvironment({ NODE_ENV: 'production', PATH: '/bin' });
  expect(environment).not.toHaveProperty('NODE_ENV');
  expect(environment).toMatchObject({ PATH: '/bin', TURBO_TELEMETRY_DISABLED: '1' });
});

describe('system programs', () => {
  test('nothing is missing where everything is found', () => {
    expect(missingPrograms((name) => `/usr/bin/${name}`)).toEqual({});
  });

  test('missing programs are listed by the package that brings them', () => {
    const missing = missingPrograms((name) => (['ip', 'bridge', 'tshark'].includes(name) ? undefined : name));
    expect(missing).toEqual({ iproute2: ['ip', 'bridge'], tshark: ['tshark'] });
    expect(describeMissing(missing)).toContain('sudo apt-get install iproute2 tshark');
  });

  test('Chrome does where there is no Chromium', () => {
    const folder = mkdtempSync(join(tmpdir(), 'podlan-programs-'));
    writeFileSync(join(folder, 'google-chrome'), '', { mode: 0o755 });
    expect(findProgram('chromium', folder)).toBe(join(folder, 'google-chrome'));
    rmSync(folder, { recursive: true });
  });
});

describe('the hash of the sources', () => {
  let base;
  const write = (file, text) => {
    mkdirSync(join(base, file, '..'), { recursive: true });
    writeFileSync(join(base, file), text);
  };

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'podlan-sources-'));
    write('package.json', '{}');
    write('packages/a/package.json', '{"name":"a","scripts":{"build":"tsc"}}');
    write('packages/a/src/index.ts', 'export {};');
  });
  afterEach(() => rmSync(base, { recursive: true }));

  test.each(['packages/a/src/new.ts', 'packages/a/src/index.ts', 'package.json', 'apps/b/package.json'])(
    'changes with %s',
    (file) => {
      const before = hashOfSources(base);
      write(file, '{"changed":true}');
      expect(hashOfSources(base)).not.toBe(before);
    },
  );

  test.each([
    'packages/a/dist/index.js',
    'packages/a/test/a.test.ts',
    'packages/a/test-results.json',
    'README.md',
  ])('does not change with %s', (file) => {
    const before = hashOfSources(base);
    write(file, 'x');
    expect(hashOfSources(base)).toBe(before);
  });

  test('a build whose product is gone is missed', () => {
    expect(missingBuilds(base)).toEqual(['packages/a']);
    write('packages/a/dist/index.js', '');
    expect(missingBuilds(base)).toEqual([]);
  });
});
