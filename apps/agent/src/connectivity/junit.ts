/** What a connectivity test found in JUnit's XML, as continuous integration reads it: a suite for each pair of hosts. */
import { familyName } from './end.js';
import { type ConnectivityReport, evidenceLines } from './report.js';
import type { CaseResult } from './run-cases.js';

const MS_PER_SECOND = 1000;

export function junitXml({ of, cases, failed }: ConnectivityReport): string {
  const suites = new Map<string, CaseResult[]>();
  for (const one of cases) {
    const name = `${one.fromNode} to ${one.toNode}`;
    suites.set(name, [...(suites.get(name) ?? []), one]);
  }
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes({ name: `connectivity of ${of}`, tests: cases.length, failures: failed })}>`,
    ...[...suites].flatMap(([name, some]) => suiteXml(name, some)),
    '</testsuites>',
    '',
  ].join('\n');
}

function suiteXml(name: string, cases: readonly CaseResult[]): string[] {
  const failures = cases.filter(({ verdict }) => verdict === 'failed').length;
  return [
    `  <testsuite ${attributes({ name, tests: cases.length, failures })}>`,
    ...cases.flatMap((one) => caseXml(name, one)),
    '  </testsuite>',
  ];
}

function caseXml(suite: string, one: CaseResult): string[] {
  const { from, to, kind, family, ms, reason } = one;
  const evidence = evidenceLines(one).join('\n');
  const name = `${from} to ${to}, ${kind} ${familyName(family)}`;
  const opening = `<testcase ${attributes({ classname: suite, name, time: ms / MS_PER_SECOND })}`;
  if (reason === undefined) return [`    ${opening}/>`];
  return [
    `    ${opening}>`,
    `      <failure ${attributes({ message: reason })}/>`,
    ...(evidence === '' ? [] : [`      <system-out>${escaped(evidence)}</system-out>`]),
    '    </testcase>',
  ];
}

const attributes = (values: Readonly<Record<string, string | number>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join(' ');

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"]/g, (one) => ENTITIES[one]!);
