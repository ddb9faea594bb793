/** All cases, some at once; then each that failed once more, alone, with captures on its way, which are kept. */
import type { IpAddress } from '@podlan/wire';
import { attempt, type Means } from './attempt.js';
import { type Case, type CaseKind, familyIn } from './cases.js';
import { type Evidence, watched, writeCapture } from './evidence.js';
import type { LookoutsOf } from './lookouts.js';

export interface CaseResult {
  readonly from: string;
  readonly fromNode: string;
  readonly to: string;
  readonly toNode: string;
  readonly address: IpAddress;
  readonly family: 4 | 6;
  readonly kind: CaseKind;
  /** Of the packet of `full-mtu`. */
  readonly bytes?: number;
  readonly verdict: 'passed' | 'failed';
  readonly ms: number;
  /** Of a failed one. */
  readonly reason?: string;
  /** Devices that saw its packets the second time, in the order of the way; and those that did not. */
  readonly seenAt?: readonly string[];
  readonly notSeenAt?: readonly string[];
  /** The file with the frames of the second time; or why there is none. */
  readonly capture?: string;
  readonly captureFailure?: string;
}

export interface RunOptions extends Means {
  /** Where captures of failed cases are kept; without it there is no second time. */
  readonly captures?: string;
  readonly lookoutsOf: LookoutsOf;
  readonly onResult?: (result: CaseResult, done: number, of: number) => void;
}

const AT_ONCE = 8;

export async function runCases(cases: readonly Case[], options: RunOptions): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    for (let index = next++; index < cases.length; index = next++) {
      results[index] = await runCase(cases[index]!, options);
      options.onResult?.(results[index]!, ++done, cases.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const { captures } = options;
  if (captures === undefined) return results;
  // One by one, so that a capture has the packets of one case.
  for (const [index, result] of results.entries())
    if (result.verdict === 'failed') results[index] = await again(cases[index]!, result, captures, options);
  return results;
}

async function runCase(one: Case, options: RunOptions): Promise<CaseResult> {
  const startedMs = performance.now();
  const reason = await attempt(one, options);
  const ms = Math.round(performance.now() - startedMs);
  const size = one.kind === 'full-mtu' && one.from.mtu !== undefined ? { bytes: one.from.mtu } : {};
  const base = { ...endsOf(one), kind: one.kind, ...size, ms };
  return reason === undefined ? { ...base, verdict: 'passed' } : { ...base, verdict: 'failed', reason };
}

const endsOf = (one: Case) => ({
  ...{ from: one.from.name, fromNode: one.from.node, to: one.to.name, toNode: one.to.node },
  ...{ address: one.address, family: familyIn(one) },
});

async function again(
  one: Case,
  first: CaseResult,
  directory: string,
  options: RunOptions,
): Promise<CaseResult> {
  const lookouts = await options.lookoutsOf(one);
  if (lookouts.length === 0) return first;
  const { result, evidence } = await watched(one, lookouts, () => attempt(one, options));
  const { seenAt, notSeenAt } = evidence;
  return {
    ...first,
    reason: result ?? `${first.reason}; a second time it got through`,
    ...{ seenAt, notSeenAt },
    ...kept(directory, one, evidence),
  };
}

/** What was found is to be told also where it can't be kept. */
function kept(
  directory: string,
  one: Case,
  evidence: Evidence,
): Pick<CaseResult, 'capture' | 'captureFailure'> {
  try {
    return { capture: writeCapture(directory, one, evidence) };
  } catch (error) {
    return { captureFailure: (error as Error).message };
  }
}
