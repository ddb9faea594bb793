/** `podlan doctor` as a command: where it looks, what it prints, and what it ends with. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKS } from '../../dist/doctor/checks.js';
import type { DoctorJson } from '../../dist/doctor/report.js';
import { subnetFile } from '../../dist/lab/lab-agents.js';
import { labDirectory } from '../../dist/lab/lab-state.js';
import { MAIN, podlan, run, TestLab } from '../test-lab.js';

const pages = (...path: string[]) =>
  fileURLToPath(new URL(`../../../../docs/content/${path.join('/')}`, import.meta.url));

test.each(CHECKS.map(({ id, page }) => [id, page]))('%s leads to a heading that is there: %s', (_, page) => {
  const [, folder = '', name, heading] = /^(?:(.+)\/)?(.+)#(.+)$/.exec(page)!;
  const file = readdirSync(pages(folder)).find((one) => one.replace(/^\d+-/, '') === `${name}.md`);
  expect(file, page).toBeDefined();
  expect(readFileSync(pages(folder, file!), 'utf8')).toContain(`{#${heading}}`);
});

const I18N = '../i18n/en/docusaurus-plugin-content-docs/current';

test.each([
  ['Chinese', 'doctor.md'],
  ['English', `${I18N}/doctor.md`],
])('the page in %s tells of every check, and of no other', (_, page) => {
  const told = [...readFileSync(pages(page), 'utf8').matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, id]) => id);
  expect(told).toEqual(CHECKS.map(({ id }) => id));
});

describe.each(['wasm', 'kernel'] as const)('a lab on the %s dataplane', (dataplane) => {
  let lab: TestLab;
  let directory: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'podlan-doctor-'));
    lab = await TestLab.start({ family: 'dual' }, dataplane, dataplane);
  });
  afterAll(async () => {
    rmSync(directory, { recursive: true });
    await lab?.[Symbol.asyncDispose]();
  });

  test('is healthy, a line for each check', async () => {
    const { code, stdout, stderr } = await podlan('doctor', '--lab', lab.name);
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    const [first, ...lines] = stdout.split('\n');
    expect(first).toBe('host-a');
    expect(lines.slice(0, CHECKS.length).every((line) => /^ {2}[✓-] /.test(line))).toBe(true);
  });

  test('is healthy in files too, and no part of Linux is loaded for them', async () => {
    const output = join(directory, 'files');
    expect((await podlan('lab', 'snapshot', '--name', lab.name, '--output', output)).code).toBe(0);
    const hooks = fileURLToPath(new URL('../refuse-imports.js', import.meta.url));
    const args = ['--import', hooks, MAIN, 'doctor', '--snapshots', output, '--json'];
    const env = ['env', 'REFUSED_IMPORTS=koffi libsql', process.execPath];
    const { code, stdout, stderr } = await run(env[0]!, ...env.slice(1), ...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = JSON.parse(stdout) as DoctorJson;
    expect(report).toMatchObject({ healthy: true, counts: { error: 0, warning: 0 } });
    expect([...new Set(report.results.map(({ node }) => node))]).toEqual(['host-a', 'host-b']);
    expect(report.results.map(({ check }) => check)).toEqual([...CHECKS, ...CHECKS].map(({ id }) => id));
  });

  test('says what is wrong, mends it when asked to, and ends with what is left', async () => {
    await lab.in('host-b', 'sysctl', '-qw', 'net.ipv4.ip_forward=0');
    const told = await podlan('doctor', '--lab', lab.name, '--no-probes');
    expect(told.code).toBe(2);
    expect(told.stdout).toMatch(/✗ not so: the host forwards packets \[ip-forward\]/);
    expect(told.stdout).toContain('net.ipv4.ip_forward = 0');
    expect(told.stdout).toContain('sysctl -w net.ipv4.ip_forward=1');
    const refused = await podlan('doctor', '--lab', lab.name, '--fix');
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('--fix --yes') });
    const fixed = await podlan('doctor', '--lab', lab.name, '--fix', '--yes', '--no-probes');
    expect(fixed).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('sysctl -w net.ipv4.ip_forward=1'),
    });
  });

  test('one host is found by its namespace, its agent or its store', async () => {
    const at = ['--netns', lab.netns('host-a'), '--subnet-file', subnetFile(lab.name, 'host-a')];
    const nobody = await podlan('doctor', '--netns', lab.netns('pod-a1'));
    expect(nobody).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/expected a node of podlan or flannel, found/),
    });
    const store = ['--store', `sqlite:${labDirectory(lab.name)}/leases.db`];
    const agent = ['--socket', join(labDirectory(lab.name), 'host-a', 'agent.sock')];
    for (const leases of [store, agent]) {
      const { code, stdout } = await podlan('doctor', '--json', '--no-probes', ...at, ...leases);
      expect(code, stdout).toBe(0);
      const skipped = (JSON.parse(stdout) as DoctorJson).results.filter(
        ({ verdict }) => verdict === 'skipped',
      );
      expect(skipped.filter(({ why }) => why.startsWith('no leases'))).toEqual([]);
    }
  });
});

test.each([
  [['--fix', '--snapshots', 'a.json'], /--fix: expected a live node/],
  [['--yes'], /--yes: expected --fix/],
  [['--lab', '--snapshots', 'a.json'], /--snapshots: expected files or a lab/],
  [['--snapshots', '/nonexistent.json'], /--snapshots: expected a file or directory/],
  [['--lab', 'no-such'], /expected a lab, found none/],
  [['--bogus'], /unknown option '--bogus'/],
])('%s could not be run', async (flags, why) => {
  expect(await podlan('doctor', ...flags)).toMatchObject({ code: 3, stderr: expect.stringMatching(why) });
});
