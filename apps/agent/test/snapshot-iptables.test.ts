/** Rules that others made with iptables, as Docker and kube-proxy do, are read as what they mean. */
import { addNetns, deleteNetns, run } from '@podlan/linux';
import type { NamespaceSnapshot } from '@podlan/simulator/snapshot';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { captureNode } from '../dist/snapshot/capture-node.js';

const NETNS = `t${process.pid}-iptables`;

beforeEach(() => addNetns(NETNS));
afterEach(() => deleteNetns(NETNS));

const DOCKER = `*filter
:FORWARD DROP [0:0]
:DOCKER - [0:0]
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -m addrtype --dst-type LOCAL -j DOCKER
-A FORWARD -s 10.244.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
COMMIT
`;

async function restored(tool: string, rules: string): Promise<NamespaceSnapshot> {
  const { code, stderr } = await run(['ip', 'netns', 'exec', NETNS, tool], rules);
  if (code !== 0) throw new Error(`${tool}: ${stderr}`);
  const { namespaces } = await captureNode({ name: 'host-a', netns: NETNS });
  return namespaces[0]!;
}

const rulesOf = ({ nftables }: NamespaceSnapshot, chain: string) =>
  nftables.flatMap(({ rule }) => (rule?.chain === chain ? [JSON.stringify(rule.expr)] : []));

test.each([
  ['iptables-restore', 'by nft'],
  ['iptables-legacy-restore', 'by the old tables'],
])('%s', async (tool) => {
  const host = await restored(tool, DOCKER);
  expect(host.unknown).toBeUndefined();
  expect(JSON.stringify(host.nftables)).not.toContain('"xt"');
  const [established, local, flannel] = rulesOf(host, 'FORWARD');
  expect(established).toContain('{"ct":{"key":"state"}}');
  expect(local).toContain('"jump":{"target":"DOCKER"}');
  expect(flannel).toContain('"accept"');
  expect(rulesOf(host, 'KUBE-POSTROUTING')[2]).toContain('fully-random');
  const policies = host.nftables.flatMap(({ chain }) => (chain?.policy === 'drop' ? [chain.name] : []));
  expect(policies).toEqual(['FORWARD']);
});

test('what iptables has no words of nft for is said to be unknown', async () => {
  const rules = '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m recent --name seen --rcheck -j DROP\nCOMMIT\n';
  const host = await restored('iptables-restore', rules);
  expect(host.unknown).toEqual(['iptables']);
});

test("rules of nft's own are left as they are", async () => {
  const rules = 'add table ip mine\nadd chain ip mine c\nadd rule ip mine c ip saddr 10.0.0.1 drop\n';
  const { code } = await run(['ip', 'netns', 'exec', NETNS, 'nft', '-f', '-'], rules);
  expect(code).toBe(0);
  const host = await restored('iptables-restore', DOCKER);
  expect(rulesOf(host, 'c')).toHaveLength(1);
  expect(host.unknown).toBeUndefined();
});
