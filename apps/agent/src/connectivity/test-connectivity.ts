/** `podlan connectivity test`: in the lab between all hosts, on a node of a real cluster from it to all its peers. */
import type { Family } from '@podlan/wire';
import type { LabState } from '../lab/lab-state.js';
import { type Case, type CaseKind, casesOf, familyIn } from './cases.js';
import type { End } from './end.js';
import { labEnds, labLookouts, labOutside } from './lab-ends.js';
import { nodeEnds } from './node-ends.js';
import { type ConnectivityReport, connectivityReport } from './report.js';
import { type CaseResult, type RunOptions, runCases } from './run-cases.js';
import { Talkers } from './talkers.js';

export interface TestOptions {
  /** Where talkers listen. */
  readonly port: number;
  readonly timeoutMs: number;
  readonly captures?: string;
  /** Of addresses. Default: all that there are. */
  readonly family?: Family;
  /** Default: all. */
  readonly kinds?: readonly CaseKind[];
  /** An address that pods are to reach beyond the cluster. */
  readonly outside?: End;
  readonly onResult?: (result: CaseResult, done: number, of: number) => void;
}

const WITHOUT_MASQUERADE =
  'pods to the outside: the lab does not masquerade, so nobody outside can answer; bring it up with: podlan lab up --ip-masq';

export async function testLab(state: LabState, options: TestOptions): Promise<ConnectivityReport> {
  const ends = labEnds(state);
  await using talkers = await Talkers.start(ends, options.port);
  // Awaited: they end with this function.
  return await testLabWith(state, talkers, options);
}

/** With talkers that stand already. */
export async function testLabWith(
  state: LabState,
  talkers: Talkers,
  options: TestOptions,
): Promise<ConnectivityReport> {
  const ends = labEnds(state);
  const outside = options.outside === undefined ? labOutside(state) : [options.outside];
  const lookoutsOf = options.captures === undefined ? () => [] : await labLookouts(state);
  const cases = casesOf(ends, [...ends, ...outside]).filter(isOf(options));
  const results = await runCases(cases, { ...runOptions(options, talkers), lookoutsOf });
  return connectivityReport(state.name, results, outside.length === 0 ? [WITHOUT_MASQUERADE] : []);
}

export async function testNode(socketPath: string, options: TestOptions): Promise<ConnectivityReport> {
  const { from, peers } = await nodeEnds(socketPath);
  const [host] = from;
  await using talkers = await Talkers.start([], options.port);
  const cases = casesOf(from, [...peers, ...(options.outside ? [options.outside] : [])]).filter(
    isOf(options),
  );
  // Most of the way is on peers, where nothing can be listened to: no captures.
  const results = await runCases(cases, { ...runOptions(options, talkers), lookoutsOf: () => [] });
  const skipped = [
    ...(peers.length === 0 ? [`peers: the agent of ${host!.name} knows none`] : []),
    ...(from.length === 1 ? [`pods: ${host!.name} has none to send from`] : []),
    ...(options.outside ? [] : ['pods to the outside: name an address with --outside']),
  ];
  return connectivityReport(host!.name, results, skipped);
}

const isOf =
  ({ family, kinds }: TestOptions) =>
  (one: Case): boolean =>
    (family === undefined || familyIn(one) === family) && (kinds?.includes(one.kind) ?? true);

const runOptions = (
  { timeoutMs, captures, onResult }: TestOptions,
  talkers: Talkers,
): Omit<RunOptions, 'lookoutsOf'> => ({
  ...{ talkers, timeoutMs },
  ...(captures !== undefined && { captures }),
  ...(onResult && { onResult }),
});
