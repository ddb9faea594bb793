/** Runs checks over nodes. */
import type { NodeSnapshot } from '@podlan/simulator/snapshot';
import { UsageError } from '../usage-error.js';
import type { Check, CheckResult, Examined } from './check.js';
import { CHECKS } from './checks.js';
import type { PeerProbe } from './live/peer-probe.js';
import { type Scene, scenesOf } from './scene.js';

/** Node by node, and in the order of the checks; one result where all is well, else one for each problem. */
export async function examine(
  snapshots: readonly NodeSnapshot[],
  probes?: ReadonlyMap<string, readonly PeerProbe[]>,
  checks: readonly Check[] = CHECKS,
): Promise<CheckResult[]> {
  const scenes = scenesOf(snapshots, probes);
  if (scenes.length === 0) throw noNode(snapshots);
  refuseTwice(scenes);
  const results: CheckResult[] = [];
  for (const scene of scenes)
    for (const check of checks) results.push(...resultsOf(check, scene, await check.examine(scene)));
  return results;
}

const noNode = (snapshots: readonly NodeSnapshot[]): UsageError =>
  new UsageError(
    'expected a node of podlan or flannel, found no agent, no device of flannel and no subnet.env on ' +
      `${snapshots.map(({ node }) => node).join(', ')}; tell where they are with: --socket, --subnet-file`,
  );

/** One node at two times, or two of one name, would be held against each other. */
function refuseTwice(scenes: readonly Scene[]): void {
  const names = scenes.map(({ node }) => node);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new UsageError(
      `expected one snapshot of each node, found several of ${twice}; leave one of them out`,
    );
}

function resultsOf({ id, title, page }: Check, { node }: Scene, examined: Examined): CheckResult[] {
  const base = { check: id, title, node, page, evidence: [], mend: [], fixable: false };
  if ('skipped' in examined) return [{ ...base, verdict: 'skipped', looked: [], why: examined.skipped }];
  const { looked, problems } = examined;
  if (problems.length === 0) return [{ ...base, verdict: 'ok', looked, why: '' }];
  return problems.map(({ verdict, why, evidence, mend, isOurs = false }) => ({
    ...{ ...base, looked, verdict, why, evidence, mend },
    fixable: isOurs && mend.length > 0,
  }));
}

/** Of the process: 0 healthy, 1 warnings, 2 errors. */
export function exitCodeOf(results: readonly CheckResult[]): number {
  if (results.some(({ verdict }) => verdict === 'error')) return 2;
  return results.some(({ verdict }) => verdict === 'warning') ? 1 : 0;
}
