/** What snapshots do not show, or what is not simulated, is told as such: never as somebody's fault. */
import { parseIpAddress } from '@podlan/wire';
import { expect, it } from 'vitest';
import { diagnose, probe } from '../../dist/index.js';
import { loadSnapshots, type NodeSnapshot } from '../../dist/snapshot/index.js';
import { sample } from './sample.js';
import { cardOf, twoNodes, withWords } from './two-nodes.js';

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

const ACCEPTING = [/"policy":"drop"/g, '"policy":"accept"'] as const;
const nodes = () => twoNodes().map((node) => withWords(node, ACCEPTING));

it('two machines on one subnet reach one another, jumbo frames too', async () => {
  const large = nodes();
  for (const node of large) Object.assign(cardOf(node), { mtu: 9000 });
  const { result, findings } = await traced(large, 'host-a', '192.168.77.12');
  expect([result.answered, findings]).toEqual([true, []]);
});

it('of a node without a snapshot nothing is told, and a note says which is missing', async () => {
  const { cluster, result, findings } = await traced(nodes().slice(0, 1), 'host-a', '192.168.77.12');
  expect(result.lost?.reason).toBe('not-simulated');
  expect(findings.map(({ code, mend }) => [code, mend])).toEqual([['not-simulated', []]]);
  expect(cluster.notes).toContain('no snapshot is of the node 192.168.77.12: what goes there cannot be told');
});

const GATEWAY = { dst: '192.168.77.1', dev: 'eth0', lladdr: '02:00:00:00:00:99', state: ['REACHABLE'] };

it.each([[[]], [[GATEWAY]]])(
  'beyond the gateway nothing is known, whether its MAC is: %j',
  async (neighbors) => {
    const all = nodes();
    for (const { namespaces } of all) (namespaces[0]!.neighbors as unknown[]).push(...neighbors);
    const { findings } = await traced(all, 'host-a', '198.51.100.8');
    expect(findings.map(({ code, mend }) => [code, mend])).toEqual([['not-simulated', []]]);
  },
);

it('machines with an address of 32 bits speak by their gateway', async () => {
  const all = nodes().map((node) =>
    withWords(
      node,
      [/("local":"192.168.77.1[12]","prefixlen":)24/g, '$132'],
      [/"dst":"192.168.77.0\/24"/g, '"dst":"192.168.77.1"'],
    ),
  );
  const { result, findings } = await traced(all, 'host-a', '192.168.77.12');
  expect([result.answered, findings]).toEqual([true, []]);
  expect(result.hops.some(({ netns }) => netns === 'underlay')).toBe(true);
});
