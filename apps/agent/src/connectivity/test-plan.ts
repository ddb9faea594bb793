/** What a connectivity test is to try, of which hosts, and what it can't: in a lab, or from a node of a real cluster. */
import type { Family } from '@podlan/wire';
import type { LabState } from '../lab/lab-state.js';
import { UsageError } from '../usage-error.js';
import { type Case, type CaseKind, casesOf, familyIn } from './cases.js';
import { type End, familyName } from './end.js';
import { labEnds, labHosts, labOutside } from './lab-ends.js';
import type { WatchedHost } from './lookouts.js';
import { nodeEnds } from './node-ends.js';

export interface Choice {
  /** Of addresses. Default: all that there are. */
  readonly family?: Family;
  /** Default: all. */
  readonly kinds?: readonly CaseKind[];
  /** An address that pods are to reach beyond the cluster. */
  readonly outside?: End;
}

export interface TestPlan {
  /** The lab, or the node. */
  readonly of: string;
  readonly cases: readonly Case[];
  /** Whose devices can be looked at. */
  readonly hosts: readonly WatchedHost[];
  /** What can't be tried, and why. */
  readonly skipped: readonly string[];
}

const WITHOUT_MASQUERADE =
  'pods to the outside: the lab does not masquerade, so nobody outside can answer; bring it up with: podlan lab up --ip-masq';

/** Throws UsageError where the choice leaves nothing. */
export function labPlan(state: LabState, choice: Choice): TestPlan {
  const ends = labEnds(state);
  const outside = choice.outside === undefined ? labOutside(state) : [choice.outside];
  const cases = chosen(casesOf(ends, [...ends, ...outside]), choice);
  const skipped = outside.length === 0 && wantsOutside(choice) ? [WITHOUT_MASQUERADE] : [];
  return { of: state.name, cases, hosts: labHosts(state), skipped };
}

/** By the agent at this socket. Throws as `labPlan`. */
export async function nodePlan(socketPath: string, choice: Choice): Promise<TestPlan> {
  const { from, peers, watched } = await nodeEnds(socketPath);
  const [{ name }] = from;
  const cases = chosen(casesOf(from, [...peers, ...(choice.outside ? [choice.outside] : [])]), choice);
  const skipped = [
    ...(peers.length === 0 ? [`peers: the agent of ${name} knows none`] : []),
    ...(from.length === 1 ? [`pods: ${name} has none to send from`] : []),
    ...(choice.outside || !wantsOutside(choice)
      ? []
      : ['pods to the outside: name an address with --outside']),
  ];
  return { of: name, cases, hosts: [watched], skipped };
}

/** It is pinged, and nothing else. */
const wantsOutside = ({ kinds }: Choice): boolean => kinds?.includes('ping') ?? true;

function chosen(cases: readonly Case[], { family, kinds }: Choice): Case[] {
  const left = cases.filter(
    (one) => (family === undefined || familyIn(one) === family) && (kinds?.includes(one.kind) ?? true),
  );
  // Nothing tried is nothing failed, and would be taken for success.
  if (left.length === 0 && cases.length > 0) throw new UsageError(nothingLeft(cases, { family, kinds }));
  return left;
}

function nothingLeft(
  cases: readonly Case[],
  { family, kinds }: { family: Family | undefined; kinds: readonly CaseKind[] | undefined },
): string {
  const asked = [family && `--family ${familyName(family).toLowerCase()}`, kinds && `--only ${kinds}`];
  const found = [...new Set(cases.map((one) => `${one.kind} ${familyName(familyIn(one))}`))];
  return `expected something to try with ${asked.filter(Boolean).join(' ')}, found ${found.join(', ')} alone`;
}
