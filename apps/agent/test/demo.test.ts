/** The demo, in both languages: it tells what happened, fits a terminal, and leaves nothing behind. */
import { expect, test } from 'vitest';
import { labNamespaces } from '../dist/lab/topology.js';
import { podlan } from './test-lab.js';

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

test.each([
  ['en', 'host-c joins', 'host-b leaves'],
  ['zh', 'host-c 加入', 'host-b 离开'],
])('%s', async (language, joins, leaves) => {
  const name = `t${process.pid}-${language}`;
  const { code, stdout, stderr } = await podlan('lab', '--name', name, 'demo', '--lang', language);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  for (const text of ['10.244.1.2', 'flannel.1', 'SHA-256', 'Gbit/s', joins, leaves])
    expect(stdout).toContain(text);
  expect(stdout).toMatch(/\+ 10\.244\.3\.0\/24 via 10\.244\.3\.0/);
  expect(stdout).toMatch(/- 10\.244\.2\.0\/24 via 10\.244\.2\.0/);
  expect(stdout).toMatch(/192\.168\.77\.11.*192\.168\.77\.12.*8472/);
  expect(stdout.split('\n').filter((line) => columns(line) > 80)).toEqual([]);
  expect(stdout).not.toContain('\x1b[');
  expect(await labNamespaces(`${name}-demo`)).toEqual([]);
});
