/** The page of benchmarks: ratios only, each with the command, the machine and the day it comes from. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ratiosOf } from '../benchmarks/ratios.mjs';
import results from '../src/benchmarks/results.json';
import { folder, root } from './built-site';

const runs = Object.entries(results);
const htmlOf = (language: string) =>
  readFileSync(`${folder}/${language}docs/benchmarks.html`, 'utf8').replaceAll(/<!--.*?-->/g, '');

test.each(runs)('the command of %s can be run', (_name, { command }) => {
  const [, file] = /^(?:[A-Z_]+=[\w,]+ )*node (\S+)$/.exec(command)!;
  expect(existsSync(`${root}/${file}`)).toBe(true);
});

describe.each([
  ['Chinese', ''],
  ['English', 'en/'],
])('in %s', (_name, language) => {
  test.each(runs)('the page has all of %s, and where it comes from', (_bench, run) => {
    const html = htmlOf(language);
    for (const said of [run.command, run.machine, run.at.slice(0, 10), run.node.replace('v', '')])
      expect(html).toContain(said);
    for (const { group, baseline, rows } of run.groups) {
      const table = html.slice(html.indexOf(`<caption>${group}<`)).split('</table>')[0]!;
      for (const { name, speed } of rows)
        expect(table).toMatch(name === baseline ? /基线|baseline/ : new RegExp(`>${speed} ×(?:<|$)`));
      expect(table.split('<tr').length - 1).toBe(rows.length);
    }
  });
});

test('of a run its ratios are kept, without times, and what is podlan is told from the rest', () => {
  const rows = [
    { name: 'RouteTable: lookup, text', nanoseconds: 70.1, speed: 12.34, rounds: [1] },
    { name: 'other: get', nanoseconds: 900, speed: 1, rounds: [1] },
    { name: 'Forwarder.encap', nanoseconds: 3, speed: 270.4, rounds: [1] },
  ];
  const from = {
    at: '2026-01-02T03:04:05.000Z',
    node: 'v20',
    machine: 'a machine',
    command: 'node bench/a.js',
  };
  const group = { group: 'IPv4', baseline: 'other: get', rows, untimed: {} };
  expect(ratiosOf({ a: { ...from, memory: 1, groups: [group] }, b: { ...from, groups: [] } })).toEqual({
    a: {
      ...from,
      groups: [
        {
          group: 'IPv4',
          baseline: 'other: get',
          rows: [
            { name: 'RouteTable: lookup, text', speed: 12, own: true },
            { name: 'other: get', speed: 1 },
            { name: 'Forwarder.encap', speed: 270, own: true },
          ],
        },
      ],
    },
  });
});
