/** The demo, on both its stages and in both languages: one story, that tells what happened and fits a terminal. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { labNamespaces } from '../dist/lab/topology.js';
import { MAIN, type Output, podlan } from './test-lab.js';

const NAME = `t${process.pid}`;
const LANGUAGES = ['en', 'zh'] as const;
const STAGES = ['lab', 'simulation'] as const;
const TOLD = {
  en: { joins: 'host-c joins', leaves: 'host-b leaves' },
  zh: { joins: 'host-c 加入', leaves: 'host-b 离开' },
};
const told = new Map<string, Output>();
const story = (stage: (typeof STAGES)[number], language: (typeof LANGUAGES)[number]): Output =>
  told.get(`${stage} ${language}`)!;

beforeAll(async () => {
  for (const language of LANGUAGES) {
    const demo = ['lab', '--name', NAME, 'demo', '--lang', language];
    told.set(`lab ${language}`, await podlan(...demo));
    told.set(`simulation ${language}`, await podlan(...demo, '--simulate'));
  }
  // Four demos, one after the other.
}, 180_000);

/** Columns a terminal needs: CJK and full-width characters take two. */
function columns(line: string): number {
  return [...line].reduce(
    (sum, char) =>
      sum +
      (/[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/.test(
        char,
      )
        ? 2
        : 1),
    0,
  );
}

const ROUTE = /^ *[+-]? *(default|[\d.]+\/\d+) (via|dev) /;
/** Where a frame was seen, and what ip was asked. */
const PLACE = /^ {2}\S+ (\S+)? +\d+ (bytes|字节)$|^ {2}\S+ \$ /;

interface Step {
  readonly title: string;
  readonly lines: string[];
}

function stepsOf({ stdout }: Output): Step[] {
  const steps: Step[] = [];
  for (const line of stdout.split('\n')) {
    if (/^\d\. /.test(line)) steps.push({ title: line, lines: [] });
    else if (ROUTE.test(line) || PLACE.test(line)) steps.at(-1)?.lines.push(line);
  }
  return steps;
}

describe.each(LANGUAGES)('%s', (language) => {
  test.each(STAGES)('is told to its end on the %s', (stage) => {
    const { code, stdout, stderr } = story(stage, language);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const { joins, leaves } = TOLD[language];
    for (const text of ['10.244.1.2', 'flannel.1', joins, leaves]) expect(stdout).toContain(text);
    expect(stdout).toMatch(/\+ 10\.244\.3\.0\/24 via 10\.244\.3\.0/);
    expect(stdout).toMatch(/- 10\.244\.2\.0\/24 via 10\.244\.2\.0/);
    expect(stdout).toMatch(/192\.168\.77\.11.*192\.168\.77\.12.*8472/);
    expect(stdout).toContain('ethernet 14 | ipv4 20 | udp 8 | vxlan 8 | ethernet 14 | ipv4 20 | icmp 8');
    expect(stdout).toContain('tunnel 10.244.2.0/24 remote 192.168.77.12 port 8472');
    expect(stdout.split('\n').filter((line) => columns(line) > 80)).toEqual([]);
    expect(stdout).not.toContain('\x1b[');
  });

  test('has the same steps, places and routes on both stages', () => {
    const [real, simulated] = STAGES.map((stage) => stepsOf(story(stage, language)));
    expect(simulated).toEqual(real);
    expect(real!.map(({ lines }) => lines.length)).toEqual([0, 7, 0, 7, 6, 3, 0]);
  });

  test('the lab moves bytes, and leaves nothing behind', async () => {
    for (const text of ['SHA-256', 'Gbit/s']) expect(story('lab', language).stdout).toContain(text);
    expect(await labNamespaces(`${NAME}-demo`)).toEqual([]);
  });

  test('the simulation says what it is, first and wherever it tells a time', () => {
    const { stdout } = story('simulation', language);
    const beginning = stdout.split('\n').slice(0, 2).join('');
    expect(beginning).toMatch({ en: /SIMULATION/, zh: /模拟/ }[language]);
    const [, ...steps] = stdout.split(/\n(?=\d\. )/);
    const times = steps.join('').match(/.{10}\bms\b/g) ?? [];
    expect(times.length).toBeGreaterThan(5);
    expect(times.filter((text) => !/simulated ms|模拟 [\d.]+ ms/.test(text))).toEqual([]);
  });
});

describe('where there is nothing', () => {
  const isRoot = process.getuid?.() === 0;
  const nobody = isRoot ? { uid: 65534, gid: 65534 } : {};
  const hooks = fileURLToPath(new URL('refuse-imports.js', import.meta.url));
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'podlan-demo-'));
    chmodSync(directory, 0o777);
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  /** With no program to be found. */
  const demo = (refused: string, rights: object, ...flags: string[]) =>
    promisify(execFile)(
      process.execPath,
      ['--import', hooks, MAIN, 'lab', '--name', NAME, 'demo', '--lang', 'en', ...flags],
      {
        ...{ ...rights, cwd: '/' },
        env: {
          PATH: '/nonexistent',
          PODLAN_RUNTIME_DIR: join(directory, 'of-lab'),
          REFUSED_IMPORTS: refused,
        },
      },
    );

  test('the simulation runs without rights, programs, and what only loads on Linux', async () => {
    const { stdout, stderr } = await demo('koffi libsql', nobody, '--simulate');
    expect(stderr).toBe('');
    expect(stepsOf({ code: 0, stdout, stderr })).toEqual(stepsOf(story('simulation', 'en')));
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each([
    ['nobody', /gives users no namespaces/, nobody],
    ['root', /ip: not found: install the package iproute2/, {}],
  ])('the lab tells %s how to see the same without it', async (_who, why, rights) => {
    const failed = await demo('@podlan/simulator', rights).catch((error: Output) => error);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(isRoot ? why : /./) });
    expect(failed.stderr).toContain('podlan lab demo --simulate');
  });
});
