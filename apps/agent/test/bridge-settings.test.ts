/** Settings of bridge ports and of VXLAN entries: who reaches whom is as computed from a snapshot. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BridgedHosts, computedPing, MEMBERS, macOf } from './bridged-hosts.js';
import { ip, say } from './two-hosts.js';

let hosts: BridgedHosts;
beforeAll(async () => {
  hosts = await BridgedHosts.make();
});
afterAll(() => hosts?.[Symbol.asyncDispose]());

/** From, to, and what both the kernel and the simulator are expected to say: a table that says no to all tests nothing. */
type Ping = readonly [from: string, to: string, answered: boolean];

async function compare(pings: readonly Ping[]): Promise<void> {
  const snapshot = await hosts.capture();
  const found: unknown[] = [];
  for (const [from, to] of pings) {
    await hosts.forget();
    found.push([from, to, await hosts.ping(from, to), await computedPing(snapshot, from, to)]);
  }
  expect(found).toEqual(pings.map(([from, to, answered]) => [from, to, answered, answered]));
}

const bridge = (...lines: string[]) =>
  Promise.all(lines.map((line) => say(hosts.netns('host'), 'bridge', ...line.split(' '))));

const ALL_ON = 'state 3 learning on flood on mcast_flood on bcast_flood on isolated off';
const onAll = (flags: string) => MEMBERS.map((n) => `link set dev p${n} ${flags}`);

/** n1 and n2 know each other's MAC. */
const knowing = () =>
  Promise.all([
    ip(hosts.netns('n1'), `neigh replace 10.0.0.2 lladdr ${macOf(2)} dev eth0 nud permanent`),
    ip(hosts.netns('n2'), `neigh replace 10.0.0.1 lladdr ${macOf(1)} dev eth0 nud permanent`),
    ip(hosts.netns('host'), `neigh replace 10.0.0.2 lladdr ${macOf(2)} dev br0 nud permanent`),
  ]);

describe('ports of a bridge', () => {
  const both = (one: boolean, other = one): Ping[] => [
    ['n1', '10.0.0.2', one],
    ['n1', 'fd00:5::2', other],
  ];

  test.each<{ title: string; settings: string[]; known?: true; pings: Ping[] }>([
    { title: 'as they are made', settings: [], pings: [...both(true), ['n1', '10.0.0.254', true]] },
    ...[0, 1, 2].flatMap((state) => [
      {
        title: `of the destination in state ${state}`,
        settings: [`link set dev p2 state ${state}`],
        pings: [...both(false), ['host', '10.0.0.2', false] as const, ['n1', '10.0.0.3', true] as const],
      },
      {
        title: `of the sender in state ${state}`,
        settings: [`link set dev p1 state ${state}`],
        pings: [...both(false), ['n1', '10.0.0.254', false] as const],
      },
    ]),
    {
      title: 'without bcast_flood',
      settings: ['link set dev p2 bcast_flood off'],
      pings: [...both(false, true), ['host', '10.0.0.2', true]],
    },
    { title: 'without mcast_flood', settings: ['link set dev p2 mcast_flood off'], pings: both(true, false) },
    {
      title: 'without learning and flood',
      settings: [...onAll('learning off'), 'link set dev p2 flood off'],
      known: true,
      pings: [
        ['n1', '10.0.0.2', false],
        ['host', '10.0.0.2', false],
      ],
    },
    {
      title: 'without learning',
      settings: onAll('learning off'),
      known: true,
      pings: [['n1', '10.0.0.2', true]],
    },
    {
      title: 'without learning and flood, of the destination alone',
      settings: ['link set dev p2 learning off flood off'],
      pings: [['n1', '10.0.0.2', false]],
    },
    {
      title: 'without learning and flood, but with an entry',
      settings: [
        ...onAll('learning off'),
        'link set dev p2 flood off',
        `fdb replace ${macOf(2)} dev p2 master static`,
      ],
      known: true,
      pings: [['n1', '10.0.0.2', true]],
    },
    {
      title: "with an entry for the host's own",
      settings: [`fdb replace ${macOf(2)} dev p2 master permanent`],
      known: true,
      pings: [['n1', '10.0.0.2', false]],
    },
    {
      title: 'that are isolated',
      settings: ['link set dev p1 isolated on', 'link set dev p2 isolated on'],
      pings: [...both(false), ['n1', '10.0.0.3', true]],
    },
  ])('$title', async ({ settings, known, pings }) => {
    await bridge(...settings);
    if (known) await knowing();
    await compare(pings);
    for (const place of ['host', 'n1', 'n2'])
      await say(hosts.netns(place), 'ip', 'neigh', 'flush', 'nud', 'permanent');
    await bridge(...onAll(ALL_ON));
    await say(hosts.netns('host'), 'bridge', 'fdb', 'del', macOf(2), 'dev', 'p2', 'master').catch(() => {});
  });
});

describe('entries of VXLAN devices', () => {
  const LIST = '00:00:00:00:00:00';

  /** A device on each; `remotes` of one are the others that it sends copies to, with what is said of each. */
  async function tunnels(
    ofThird: string,
    remotes: (from: number, to: number) => string | undefined,
    flags = '',
  ) {
    for (const n of MEMBERS) {
      const netns = hosts.netns(`n${n}`);
      const own = n === 3 ? ofThird : 'id 7 dstport 8472';
      await ip(netns, `link add vx type vxlan ${own} local 10.0.0.${n} dev eth0 ${flags}`);
      await ip(netns, 'link set vx up', `addr add 10.9.0.${n}/24 dev vx`);
      for (const to of MEMBERS) {
        const more = n === to ? undefined : remotes(n, to);
        const line = `fdb append ${LIST} dev vx dst 10.0.0.${to} ${more}`.trim();
        if (more !== undefined) await say(netns, 'bridge', ...line.split(' '));
      }
    }
  }

  const PLAIN = 'id 7 dstport 8472';
  const third = (words: string, others: string) => (from: number, to: number) =>
    from === 3 ? others : to === 3 ? words : '';

  test.each<[string, Parameters<typeof tunnels>, Ping[]]>([
    [
      'a list of all others: each gets a copy',
      [PLAIN, () => ''],
      [
        ['n1', '10.9.0.2', true],
        ['n1', '10.9.0.3', true],
      ],
    ],
    [
      'a list without one',
      [PLAIN, (from, to) => (from === 1 && to === 3 ? undefined : ''), 'nolearning'],
      [
        ['n1', '10.9.0.2', true],
        ['n1', '10.9.0.3', false],
      ],
    ],
    [
      'a port of its own',
      ['id 7 dstport 4790', third('port 4790', 'port 8472'), 'nolearning'],
      [['n1', '10.9.0.3', true]],
    ],
    [
      'a port that is not that of the host',
      ['id 7 dstport 4790', () => '', 'nolearning'],
      [
        ['n1', '10.9.0.3', false],
        ['n1', '10.9.0.2', true],
      ],
    ],
    [
      'a port that is not learned',
      ['id 7 dstport 4790', third('port 4790', 'port 8472')],
      [['n1', '10.9.0.3', false]],
    ],
    [
      'a VNI of its own',
      ['id 9 dstport 8472', third('vni 9', 'vni 7'), 'nolearning'],
      [['n1', '10.9.0.3', true]],
    ],
    [
      'a VNI that is not that of the host',
      ['id 9 dstport 8472', () => '', 'nolearning'],
      [['n1', '10.9.0.3', false]],
    ],
  ])('%s', async (_, args, pings) => {
    await tunnels(...args);
    await compare(pings);
    for (const n of MEMBERS) await ip(hosts.netns(`n${n}`), 'link del vx');
  });
});

test('destinations that are no single host', () =>
  compare([
    ['n1', '0.0.0.0', true],
    ['n1', '::', true],
  ]));

test('a device whose IPv6 is switched off', async () => {
  const netns = hosts.netns('n2');
  await ip(hosts.netns('n1'), `neigh replace fd00:5::2 lladdr ${macOf(2)} dev eth0 nud permanent`);
  await say(netns, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.eth0.disable_ipv6=1');
  await compare([
    ['n1', '10.0.0.2', true],
    ['n1', 'fd00:5::2', false],
    ['n2', 'fd00:5::1', false],
  ]);
});
