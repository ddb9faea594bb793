/** What a sender hears of a rule that rejects, and how a trace names it. */
import { TcpFlag, TcpView } from '@podlan/wire';
import { expect, test } from 'vitest';
import { diagnose, SimCluster } from '../src/index.js';

const RULESET = (statement: object) => ({
  nftables: [
    { table: { family: 'inet', name: 'foreign' } },
    {
      chain: {
        ...{ family: 'inet', table: 'foreign', name: 'gate', type: 'filter', hook: 'forward', prio: 0 },
        policy: 'accept',
      },
    },
    {
      rule: {
        ...{ family: 'inet', table: 'foreign', chain: 'gate' },
        expr: [
          { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 80 } },
          { reject: statement },
        ],
      },
    },
  ],
});

async function rejected(statement: object) {
  const cluster = new SimCluster({ dataplane: 'kernel' });
  const [a, b] = [await cluster.join(), await cluster.join()];
  const [from, to] = [await a.addPod(), await b.addPod()];
  to.netns.sockets.listenTcp({ port: 80 });
  b.netns.netfilter.load(RULESET(statement));
  const result = cluster.probe(from.name, { destination: to.addresses[0]!, protocol: 'tcp' });
  const found = diagnose(result, cluster);
  await cluster.stop();
  const heard = result.hops.filter(({ netns, event }) => netns === from.name && event === 'deliver');
  return { result, found, heard };
}

test('a reset comes back to the sender, from whom it meant', async () => {
  const { result, heard } = await rejected({ type: 'tcp reset' });
  expect(result).toMatchObject({ arrived: false, answered: false, lost: { reason: 'filtered' } });
  const [hop] = heard;
  const segment = TcpView.over(hop!.before, 20)!;
  expect([segment.sourcePort, segment.flags & TcpFlag.rst]).toEqual([80, TcpFlag.rst]);
});

test('an ICMP error says who forbids it, and the trace names the chain', async () => {
  const { result, found, heard } = await rejected({ type: 'icmpx', expr: 'admin-prohibited' });
  expect(result).toMatchObject({ arrived: false, answered: false });
  expect(heard[0]!.text).toContain('destination-unreachable');
  expect(found[0]).toMatchObject({ node: 'host-b', code: 'nft-reject' });
  expect(found[0]!.mend.join()).toContain('nft list chain inet foreign gate (on host-b)');
});
