/**
 * Forward chains that drop: pods talk all the same, nothing but one jump is added to other tables, and it goes again.
 *
 *   pod-a1 -- host-a (kernel) ==underlay== host-b (wasm) -- pod-b1
 *             iptables -P FORWARD DROP     a base chain of nft's own, policy drop
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cleanupAgent } from '../dist/lab/lab-agents.js';
import { eventually, TestLab } from './test-lab.js';

let lab: TestLab;
/** What the firewalls of the hosts look like without podlan. */
let before: readonly string[];

beforeAll(async () => {
  process.env.FLANNELD_IPTABLES_FORWARD_RULES = 'false';
  lab = await TestLab.start('kernel', 'wasm');
  delete process.env.FLANNELD_IPTABLES_FORWARD_RULES;
});
afterAll(() => lab[Symbol.asyncDispose]());

async function sh(host: string, ...commands: string[]): Promise<string> {
  const { code, stdout, stderr } = await lab.in(host, 'sh', '-ec', commands.join('\n'));
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

const talks = (yes = true) =>
  eventually(
    async () => [await lab.reaches('pod-a1', 'pod-b1'), await lab.reaches('pod-b1', 'pod-a1')],
    (both) => both.every((one) => one === yes),
  );
const iptables = () => sh('host-a', 'iptables-nft -S');
const guard = () => sh('host-b', 'nft list table inet guard');
const hasJump = (look: () => Promise<string>, yes = true) =>
  eventually(look, (rules) => /PODLAN-\w+ comment "podlan"|--comment podlan -j PODLAN/.test(rules) === yes);

test('without forward rules a policy that drops cuts pods off', async () => {
  await talks();
  await sh('host-a', 'iptables-nft -P FORWARD DROP', 'iptables-nft -A FORWARD -s 192.0.2.1 -j DROP');
  await sh(
    'host-b',
    'nft add table inet guard',
    "nft 'add chain inet guard through { type filter hook forward priority 5; policy drop; }'",
  );
  await talks(false);
  before = await Promise.all([iptables(), guard()]);
});

test('with them, as is the default, pods talk through both: one jump each, behind the rules there are', async () => {
  for (const host of ['host-a', 'host-b']) {
    await lab.kill(host, 'SIGTERM');
    await lab.restart(host);
  }
  await talks();
  const added = (await iptables()).split('\n').filter((line) => !before[0]!.split('\n').includes(line));
  expect(added).toEqual([
    '-N PODLAN-FORWARD',
    '-A FORWARD -m comment --comment podlan -j PODLAN-FORWARD',
    '-A PODLAN-FORWARD -s 10.244.0.0/16 -j ACCEPT',
    '-A PODLAN-FORWARD -d 10.244.0.0/16 -j ACCEPT',
  ]);
  expect(await guard()).toContain('policy drop;\n\t\tjump PODLAN-through comment "podlan"\n');
});

test.each([
  ['flushes its chain', 'iptables-nft -F FORWARD'],
  ['loads its rules anew', 'printf "*filter\\n:FORWARD DROP [0:0]\\nCOMMIT\\n" | iptables-nft-restore'],
  ['makes its policy DROP again', 'iptables-nft -P FORWARD ACCEPT; iptables-nft -P FORWARD DROP'],
])('an owner %s by iptables: the jump is back', async (_, command) => {
  await hasJump(iptables);
  await sh('host-a', command);
  await hasJump(iptables);
  await talks();
});

test('an owner loads its own nft table anew: the jump is back', async () => {
  await sh('host-b', `nft -f - <<'END'\ndelete table inet guard\n${before[1]}\nEND`);
  await hasJump(guard);
  await talks();
});

test('no longer needed, it goes', async () => {
  await sh('host-a', 'iptables-nft -P FORWARD ACCEPT');
  await hasJump(iptables, false);
  await sh('host-a', 'iptables-nft -P FORWARD DROP', 'iptables-nft -A FORWARD -s 192.0.2.1 -j DROP');
  await hasJump(iptables);
});

test('clean-up leaves other tables as they were, and none of our own', async () => {
  for (const [host, dataplane] of [
    ['host-a', 'kernel'],
    ['host-b', 'wasm'],
  ] as const) {
    await lab.kill(host, 'SIGTERM');
    cleanupAgent(lab.state, host, dataplane);
    expect(await sh(host, 'nft list tables')).not.toContain('podlan');
  }
  expect(await Promise.all([iptables(), guard()])).toEqual(before);
});
