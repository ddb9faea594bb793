/** `podlan connectivity test`: in the lab between all hosts, on a node of a real cluster from it to all its peers. */
import type { LabState } from '../lab/lab-state.js';
import type { Case } from './cases.js';
import type { End } from './end.js';
import { lookoutsAt } from './lookouts.js';
import { type ConnectivityReport, connectivityReport } from './report.js';
import { type CaseResult, runCases } from './run-cases.js';
import { Talkers } from './talkers.js';
import { type Choice, labPlan, nodePlan, type TestPlan } from './test-plan.js';

export interface TestOptions extends Choice {
  /** Where talkers listen, and where ends without one are knocked at. Default: what is free, and `discard`. */
  readonly port?: number;
  readonly timeoutMs: number;
  readonly captures?: string;
  readonly onResult?: (result: CaseResult, done: number, of: number) => void;
}

/** Of RFC 863, which nobody serves: a kernel says so at once. Ports that it gives to its own sockets are above. */
const DISCARD_PORT = 9;

export const testLab = (state: LabState, options: TestOptions): Promise<ConnectivityReport> =>
  carryOut(labPlan(state, options), options);

export const testNode = async (socketPath: string, options: TestOptions): Promise<ConnectivityReport> =>
  carryOut(await nodePlan(socketPath, options), options);

/** With talkers that stand already. */
export const testLabWith = (
  state: LabState,
  talkers: Talkers,
  options: TestOptions,
): Promise<ConnectivityReport> => carryOutWith(labPlan(state, options), talkers, options);

async function carryOut(plan: TestPlan, options: TestOptions): Promise<ConnectivityReport> {
  await using talkers = await Talkers.start(talkersOf(plan.cases), options.port);
  // Awaited: they end with this function.
  return await carryOutWith(plan, talkers, options);
}

/** The ends of what is said by TCP and UDP. */
function talkersOf(cases: readonly Case[]): End[] {
  const talked = cases.filter(({ kind }) => kind === 'tcp' || kind === 'udp');
  const ends = talked.flatMap(({ from, to }) => (from.isTalker && to.isTalker ? [from, to] : []));
  return [...new Set(ends)];
}

async function carryOutWith(
  { of, cases, hosts, skipped }: TestPlan,
  talkers: Talkers,
  { timeoutMs, captures, onResult, port: knockPort = DISCARD_PORT }: TestOptions,
): Promise<ConnectivityReport> {
  const results = await runCases(cases, {
    ...{ talkers, timeoutMs, knockPort, lookoutsOf: lookoutsAt(hosts) },
    ...(captures !== undefined && { captures }),
    ...(onResult && { onResult }),
  });
  return connectivityReport(of, results, skipped);
}
