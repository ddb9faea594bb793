/**
 * Runs lines through `ip -batch` or `bridge -batch` and tells which of them failed, and why.
 *
 * With `-force` a failing line is reported as `Command failed -:LINE` behind its reason, and the rest goes on. Some
 * commands (`ip neigh`) end the program instead. Then the rest is run again with a line that prints after each, to
 * see how far it came; every line may be run twice, for it says what should be, not what to change.
 */

import type { Tool } from './batch-lines.js';
import { runIn } from './netns.js';
import type { Run } from './run.js';

export interface BatchRun {
  readonly tool: Tool;
  readonly netns: string | undefined;
  readonly run: Run;
}

/** Message by index of the line that failed. */
export type LineFailures = Map<number, string>;

const MARKER = 'link show dev lo';
const MARKER_OUTPUT = /^\d+: lo:/gm;
const FAILED_LINE = /^Command failed \S*:(\d+)$/;

export async function runBatch(batch: BatchRun, lines: readonly string[]): Promise<LineFailures> {
  const failures: LineFailures = new Map();
  let start = 0;
  let marked = false;
  while (start < lines.length) {
    const rest = lines.slice(start);
    const outcome = await runOnce(batch, marked ? rest.flatMap((line) => [line, MARKER]) : rest);
    for (const [line, message] of outcome.failed) failures.set(start + (marked ? line >> 1 : line), message);
    if (outcome.abortMessage === undefined) break;
    if (!marked && batch.tool === 'ip') {
      marked = true;
      continue;
    }
    const aborted = start + outcome.markers;
    failures.set(aborted, outcome.abortMessage);
    start = aborted + 1;
    if (!outcome.abortMessage.includes('not permitted')) continue;
    // Without the rights for one line there are none for the next.
    for (let line = start; line < lines.length; line++) failures.set(line, outcome.abortMessage);
    break;
  }
  return failures;
}

interface Outcome {
  readonly failed: ReadonlyMap<number, string>;
  readonly abortMessage: string | undefined;
  readonly markers: number;
}

async function runOnce({ tool, netns, run }: BatchRun, lines: readonly string[]): Promise<Outcome> {
  const argv = [tool, '-force', '-batch', '-'];
  const { code, stdout, stderr } = await runIn(netns, argv, { input: `${lines.join('\n')}\n`, run });
  const { failed, tail } = parseErrors(stderr);
  const aborted = code !== 0 && (code !== 1 || failed.size === 0);
  return {
    failed,
    abortMessage: aborted ? tail || `exit code ${code}` : undefined,
    markers: stdout.match(MARKER_OUTPUT)?.length ?? 0,
  };
}

/** Zero-based line -> its message; and what was said after the last of them. */
export function parseErrors(stderr: string): { failed: Map<number, string>; tail: string } {
  const failed = new Map<number, string>();
  let said: string[] = [];
  for (const text of stderr.split('\n')) {
    const line = FAILED_LINE.exec(text)?.[1];
    if (line === undefined) said.push(text);
    else {
      failed.set(Number(line) - 1, message(said));
      said = [];
    }
  }
  return { failed, tail: message(said) };
}

const message = (said: readonly string[]): string =>
  said
    .map((text) => text.replace(/^(RTNETLINK answers|Error): /, '').trim())
    .filter(Boolean)
    .join('; ');
