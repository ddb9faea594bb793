import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LAYERS, layerOf, violations } from '../src/layers.js';
import { root, workspaces } from '../src/workspace.js';

describe('layerOf', () => {
  test.each([
    ['packages/wire/src/udp.ts', 'wire'],
    ['packages/linux/src/model.ts', 'linux/model'],
    ['packages/linux/src/prefix.ts', 'linux/model'],
    ['packages/linux/src/linux-kernel.ts', 'linux'],
    ['packages/cni/src/attach.ts', 'cni/attach'],
    ['packages/cni/src/host-local.ts', 'cni'],
    ['packages/fabric/src/stores/memory.ts', 'fabric'],
    ['packages/fabric/src/stores/sqlite/sqlite.ts', 'fabric/stores'],
    ['apps/agent/src/main.ts', 'agent'],
    ['packages/new/src/index.ts', undefined],
  ])('%s lies in %s', (file, layer) => {
    expect(layerOf(file)).toBe(layer);
  });

  test('every layer names only layers that exist', () => {
    for (const { imports } of Object.values(LAYERS)) {
      for (const name of imports) expect(Object.keys(LAYERS)).toContain(name);
    }
  });

  test('the layers form no cycle', () => {
    const reaches = (from, to) => LAYERS[from].imports.some((next) => next === to || reaches(next, to));
    for (const name of Object.keys(LAYERS)) expect(reaches(name, name)).toBe(false);
  });
});

test('this repository keeps its layers', () => {
  expect(violations(root)).toEqual([]);
});

describe('a planted violation is found', () => {
  let base;
  const plant = (file, text) => {
    mkdirSync(join(base, dirname(file)), { recursive: true });
    writeFileSync(join(base, file), text);
  };

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'podlan-layers-'));
    for (const { folder } of workspaces()) {
      mkdirSync(join(base, folder), { recursive: true });
      cpSync(join(root, folder, 'package.json'), join(base, folder, 'package.json'));
    }
  });
  afterEach(() => rmSync(base, { recursive: true }));

  test.each([
    ['packages/wire/src/a.ts', "import { x } from '@podlan/linux/model';", 'wire may import no other layer'],
    ['packages/dataplane/src/a.ts', "export * from '@podlan/linux/model';", 'dataplane may import wire'],
    ['packages/dataplane/src/a.ts', "import type { S } from 'node:dgram';", 'no Node.js modules'],
    ['packages/dataplane/src/a.ts', "const fs = await import('fs/promises');", 'no Node.js modules'],
    ['packages/fabric/src/node.ts', "import { LinuxKernel } from '@podlan/linux';", 'is linux'],
    ['packages/linux/src/model.ts', "import { run } from './iproute.js';", 'is linux'],
    ['packages/linux/src/diff.ts', "import { readFileSync } from 'node:fs';", 'no Node.js modules'],
    ['packages/cni/src/attach.ts', "import { HostLocal } from './host-local.js';", 'is cni'],
    ['packages/fabric/src/index.ts', "export * from './stores/sqlite/sqlite.js';", 'is fabric/stores'],
    ['packages/fabric/src/node.ts', "import { rig } from './testing/rig.js';", 'exists for tests'],
    ['apps/agent/src/a.ts', "import { x } from '@podlan/wire/udp';", 'exports no such path'],
    ['packages/wire/src/a.ts', "import { IPv4 } from 'ip-num';", 'does not depend on it'],
    ['packages/wire/src/a.ts', "import { x } from '#compiled-module';", 'imports no such path'],
    [
      'packages/wire/src/a.ts',
      "import { x } from '../../linux/src/model.js';",
      'wire may import no other layer',
    ],
  ])('%s: %s', (file, text, reason) => {
    plant(file, text);
    const found = violations(base);
    expect(found).toHaveLength(1);
    expect(found[0].file).toBe(file);
    expect(found[0].reason).toContain(reason);
  });

  test.each([
    ['packages/dataplane/src/a.ts', "import { parseIpAddress } from '@podlan/wire';"],
    ['packages/dataplane/src/a.ts', "import { compiledModule } from '#compiled-module';"],
    [
      'packages/linux/src/linux-kernel.ts',
      "import { spawn } from 'node:child_process';\nimport './model.js';",
    ],
    ['packages/cni/src/host-local.ts', "import { flock } from '@podlan/linux';\nimport './attach.js';"],
    [
      'packages/fabric/src/stores/sqlite/sqlite.ts',
      "import fs from 'node:fs';\nimport Database from 'libsql';",
    ],
    ['packages/wire/src/a.ts', "// import { x } from 'node:fs';\nconst text = \"import 'node:fs'\";"],
  ])('what is allowed is let through: %s', (file, text) => {
    plant(file, text);
    expect(violations(base)).toEqual([]);
  });
});
