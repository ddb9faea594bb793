/** Rules in nft's words: nft itself is the oracle, as what prints the same rule both ways. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nftRuleText } from '../src/model.js';
import { addNetns, deleteNetns, runIn } from '../src/netns.js';
import { sayableRuleText } from '../src/nft-text.js';

const netns = `podlan-nft-${randomUUID().slice(0, 8)}`;

async function nft(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runIn(netns, ['nft', ...args]);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

beforeAll(async () => {
  await addNetns(netns);
  await nft('add table inet t');
  await nft('add chain inet t nat { type nat hook postrouting priority 100; }');
  await nft('add chain inet t pre { type nat hook prerouting priority -100; }');
  await nft('add chain inet t forward { type filter hook forward priority 0; }');
  await nft('add chain inet t other');
});
afterAll(() => deleteNetns(netns));

async function putAlone(chain: string, rule: string): Promise<void> {
  await nft('flush', 'chain', 'inet', 't', chain);
  await nft('add', 'rule', 'inet', 't', chain, rule);
}

interface Listing {
  readonly nftables: readonly { readonly rule?: { readonly expr: readonly unknown[] } }[];
}

async function exprOf(chain: string): Promise<readonly unknown[]> {
  const { nftables } = JSON.parse(await nft('-j', 'list', 'chain', 'inet', 't', chain)) as Listing;
  return nftables.find(({ rule }) => rule)!.rule!.expr;
}

/** The one rule of a chain that holds it alone: between the chain's head and its end. */
const textOf = async (chain: string) =>
  (await nft('list', 'chain', 'inet', 't', chain)).trim().split('\n').at(-3)!.trim();

test.each([
  ['nat', 'meta mark & 0x4000 == 0x4000 return'],
  ['nat', 'ip saddr 10.244.0.0/16 ip daddr != 224.0.0.0/4 masquerade fully-random'],
  ['nat', 'ip6 saddr fd00:244::/48 ip6 daddr != ff00::/8 counter masquerade'],
  ['nat', 'ip daddr 10.9.9.9 masquerade random,persistent'],
  ['nat', 'meta l4proto tcp masquerade to :1024-2048 random'],
  ['nat', 'meta l4proto tcp snat ip to 192.0.2.4:5-9 random'],
  ['pre', 'tcp dport 80 dnat ip6 to [fd00::7]:8080'],
  ['pre', 'meta nfproto ipv4 udp dport { 53, 5300-5310 } dnat ip to 10.1.2.3'],
  ['pre', 'tcp dport 80 redirect to :8080'],
  ['pre', 'fib daddr type local jump other'],
  ['pre', 'dnat ip to numgen random mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }'],
  ['forward', 'ct state vmap { invalid : drop, established : accept, new : jump other }'],
  ['forward', 'ip daddr . tcp dport { 10.0.0.0/8 . 90-95, 1.2.3.4 . 80 } accept'],
  ['forward', 'ct state established,related accept'],
  ['forward', 'ct state invalid drop'],
  ['forward', 'iifname "eth0" oifname != "cni*" tcp dport 80 meta mark set 0x1'],
  ['forward', 'iif "lo" ct direction original goto other'],
  ['forward', 'meta mark set meta mark | 0x4000 ct mark set meta mark'],
  ['forward', 'ip saddr & 255.0.255.0 == 10.0.1.0 ip ttl > 3 continue'],
  [
    'forward',
    'ip6 saddr { fd00::1, fd01::/16 } log prefix "to me: " level info reject with icmpx admin-prohibited',
  ],
  ['forward', 'tcp flags syn reject with tcp reset'],
  ['forward', 'tcp flags syn meta mark & 0xff0 != 0x10 notrack'],
])('chain %s: %s', async (chain, rule) => {
  await putAlone(chain, rule);
  const said = nftRuleText(await exprOf(chain));
  expect(said).toBe(await textOf(chain));
});

test.each([
  'tcp flags & (syn | ack) == syn accept',
  'tcp flags & (fin | syn | rst | ack) != syn drop',
  'reject with icmpx port-unreachable',
])('nft reads what is said of %s as the same rule', async (rule) => {
  await putAlone('forward', rule);
  const expr = await exprOf('forward');
  await putAlone('forward', sayableRuleText(expr)!);
  expect(await exprOf('forward')).toEqual(expr);
});

test.each([
  [{ xt: { type: 'target', name: 'REJECT' } }],
  [{ match: { op: '==', left: { payload: { base: 'nh', offset: 8, len: 8 } }, right: 4 } }],
  [{ match: { op: '==', left: { meta: { key: 'iifname' } }, right: 'a" accept; flush ruleset; "' } }],
  [{ match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'tcp accept; flush ruleset' } }],
  [{ jump: { target: 'other; flush ruleset' } }],
  [{ masquerade: { flags: 'random', 'a kind of tomorrow': 1 } }],
  [{ accept: null, drop: null }],
  [{ toString: null }],
  ['accept'],
  [null],
])('has no words for %j, and prints it as it is', (expression) => {
  expect(nftRuleText([expression, { accept: null }])).toBe(`${JSON.stringify(expression)} accept`);
  expect(sayableRuleText([expression])).toBeUndefined();
});

test('prints whatever JSON can be', () => {
  fc.assert(fc.property(fc.array(fc.jsonValue()), (expr) => typeof nftRuleText(expr) === 'string'));
});
