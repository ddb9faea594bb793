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

export interface ReportOptions {
  readonly paint: Paint;
  /** Whether it is of a lab, or of a node. */
  readonly isLab: boolean;
}

export function reportText(report: ConnectivityReport, options: ReportOptions): string {
  const { cases, failed, passed, skipped } = report;
  const { paint } = options;
  const lookCloser = (one: CaseResult) => (options.isLab ? traceLine(one, report.of) : 'podlan doctor');
  const sum = `${passed} passed, ${failed} failed`;
  return [
    matrix(cases),
    ...cases
      .filter(({ verdict }) => verdict === 'failed')
      .map((one) => failureText(one, lookCloser(one), paint)),
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

function failureText(one: CaseResult, lookCloser: string, paint: Paint): string {
  const { kind, from, to, family, reason } = one;
  const lines = [
    paint('red', `✗ ${from} to ${to}, ${kind} ${familyName(family)}: ${reason}`),
    ...evidenceLines(one).map((line) => `  ${line}`),
    `  look closer  ${lookCloser}`,
  ];
  return lines.join('\n');
}

/** What a failed case left, as far as it was tried again. */
export function evidenceLines({ seenAt, notSeenAt, capture, captureFailure }: CaseResult): string[] {
  return [
    ...(seenAt === undefined ? [] : [`seen at      ${seenAt.join(', ') || 'no device'}`]),
    ...(notSeenAt === undefined || notSeenAt.length === 0 ? [] : [`not seen at  ${notSeenAt.join(', ')}`]),
    ...(capture === undefined ? [] : [`capture      ${capture}`]),
    ...(captureFailure === undefined ? [] : [`capture      not kept (--captures): ${captureFailure}`]),
  ];
}

const DEFAULT_LAB = 'podlan';

function traceLine({ from, address, kind, bytes }: CaseResult, lab: string): string {
  const parts = [
    `podlan trace ${from} ${address}`,
    ...(kind === 'tcp' || kind === 'udp' ? [`--proto ${kind}`] : []),
    ...(bytes === undefined ? [] : [`--df --size ${bytes}`]),
    ...(lab === DEFAULT_LAB ? [] : [`--name ${lab}`]),
  ];
  return parts.join(' ');
}
