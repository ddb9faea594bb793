/** What `podlan trace` prints. */
import {
  type Finding,
  type ProbeResult,
  type TraceJson,
  type TraceStyle,
  traceJson,
  traceText,
} from '@podlan/simulator';
import type { IpAddress } from '@podlan/wire';
import type { Colour, Paint } from '../colour.js';
import { type Comparison, comparisonText } from './comparison.js';

/** A trace with all that is said about it. */
export interface TraceReport {
  readonly source: string;
  readonly destination: IpAddress;
  readonly result: ProbeResult;
  readonly findings: readonly Finding[];
  /** What had a say about the packet, and was passed over. */
  readonly doubts: readonly string[];
  /** What is not simulated as it is. */
  readonly notes: readonly string[];
  readonly live?: Comparison;
}

/** As documented in the page "Tracing a packet". */
export type TraceReportJson = TraceJson & {
  readonly source: string;
  readonly destination: IpAddress;
  readonly findings: readonly Finding[];
  readonly doubts: readonly string[];
  readonly notes: readonly string[];
  readonly live: Comparison | null;
};

export function reportJson({
  source,
  destination,
  result,
  findings,
  doubts,
  notes,
  live,
}: TraceReport): TraceReportJson {
  return { ...traceJson(result), source, destination, findings, doubts, notes, live: live ?? null };
}

export interface ReportTextOptions {
  readonly verbose?: boolean;
  readonly bytes?: boolean;
  readonly paint: Paint;
}

const COLOURS: Record<TraceStyle, Colour> = {
  title: 'bold',
  place: 'cyan',
  row: 'dim',
  crossing: 'yellow',
  good: 'green',
  bad: 'red',
};

export function reportText(report: TraceReport, { verbose, bytes, paint }: ReportTextOptions): string {
  const { result, findings, doubts, notes, live } = report;
  const lines = [
    ...traceText(result, {
      ...{ verbose: verbose ?? false, bytes: bytes ?? false },
      paint: (style, text) => paint(COLOURS[style], text),
    }),
    ...doubtLines(doubts, paint),
    ...findings.flatMap((finding) => findingLines(finding, paint)),
    ...(live === undefined ? [] : ['', ...liveLines(live, paint)]),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `note: ${note}`)]),
  ];
  return lines.join('\n');
}

function doubtLines(doubts: readonly string[], paint: Paint): string[] {
  if (doubts.length === 0) return [];
  const first = 'it cannot be told whether this is so: what decides about the packet too is not simulated';
  return ['', paint('red', first), ...doubts.map((line) => `  ${line}`)];
}

function findingLines({ code, node, device, text, evidence, mend }: Finding, paint: Paint): string[] {
  const place = device === undefined ? node : `${node}, ${device}`;
  return [
    '',
    `${paint('bold', place)}: ${text} ${paint('dim', `[${code}]`)}`,
    ...evidence.map((line) => `  ${paint('dim', line)}`),
    ...(mend.length === 0 ? [] : ['  mend it:', ...mend.map((line) => `    ${line}`)]),
  ];
}

function liveLines(live: Comparison, paint: Paint): string[] {
  const [first = '', ...others] = comparisonText(live);
  return [paint(live.agrees ? 'green' : 'red', first), ...others];
}

/** Also as `podlan trace` ends where it can't begin. */
const CANNOT_BE_TOLD = 2;

/**
 * 0: answered, or a datagram that arrived where nobody has to answer; and a real packet, if one was sent, agrees. 2: what
 * becomes of it depends on what is not simulated, or on a place that no snapshot shows; unless a real packet has told.
 */
export function exitCodeOf({ result, doubts, live }: TraceReport, protocol: string): number {
  const { answered, arrived, lost } = result;
  const isOpen = lost?.reason === 'not-simulated' || doubts.length > 0;
  if (isOpen && live === undefined) return CANNOT_BE_TOLD;
  const isThere = answered || (protocol === 'udp' && arrived && lost === undefined);
  return isThere && (live === undefined || live.agrees) ? 0 : 1;
}
