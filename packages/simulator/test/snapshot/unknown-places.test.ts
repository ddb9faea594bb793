/** What snapshots do not show, or what is not simulated, is told as such: never as somebody's fault. */
import { parseIpAddress } from '@podlan/wire';
import { expect, it } from 'vitest';
import { diagnose, probe } from '../../dist/index.js';
import { loadSnapshots, type NodeSnapshot } from '../../dist/snapshot/index.js';
import { sample } from './sample.js';

async function traced(snapshots: readonly NodeSnapshot[], from: string, to: string) {
  const cluster = await loadSnapshots(snapshots);
  const result = probe(cluster.network.netns(from)!, { destination: parseIpAddress(to)! });
  return { cluster, result, findings: diagnose(result, cluster) };
}

/** Of the pod's interface, and of the host's end of it. */
function withPodOf(kind: string): NodeSnapshot {
  const snapshot = structuredClone(sample());
  const [link] = snapshot.namespaces[1]!.links.filter(({ ifname }) => ifname === 'eth0');
  Object.assign(link!, { linkinfo: { info_kind: kind } });
  return snapshot;
}

it.each(['macvlan', 'ipvlan'])('a pod on %s is not simulated, and nothing is to be mended', async (kind) => {
  const { result, findings } = await traced([withPodOf(kind)], 'pod-a1', '10.244.1.1');
  expect(result.lost?.reason).toBe('not-simulated');
  expect(findings.map(({ code, mend }) => [code, mend])).toEqual([['not-simulated', []]]);
});
