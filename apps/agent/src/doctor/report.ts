/** What `podlan doctor` prints: a line for each check where all is well, and everything about what is not. */
import type { Colour, Paint } from '../colour.js';
import { siteAddress } from '../site.js';
import type { CheckResult, Verdict } from './check.js';
import { exitCodeOf } from './examine.js';

/** As documented in the page "podlan doctor". */
export interface DoctorJson {
  readonly healthy: boolean;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly results: readonly CheckResult[];
}

const VERDICTS = ['ok', 'warning', 'error', 'skipped'] as const;

export function reportJson(results: readonly CheckResult[]): DoctorJson {
  const counts = VERDICTS.map((verdict) => [verdict, countOf(results, verdict)] as const);
  return {
    healthy: exitCodeOf(results) === 0,
    counts: Object.fromEntries(counts) as Record<Verdict, number>,
    results,
  };
}

const countOf = (results: readonly CheckResult[], wanted: Verdict): number =>
  results.filter(({ verdict }) => verdict === wanted).length;

const MARKS: Record<Verdict, readonly [string, Colour]> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  error: ['✗', 'red'],
  skipped: ['-', 'dim'],
};

export interface ReportOptions {
  /** Also what was looked at where all is well. */
  readonly verbose?: boolean;
  /** `--fix` could mend: files have no kernel. */
  readonly isLive: boolean;
  readonly paint: Paint;
}

export function reportText(results: readonly CheckResult[], options: ReportOptions): string {
  const nodes = [...new Set(results.map(({ node }) => node))];
  const lines = nodes.flatMap((node) => [
    options.paint('bold', node),
    ...results.filter((result) => result.node === node).flatMap((result) => linesOf(result, options)),
    '',
  ]);
  return [...lines, summary(results, options)].join('\n');
}

function linesOf(result: CheckResult, options: ReportOptions): string[] {
  const { verbose = false, paint } = options;
  const { verdict, title, why, looked } = result;
  const [mark, colour] = MARKS[verdict];
  if (verdict === 'ok')
    return [`  ${paint(colour, mark)} ${title}`, ...(verbose ? section('looked at', looked, paint) : [])];
  if (verdict === 'skipped')
    return [paint(colour, `  ${mark} ${title}: not looked at`), ...(verbose ? wrapped(why) : [])];
  return problemLines(result, options);
}

function problemLines(result: CheckResult, { paint, isLive }: ReportOptions): string[] {
  const { verdict, title, check, why, looked, evidence, mend, fixable, page } = result;
  const [mark, colour] = MARKS[verdict];
  return [
    `  ${paint(colour, `${mark} not so: ${title}`)} ${paint('dim', `[${check}]`)}`,
    ...wrapped(why),
    ...section('looked at', looked, paint),
    ...section('found', evidence, paint),
    ...section(fixable && isLive ? 'mend it, or let --fix do it' : 'mend it', mend, paint),
    `      ${paint('dim', `read more: ${siteAddress(page)}`)}`,
  ];
}

function section(name: string, lines: readonly string[], paint: Paint): string[] {
  if (lines.length === 0) return [];
  return [`      ${paint('dim', `${name}:`)}`, ...lines.map((line) => `        ${line}`)];
}

const COLUMNS = 100;

function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length + 1 > COLUMNS) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line) => `      ${line}`);
}

const WORDS: Record<Verdict, string> = {
  ok: 'ok',
  warning: 'to be warned of',
  error: 'wrong',
  skipped: 'not looked at (--verbose tells why)',
};

function summary(results: readonly CheckResult[], { isLive }: ReportOptions): string {
  const parts = VERDICTS.map((verdict) => [countOf(results, verdict), verdict] as const)
    .filter(([count]) => count > 0)
    .map(([count, verdict]) => `${count} ${WORDS[verdict]}`);
  const offer =
    isLive && results.some(({ fixable }) => fixable) ? "; --fix mends what is podlan's or flannel's own" : '';
  return `${parts.join(', ')}${offer}`;
}
