/** Lines that nobody would type: each is answered, or refused by CommandError, and no bad one changes anything. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CommandError, runCommand, SimCluster, SimNetwork, tablesOf } from '../../src/index.js';

const WORDS = [
  ...['ip', 'bridge', 'sysctl', 'nft', 'ping', '-4', '-6', '-d', '-w', '-c', '1', '-M', 'do', '-s', '-t'],
  ...[
    'link',
    'addr',
    'route',
    'rule',
    'neigh',
    'fdb',
    'add',
    'del',
    'set',
    'show',
    'replace',
    'flush',
    'get',
  ],
  ...['dev', 'via', 'onlink', 'table', 'main', 'metric', 'proto', 'src', 'lladdr', 'nud', 'dst', 'master'],
  ...[
    'eth0',
    'cni0',
    'flannel.1',
    'lo',
    'nobody',
    'default',
    '10.244.2.0/24',
    '10.244.2.2',
    'fe80::1',
    '::/0',
  ],
  ...[
    'up',
    'down',
    'mtu',
    '1400',
    'address',
    '02:00:00:00:00:99',
    'type',
    'vxlan',
    'bridge',
    'veth',
    'id',
    'peer',
  ],
  ...[
    'net.ipv4.ip_forward=1',
    'net.ipv4.conf.all.rp_filter',
    'a=b',
    '=',
    'ruleset',
    'list',
    'inet',
    't',
    'c',
  ],
  ...[
    'chain',
    'rule',
    'table',
    "'{ type filter hook forward priority 0; policy drop; }'",
    'ct',
    'state',
    'new',
  ],
  ...[
    'drop',
    'accept',
    'jump',
    'tcp',
    'dport',
    "'{ 80, 443 }'",
    '80-90',
    'constructor',
    '__proto__',
    'from',
    'to',
  ],
];

const line = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join(' ')),
);

describe('on a host of a cluster', () => {
  const cluster = new SimCluster({ dataplane: 'kernel' });
  beforeAll(async () => {
    const host = await cluster.join();
    await host.addPod();
  });
  afterAll(() => cluster.stop());

  test('any line prints something, or throws CommandError and nothing else', () => {
    const { netns } = cluster.host('host-a');
    const rows = () => JSON.stringify(tablesOf(netns));
    fc.assert(
      fc.property(line, (text) => {
        const before = rows();
        try {
          for (const one of runCommand(netns, text)) expect(one).toBeTypeOf('string');
        } catch (error) {
          if (!(error instanceof CommandError)) throw error;
          if (!text.startsWith('ping')) expect(rows()).toBe(before);
        }
      }),
      { numRuns: 4000 },
    );
  });
});

describe('what is outside of what is simulated', () => {
  const netns = new SimNetwork().addNetns('host-a');

  test.each([
    ['ip route | grep default', 'expected one command, with such characters in quotes, got |'],
    ['ip route > /tmp/routes', 'got >'],
    ['ls -l', 'expected a command, got ls; known here: ip, bridge, sysctl, nft, ping'],
    ['', 'expected a command, got none'],
    ['ip tunnel show', 'expected an object of ip, got tunnel; known here: address, route,'],
    ['ip link add d0 type dummy', 'expected a type of device, got dummy; known here: bridge, veth, vxlan'],
    ['ip link set lo promisc on', 'expected a setting of ip link set, got promisc; known here: up, down'],
    ['ip route add 10.0.0.0/8 nexthop via 10.1.1.1', 'expected a route of one next hop, got nexthop'],
    ['sysctl net.core.somaxconn', 'expected a variable that is simulated, got net.core.somaxconn'],
    ['nft add table bridge t', 'got bridge; known here: ip, ip6, inet'],
    ["ip link 'show", 'expected quotes that are closed'],
  ])('%s', (text, message) => {
    const run = () => runCommand(netns, text);
    expect(run).toThrow(message);
    expect(run).toThrow(expect.objectContaining({ code: 'not-simulated' }));
  });

  test.each([
    ["nft 'add table inet t'", 'nft list tables'],
    ['nft add table inet\tt', 'nft list tables'],
    ['nft add table "inet" t', 'nft list tables'],
    ['nft add table inet \\t', 'nft list tables'],
  ])('quotes and backslashes make words as a shell does: %s', (make, show) => {
    runCommand(netns, make);
    expect(runCommand(netns, show)).toEqual(['table inet t']);
    runCommand(netns, 'nft flush ruleset');
  });
});
