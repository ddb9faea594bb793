/** What a connectivity test found, for people. */
import type { Paint } from '../colour.js';
import { table } from '../table.js';
import { familyName } from './end.js';
import type { CaseResult } from './run-cases.js';

export interface ConnectivityReport {
  /** The lab, or the node that it was run on. */
  readonly of: string;
  readonly passed: number;
  readonly failed: number;
  /** What could not be tried, and why. */
  readonly skipped: readonly string[];
  readonly cases: readonly CaseResult[];
}

export function connectivityReport(
  of: string,
  cases: readonly CaseResult[],
  skipped: readonly string[],
): ConnectivityReport {
  const failed = cases.filter(({ verdict }) => verdict === 'failed').length;
  return { of, passed: cases.length - failed, failed, skipped, cases };
}

export function reportText(report: ConnectivityReport, paint: Paint): string {
  const { cases, failed, passed, skipped } = report;
  const sum = `${passed} passed, ${failed} failed`;
  return [
    matrix(cases),
    ...cases.filter(({ verdict }) => verdict === 'failed').map((one) => failureText(one, paint)),
    ...skipped.map((why) => paint('dim', `skipped: ${why}`)),
    failed > 0 ? paint('red', sum) : paint('green', sum),
  ].join('\n\n');
}

/** Hosts by hosts: from the row's to the column's. */
function matrix(cases: readonly CaseResult[]): string {
  const from = [...new Set(cases.map(({ fromNode }) => fromNode))];
  const to = [...new Set(cases.map(({ toNode }) => toNode))];
  const rows = from.map((row) => [
    row,
    ...to.map((column) => cell(cases.filter((one) => one.fromNode === row && one.toNode === column))),
  ]);
  return table(['FROM \\ TO', ...to], rows);
}

function cell(cases: readonly CaseResult[]): string {
  if (cases.length === 0) return '-';
  const failed = cases.filter(({ verdict }) => verdict === 'failed');
  if (failed.length === 0) return '✓';
  return failed.length === cases.length ? '✗ all' : `✗ ${failed.length} of ${cases.length}`;
}

function failureText(one: CaseResult, paint: Paint): string {
  const { kind, from, to, address, family, reason, seenAt, notSeenAt, capture, captureFailure } = one;
  const lines = [
    paint('red', `✗ ${from} to ${to}, ${kind} ${familyName(family)}: ${reason}`),
    ...(seenAt === undefined ? [] : [`  seen at      ${seenAt.join(', ') || 'no device'}`]),
    ...(notSeenAt === undefined || notSeenAt.length === 0 ? [] : [`  not seen at  ${notSeenAt.join(', ')}`]),
    ...(capture === undefined ? [] : [`  capture      ${capture}`]),
    ...(captureFailure === undefined ? [] : [`  capture      not kept (--captures): ${captureFailure}`]),
    `  look closer  ${traceLine(from, address, kind)}`,
  ];
  return lines.join('\n');
}

function traceLine(from: string, address: string, kind: CaseResult['kind']): string {
  const how =
    kind === 'tcp' || kind === 'udp' ? ` --proto ${kind}` : kind === 'full-mtu' ? ' --df --size MTU' : '';
  return `podlan trace ${from} ${address}${how}`;
}
