import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { podlan } from './test-lab.js';

let folder: string;
let binDir: string;
let confDir: string;
let flags: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-cni-install-'));
  binDir = join(folder, 'opt/bin');
  confDir = join(folder, 'etc/net.d');
  mkdirSync(binDir, { recursive: true });
  writeFileSync(join(binDir, 'portmap'), '#!/bin/sh\n', { mode: 0o755 });
  flags = ['--bin-dir', binDir, '--conf-dir', confDir];
});
afterEach(() => rmSync(folder, { recursive: true }));

const install = (...more: string[]) => podlan('cni', 'install', ...flags, ...more);
const uninstall = (...more: string[]) => podlan('cni', 'uninstall', ...flags, ...more);
const conflist = () => JSON.parse(readFileSync(join(confDir, '10-podlan.conflist'), 'utf8'));

describe('podlan cni install', () => {
  test('writes a plugin that answers with no node in PATH, and a network with portmap after it', async () => {
    const { code, stdout } = await install();
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toEqual([
      join(binDir, 'podlan-cni'),
      join(confDir, '10-podlan.conflist'),
    ]);
    const called = spawnSync(join(binDir, 'podlan-cni'), {
      env: { CNI_COMMAND: 'VERSION', PATH: '/nowhere' },
      encoding: 'utf8',
    });
    expect(JSON.parse(called.stdout)).toMatchObject({ supportedVersions: expect.arrayContaining(['1.1.0']) });
    expect(conflist()).toEqual({
      cniVersion: '1.0.0',
      name: 'podlan',
      plugins: [
        { type: 'podlan-cni', delegate: { hairpinMode: true, isDefaultGateway: true } },
        { type: 'portmap', capabilities: { portMappings: true } },
      ],
    });
    expect(statSync(join(binDir, 'podlan-cni')).mode & 0o777).toBe(0o755);
    expect(readdirSync(confDir)).toEqual(['10-podlan.conflist']);
    expect(readdirSync(binDir).sort()).toEqual(['podlan-cni', 'portmap']);
  });

  test('what the plugin is told is what it takes: the network gets through its check of keys', async () => {
    await install('--subnet-file', join(folder, 'none.env'), '--cni-version', '1.1.0');
    const [plugin] = conflist().plugins;
    const called = spawnSync(join(binDir, 'podlan-cni'), {
      env: { CNI_COMMAND: 'STATUS' },
      input: JSON.stringify({ ...plugin, cniVersion: '1.1.0', name: 'podlan' }),
      encoding: 'utf8',
    });
    expect(JSON.parse(called.stdout)).toMatchObject({
      code: 50,
      details: expect.stringContaining('none.env'),
    });
  });

  test('again it replaces both', async () => {
    await install();
    expect((await install('--no-portmap', '--json')).code).toBe(0);
    expect(conflist().plugins).toHaveLength(1);
  });

  test('another executable is taken as it is', async () => {
    const own = join(folder, 'own');
    writeFileSync(own, '#!/bin/sh\necho own\n');
    await install('--executable', own);
    expect(spawnSync(join(binDir, 'podlan-cni'), { encoding: 'utf8' }).stdout).toBe('own\n');
  });

  test('a network of your own is written as it is', async () => {
    const own = join(folder, 'own.conflist');
    const list = {
      cniVersion: '0.4.0',
      name: 'mine',
      plugins: [{ type: 'podlan-cni' }, { type: 'bandwidth' }],
    };
    writeFileSync(own, JSON.stringify(list));
    rmSync(join(binDir, 'portmap'));
    expect((await install('--conflist', own)).code).toBe(0);
    expect(conflist()).toEqual(list);
  });

  test.each([
    ['{"name":', /own\.conflist: expected a network in JSON/],
    ['{"cniVersion":"1.0.0","name":"x"}', /expected the plugin podlan-cni in plugins, found none/],
    ['{"cniVersion":"1.0.0","name":"x","plugins":[{"type":"bridge"}]}', /found bridge; add it as the first/],
    ['{"cniVersion":"9.0.0","name":"x","plugins":[{"type":"podlan-cni"}]}', /own\.conflist: .*9\.0\.0/],
    ['{"cniVersion":"1.0.0","plugins":[{"type":"podlan-cni"}]}', /own\.conflist: .*name/],
  ])('a network that is none, %s, is refused before anything is written', async (text, complaint) => {
    const own = join(folder, 'own.conflist');
    writeFileSync(own, text);
    const { code, stderr } = await install('--conflist', own);
    expect(code).toBe(1);
    expect(stderr).toMatch(complaint);
    expect(readdirSync(binDir)).toEqual(['portmap']);
  });

  test('what the network says is not said twice', async () => {
    const { code, stderr } = await install('--conflist', 'own', '--no-portmap');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/--conflist <path>' cannot be used with option '--no-portmap'/);
  });

  test('without portmap it writes nothing, and says what to do', async () => {
    rmSync(join(binDir, 'portmap'));
    const { code, stderr } = await install();
    expect(code).toBe(1);
    expect(stderr).toMatch(/expected the plugin portmap in .*--no-portmap/);
    expect(readdirSync(binDir)).toEqual([]);
    expect(existsSync(confDir)).toBe(false);
  });

  test('where the plugin can’t be written there is no network that names it', async () => {
    mkdirSync(join(binDir, 'podlan-cni'));
    expect((await install()).code).toBe(1);
    expect(existsSync(join(confDir, '10-podlan.conflist'))).toBe(false);
    expect(readdirSync(binDir).sort()).toEqual(['podlan-cni', 'portmap']);
  });

  test('tells of a network that comes before', async () => {
    mkdirSync(confDir, { recursive: true });
    writeFileSync(join(confDir, '10-flannel.conflist'), '{}');
    const { code, stderr } = await install();
    expect(code).toBe(0);
    expect(stderr).toContain('10-flannel.conflist comes before 10-podlan.conflist');
  });
});

describe('podlan cni uninstall', () => {
  test('takes both away, and no more; twice is no error', async () => {
    await install();
    const { stdout } = await uninstall('--json');
    expect(JSON.parse(stdout)).toEqual({
      removed: [join(confDir, '10-podlan.conflist'), join(binDir, 'podlan-cni')],
    });
    expect(readdirSync(binDir)).toEqual(['portmap']);
    expect(readdirSync(confDir)).toEqual([]);
    expect(await uninstall()).toMatchObject({ code: 0, stdout: 'nothing was installed\n' });
  });

  test('while a pod has an address it takes nothing away but by force', async () => {
    await install();
    const list = conflist();
    list.plugins[0].ipam = { dataDir: join(folder, 'networks') };
    writeFileSync(join(confDir, '10-podlan.conflist'), JSON.stringify(list));
    mkdirSync(join(folder, 'networks/podlan'), { recursive: true });
    writeFileSync(join(folder, 'networks/podlan/10.244.1.2'), 'a\r\neth0');
    const { code, stderr } = await uninstall();
    expect(code).toBe(1);
    expect(stderr).toContain('one pod has an address');
    expect(existsSync(join(binDir, 'podlan-cni'))).toBe(true);
    expect((await uninstall('--force')).code).toBe(0);
    expect(readdirSync(binDir)).toEqual(['portmap']);
  });

  test('a network of someone else stays', async () => {
    mkdirSync(confDir, { recursive: true });
    writeFileSync(join(confDir, '10-podlan.conflist'), '{"name":"x","plugins":[{"type":"bridge"}]}');
    const { code, stderr } = await uninstall();
    expect(code).toBe(1);
    expect(stderr).toContain("it is not podlan's, and stays");
    expect(readdirSync(confDir)).toHaveLength(1);
  });
});
