import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { platformFault } from '../src/platform.js';
import { buildEnvironment, installArguments } from '../src/set-up-steps.js';
import { hashOfSources, missingBuilds } from '../src/sources.js';
import { installFor, installIn } from '../src/stamp.js';
import { describeMissing, findProgram, missingPrograms } from '../src/system-programs.js';
import { withoutServices } from '../src/without-services.js';
import { workspaces, workspacesFor } from '../src/workspace.js';

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

describe('while packages are installed', () => {
  let folder;
  let policy;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'podlan-policy-'));
    policy = join(folder, 'policy-rc.d');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('no service may start, and afterwards all may', () => {
    expect(withoutServices(() => spawnSync(policy).status, policy)).toBe(101);
    expect(existsSync(policy)).toBe(false);
    const broken = () => {
      throw new Error('broken');
    };
    expect(() => withoutServices(broken, policy)).toThrow('broken');
    expect(existsSync(policy)).toBe(false);
  });

  test('a policy that was there stays', () => {
    writeFileSync(policy, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    expect(withoutServices(() => spawnSync(policy).status, policy)).toBe(0);
    expect(existsSync(policy)).toBe(true);
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

describe('an install of what the demo needs', () => {
  test.each([
    [{ lock: 'a', install: 'all' }, 'a', 'all'],
    [{ lock: 'a', install: 'demo' }, 'a', 'demo'],
    [{ lock: 'a', install: 'all' }, 'b', undefined],
    [{ lock: 'a' }, 'a', undefined],
    [{}, 'a', undefined],
  ])('%j under lock %s is %s', (stamp, lock, install) => {
    expect(installIn(stamp, lock)).toBe(install);
  });

  test.each([
    ['the demo', 'a fresh clone', { demo: true, stamp: {}, isFresh: true }, 'demo'],
    ['the demo', 'its own install', { demo: true, stamp: { install: 'demo' }, isFresh: false }, 'demo'],
    ['the demo', 'a full one', { demo: true, stamp: { install: 'all' }, isFresh: false }, 'all'],
    ['the demo', "somebody's npm ci", { demo: true, stamp: {}, isFresh: false }, 'all'],
    ['a test', 'a fresh clone', { demo: false, stamp: {}, isFresh: true }, 'all'],
    ['a test', "the demo's install", { demo: false, stamp: { install: 'demo' }, isFresh: false }, 'all'],
  ])('for %s after %s', (_what, _after, state, install) => {
    expect(installFor(state)).toBe(install);
  });

  test('leaves out the workspaces that the command does without', () => {
    const all = workspaces().map(({ manifest }) => manifest.name);
    const demo = workspacesFor('podlan').map(({ manifest }) => manifest.name);
    expect(demo).toEqual(expect.arrayContaining(['podlan', '@podlan/wire', '@podlan/simulator']));
    for (const name of ['@podlan/docs', '@podlan/benchmarks', '@podlan/consumers']) {
      expect(all).toContain(name);
      expect(demo).not.toContain(name);
    }
    expect(installArguments('demo')).toEqual([
      ...installArguments('all'),
      '--workspace',
      'podlan',
      '--include-workspace-root',
    ]);
  });

  test('misses no build but those of its own', () => {
    const base = mkdtempSync(join(tmpdir(), 'podlan-workspaces-'));
    const add = (name, dependencies) => {
      mkdirSync(join(base, 'packages', name), { recursive: true });
      const manifest = { name, dependencies, scripts: { build: 'tsc' } };
      writeFileSync(join(base, 'packages', name, 'package.json'), JSON.stringify(manifest));
    };
    add('podlan', { wire: '*', elsewhere: '*' });
    add('wire');
    add('site', { podlan: '*' });
    expect(missingBuilds(base).sort()).toEqual(['packages/podlan', 'packages/site', 'packages/wire']);
    expect(missingBuilds(base, 'demo')).toEqual(['packages/podlan', 'packages/wire']);
    rmSync(base, { recursive: true });
  });
});
