/**
 * Forward chains of other tables, in a network namespace of their own: Docker's, ufw's and firewalld's ways to drop, as
 * made by iptables-nft and by nft.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LinuxKernel } from '../src/linux-kernel.js';
import { type Chain, diff } from '../src/model.js';
import { addNetns, deleteNetns, netnsPath, runIn } from '../src/netns.js';

const SCOPE = { devices: [], sysctls: [], chains: true };
const netns = `foreign-${process.pid}`;
let kernel: LinuxKernel;

const accept = (protocol: string, field: string, addr: string, len: number) => [
  { match: { op: '==', left: { payload: { protocol, field } }, right: { prefix: { addr, len } } } },
  { accept: null },
];
const forward: Chain = {
  kind: 'chain',
  name: 'forward',
  type: 'filter',
  hook: 'forward',
  priority: 0,
  rules: [
    accept('ip', 'saddr', '10.244.0.0', 16),
    accept('ip', 'daddr', '10.244.0.0', 16),
    accept('ip6', 'saddr', 'fd00:244::', 48),
    accept('ip6', 'daddr', 'fd00:244::', 48),
  ],
};

async function sh(...commands: string[]): Promise<string> {
  const { code, stdout, stderr } = await runIn(netns, ['sh', '-ec', commands.join('\n')]);
  if (code !== 0) throw new Error(`${commands.join('; ')}: ${stderr}`);
  return stdout;
}

/** What is wrong, if anything, and what was done about it. */
async function converge(...desired: Chain[]): Promise<void> {
  const failures = await kernel.apply(diff(await kernel.snapshot(SCOPE), desired));
  expect(failures).toEqual([]);
  expect(diff(await kernel.snapshot(SCOPE), desired)).toEqual([]);
}

const misplaced = async () =>
  (await kernel.snapshot(SCOPE)).flatMap((row) => (row.kind === 'chain' ? (row.misplacedIn ?? []) : []));

const iptables = async (program = 'iptables-nft') => (await sh(`${program} -S`)).trim().split('\n');

beforeEach(async () => {
  await addNetns(netns);
  kernel = new LinuxKernel({ netns });
});
afterEach(() => deleteNetns(netns));

test('no other table, or none that drops, is touched', async () => {
  await sh(
    'iptables-nft -A FORWARD -s 192.0.2.1 -j DROP',
    'nft add table inet guard',
    "nft 'add chain inet guard through { type filter hook forward priority 10; }'",
  );
  const before = await sh('nft list table ip filter; nft list table inet guard');
  await converge(forward);
  expect(await sh('nft list table ip filter; nft list table inet guard')).toBe(before);
});

describe('a policy that iptables sets', () => {
  beforeEach(() =>
    sh(
      'iptables-nft -P FORWARD DROP',
      'iptables-nft -A FORWARD -s 192.0.2.1 -j DROP',
      'ip6tables-nft -P FORWARD DROP',
    ),
  );

  test('is answered by one commented jump behind the rules there are, which iptables lists', async () => {
    await converge(forward);
    expect(await iptables()).toEqual([
      '-P INPUT ACCEPT',
      '-P FORWARD DROP',
      '-P OUTPUT ACCEPT',
      '-N PODLAN-FORWARD',
      '-A FORWARD -s 192.0.2.1/32 -j DROP',
      '-A FORWARD -m comment --comment podlan -j PODLAN-FORWARD',
      '-A PODLAN-FORWARD -s 10.244.0.0/16 -j ACCEPT',
      '-A PODLAN-FORWARD -d 10.244.0.0/16 -j ACCEPT',
    ]);
    expect((await iptables('ip6tables-nft')).slice(3)).toEqual([
      '-N PODLAN-FORWARD',
      '-A FORWARD -m comment --comment podlan -j PODLAN-FORWARD',
      '-A PODLAN-FORWARD -s fd00:244::/48 -j ACCEPT',
      '-A PODLAN-FORWARD -d fd00:244::/48 -j ACCEPT',
    ]);
  });

  test('saved, flushed and restored by iptables, the jump is known again', async () => {
    await converge(forward);
    const before = await iptables();
    await sh(
      'iptables-nft-save > /tmp/$$; iptables-nft -F; iptables-nft -X; iptables-nft-restore < /tmp/$$; rm /tmp/$$',
    );
    expect(await misplaced()).toEqual([]);
    await converge(forward);
    expect(await iptables()).toEqual(before);
  });

  test.each([
    ['flushed', 'iptables-nft -F FORWARD'],
    ['emptied behind the jump', 'iptables-nft -F PODLAN-FORWARD'],
    ['flushed and all chains deleted', 'iptables-nft -F; iptables-nft -X'],
    ['given the jump twice', 'iptables-nft -I FORWARD -j PODLAN-FORWARD'],
    ['given a jump that decides nothing', 'iptables-nft -R PODLAN-FORWARD 1 -s 10.0.0.0/8 -j RETURN'],
  ])('a chain %s is put right', async (_, command) => {
    await converge(forward);
    const before = new Set(await iptables());
    await sh(command);
    expect(await misplaced()).toEqual(['ip filter FORWARD']);
    await converge(forward);
    const gone = _.startsWith('flushed') ? ['-A FORWARD -s 192.0.2.1/32 -j DROP'] : [];
    expect([...new Set(await iptables())].sort()).toEqual(
      [...before].filter((one) => !gone.includes(one)).sort(),
    );
  });

  test('taken back, the jump goes too', async () => {
    const before = await sh('nft list table ip filter');
    await converge(forward);
    await sh('iptables-nft -P FORWARD ACCEPT');
    expect(await misplaced()).toEqual(['ip filter FORWARD']);
    await converge(forward);
    await sh('iptables-nft -P FORWARD DROP');
    expect(await sh('nft list table ip filter')).toBe(before);
  });

  test('is left as it was found when the forward chain goes', async () => {
    const before = await sh('nft list table ip filter; nft list table ip6 filter');
    await converge(forward);
    await converge();
    expect(await sh('nft list ruleset')).toBe(before);
  });

  test('what was left without a table of our own is found and removed', async () => {
    const before = await sh('nft list ruleset');
    await converge(forward);
    await sh('nft delete table inet podlan');
    expect(await misplaced()).toEqual(['ip filter FORWARD', 'ip6 filter FORWARD']);
    await converge();
    expect(await sh('nft list ruleset')).toBe(before);
  });

  test('rules of other networks are replaced', async () => {
    await converge(forward);
    await converge({ ...forward, rules: [accept('ip', 'saddr', '10.99.0.0', 16)] });
    expect((await iptables()).slice(-2)).toEqual([
      '-A FORWARD -m comment --comment podlan -j PODLAN-FORWARD',
      '-A PODLAN-FORWARD -s 10.99.0.0/16 -j ACCEPT',
    ]);
    expect(await sh('nft list table ip6 filter')).not.toContain('PODLAN');
  });
});

test.each([
  ['a last rule that rejects', 'iptables-nft -A FORWARD -j REJECT'],
  ['a last rule that logs and drops', 'iptables-nft -A FORWARD -j LOG; iptables-nft -A FORWARD -j DROP'],
  [
    'a chain that rejects all',
    'iptables-nft -N last; iptables-nft -A last -j REJECT; iptables-nft -A FORWARD -j last',
  ],
  [
    'a chain that all go to',
    'iptables-nft -N last; iptables-nft -A last -j DROP; iptables-nft -A FORWARD -g last',
  ],
])('%s is preceded by the jump, and rules before it still hold', async (_, commands) => {
  await sh('iptables-nft -A FORWARD -s 192.0.2.1 -j DROP', commands);
  await converge(forward);
  const rules = (await iptables()).filter((line) => line.startsWith('-A FORWARD'));
  const at = rules.findIndex((line) => line.includes('podlan'));
  expect(rules[0]).toBe('-A FORWARD -s 192.0.2.1/32 -j DROP');
  expect(rules.slice(at + 1)).toEqual([expect.stringMatching(/-A FORWARD -[jg] (REJECT|DROP|last)/)]);
});

describe('where the policy drops', () => {
  beforeEach(() => sh('iptables-nft -P FORWARD DROP', 'iptables-nft -N aside'));
  const chain = async () => (await iptables()).filter((line) => line.startsWith('-A FORWARD'));
  const jump = '-A FORWARD -m comment --comment podlan -j PODLAN-FORWARD';

  test.each([
    ['rejects', '-j REJECT', '-A FORWARD -j REJECT --reject-with icmp-port-unreachable'],
    ['returns', '-j RETURN', '-A FORWARD -j RETURN'],
    ['goes to a chain that decides nothing', '-g aside', '-A FORWARD -g aside'],
  ])('the jump moves before a rule that %s, put before it', async (_, rule, listed) => {
    await converge(forward);
    await sh(`iptables-nft -I FORWARD ${rule}`);
    expect(await misplaced()).toEqual(['ip filter FORWARD']);
    await converge(forward);
    expect(await chain()).toEqual([jump, listed]);
  });

  test('it does so still where nothing comes to a rule that accepts', async () => {
    await sh('iptables-nft -A FORWARD -g aside', 'iptables-nft -A FORWARD -j ACCEPT');
    await converge(forward);
    expect(await chain()).toEqual([jump, '-A FORWARD -g aside', '-A FORWARD -j ACCEPT']);
  });

  test('a jump to a chain that decides nothing, or returns, is passed', async () => {
    await sh('iptables-nft -A aside -j RETURN', 'iptables-nft -A FORWARD -j aside');
    await converge(forward);
    expect(await chain()).toEqual(['-A FORWARD -j aside', jump]);
  });
});

test('a policy that comes to nothing, because the last rule accepts, needs no jump', async () => {
  await sh('iptables-nft -P FORWARD DROP; iptables-nft -A FORWARD -j ACCEPT');
  await converge(forward);
  expect(await sh('nft list table ip filter')).not.toContain('PODLAN');
});

test("chains of nft's own: one jump each, of both families where the table has both", async () => {
  await sh(
    'nft add table inet guard',
    "nft 'add chain inet guard through { type filter hook forward priority 10; policy drop; }'",
    "nft 'add chain inet guard late { type filter hook forward priority 20; }'",
    'nft add rule inet guard late ct state established accept',
    'nft add rule inet guard late reject with icmpx admin-prohibited',
    'nft add table ip6 six',
    "nft 'add chain ip6 six through { type filter hook forward priority 0; policy drop; }'",
  );
  const before = await sh('nft list ruleset');
  await converge(forward);
  expect(await sh('nft list chain inet guard through')).toContain(
    'jump PODLAN-through comment "podlan"\n\t}',
  );
  expect(await sh('nft list chain inet guard late')).toMatch(
    /accept\n\t\tjump PODLAN-late comment "podlan"\n\t\treject/,
  );
  expect((await sh('nft list chain inet guard PODLAN-through')).match(/accept/g)).toHaveLength(4);
  expect((await sh('nft list chain ip6 six PODLAN-through')).match(/accept/g)).toHaveLength(2);
  await converge();
  expect(await sh('nft list ruleset')).toBe(before);
});

test('tables that an owner keeps to itself are let be, and named where they drop', async () => {
  const owner = spawn('nsenter', [`--net=${netnsPath(netns)}`, '--', 'nft', '-i'], { stdio: 'pipe' });
  owner.stdin.write('add table inet own { flags owner; }\n');
  owner.stdin.write('add chain inet own through { type filter hook forward priority 1; policy drop; }\n');
  owner.stdin.write('add chain inet own late { type filter hook forward priority 2; }\n');
  await expect.poll(() => sh('nft list ruleset')).toContain('chain late');
  const before = await sh('nft list table inet own');
  await converge(forward);
  expect(await sh('nft list table inet own')).toBe(before);
  expect(kernel.closedChains).toEqual(['inet own through']);
  owner.stdin.end();
  await once(owner, 'exit');
  await converge(forward);
  expect(kernel.closedChains).toEqual([]);
});

test.each([
  ['a policy changes', 'iptables-nft -P FORWARD DROP'],
  [
    'a chain comes',
    "nft add table ip t; nft 'add chain ip t f { type filter hook forward priority 0; policy drop; }'",
  ],
  ['the jump is flushed away', 'nft flush chain inet guard through'],
])('watchers wake when %s', async (_, command) => {
  await sh(
    'iptables-nft -P FORWARD ACCEPT',
    'nft add table inet guard',
    "nft 'add chain inet guard through { type filter hook forward priority 10; policy drop; }'",
  );
  await converge(forward);
  const stop = new AbortController();
  let look = false;
  const woken = (async () => {
    for await (const table of kernel.watch(stop.signal)) {
      if (table !== 'chain') continue;
      if (look) return true;
      // The first is the monitor's own: it has subscribed.
      look = true;
      await sh(command);
    }
    return false;
  })();
  expect(await woken).toBe(true);
  stop.abort();
  expect(await misplaced()).toHaveLength(1);
});
