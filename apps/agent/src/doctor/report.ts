/** What `podlan doctor` prints: a line for each check where all is well, and everything about what is not. */
import type { Colour, Paint } from '../colour.js';
import { siteAddress } from '../site.js';
import { wrapped } from '../table.js';
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
    ...byCheck(results.filter((result) => result.node === node)).flatMap((found) => linesOf(found, options)),
    '',
  ]);
  return [...lines, summary(results, options)].join('\n');
}

/** What one check says of a node: of a large cluster that may be the same of a thousand peers. */
type Found = readonly [CheckResult, ...CheckResult[]];

function byCheck(results: readonly CheckResult[]): Found[] {
  const found = new Map<string, [CheckResult, ...CheckResult[]]>();
  for (const result of results) {
    const before = found.get(result.check);
    if (before === undefined) found.set(result.check, [result]);
    else before.push(result);
  }
  return [...found.values()];
}

function linesOf(found: Found, options: ReportOptions): string[] {
  const { verbose = false, paint } = options;
  const [{ verdict, title, why, looked }] = found;
  const [mark, colour] = MARKS[verdict];
  if (verdict === 'ok')
    return [`  ${paint(colour, mark)} ${title}`, ...(verbose ? section('looked at', looked, paint) : [])];
  if (verdict === 'skipped')
    return [paint(colour, `  ${mark} ${title}: not looked at`), ...(verbose ? indented(why) : [])];
  return wrongLines(found, options);
}

/** Without --verbose: the first tell what is the matter. */
const MOST_SHOWN = 3;

function wrongLines(found: Found, options: ReportOptions): string[] {
  const { paint, verbose = false } = options;
  const [{ title, check, page }] = found;
  const [mark, colour] = MARKS[found.some(({ verdict }) => verdict === 'error') ? 'error' : 'warning'];
  const times = found.length === 1 ? '' : `, ${found.length} times`;
  const shown = verbose ? found : found.slice(0, MOST_SHOWN);
  const left = found.length - shown.length;
  return [
    `  ${paint(colour, `${mark} not so: ${title}`)} ${paint('dim', `[${check}${times}]`)}`,
    ...shown.flatMap((result, at) => problemLines(result, at === 0, options)),
    ...(left === 0 ? [] : indented(`and ${left} more like these: --verbose shows them, and --json`)),
    `      ${paint('dim', `read more: ${siteAddress(page)}`)}`,
  ];
}

/** What was looked at is the same for all of a check. */
function problemLines(result: CheckResult, isFirst: boolean, { paint, isLive }: ReportOptions): string[] {
  const { why, looked, evidence, mend, fixable } = result;
  return [
    ...indented(why),
    ...(isFirst ? section('looked at', looked, paint) : []),
    ...section('found', evidence, paint),
    ...section(fixable && isLive ? 'mend it, or let --fix do it' : 'mend it', mend, paint),
  ];
}

function section(name: string, lines: readonly string[], paint: Paint): string[] {
  if (lines.length === 0) return [];
  return [`      ${paint('dim', `${name}:`)}`, ...lines.map((line) => `        ${line}`)];
}

const COLUMNS = 100;

const indented = (text: string): string[] => wrapped(text, COLUMNS).map((line) => `      ${line}`);

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
