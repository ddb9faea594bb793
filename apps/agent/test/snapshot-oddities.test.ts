/** What hosts have besides: a snapshot takes it, whatever podlan itself makes of it. */
import { addNetns, deleteNetns, runIn } from '@podlan/linux';
import { diagnose, doubtsOf, probe, traceText } from '@podlan/simulator';
import {
  loadSnapshots,
  type NamespaceSnapshot,
  parseSnapshot,
  redactSnapshot,
} from '@podlan/simulator/snapshot';
import { parseIpAddress } from '@podlan/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { captureNode } from '../dist/snapshot/capture-node.js';
import { parseSocketLine } from '../dist/snapshot/listening-sockets.js';
import { ip, say } from './two-hosts.js';

const NETNS = `t${process.pid}-odd`;

const LINES = [
  'link set lo up',
  'link add d0 type bridge',
  'link add d1 type bridge',
  'link set d0 up alias hunter2',
  'link set d1 up',
  'link property add dev d0 altname a-second-name',
  'addr add 192.0.2.1/24 dev d0 label d0:second',
  'addr add 192.0.2.9 peer 203.0.113.9/32 dev d1',
  'addr add 2001:db8:1::1/64 dev d0 nodad',
  'link add mv0 link d0 type macvlan mode bridge',
  'link add vx0 type vxlan id 70 group 239.1.1.1 dev d0 dstport 4789',
  'link add vx1 type vxlan external dstport 4790',
  'link add vx2 type vxlan id 71 remote 2001:db8:1::2 dev d0 dstport 4791 proxy l2miss l3miss rsc',
  'link add br0 type bridge',
  'link set br0 up',
  'link add v0 type veth peer name v1',
  'link set v0 up master br0',
  'link set v1 up',
  'route add default nexthop via 192.0.2.2 weight 3 nexthop via 192.0.2.3 dev d0 onlink',
  'route add blackhole 198.18.0.0/15 metric 7',
  'route add unreachable 198.51.100.0/25',
  'route add prohibit 198.51.100.128/25 table 33',
  'route add throw 203.0.113.0/25 table 33',
  'route add 100.64.0.0/10 via inet6 2001:db8:1::2 dev d0 mtu lock 1400 advmss 1300 src 192.0.2.1 proto bird',
  'route add 10.9.0.0/16 dev d1 scope link tos 0x10',
  'route add local 10.99.0.0/16 dev lo',
  'route add 2001:db8:9::/48 from 2001:db8:1::/64 via 2001:db8:1::2 dev d0 metric 12 pref high',
  'route add unreachable 2001:db8:8::/48',
  'nexthop add id 5 via 192.0.2.5 dev d0',
  'route add 10.5.0.0/16 nhid 5',
  'rule add pref 100 not from 10.0.0.0/8 to 192.0.2.0/24 fwmark 0x10/0xff lookup 33',
  'rule add pref 110 iif d0 oif d1 ipproto tcp dport 80 blackhole',
  'rule add pref 120 dport 100-200 sport 9 tos 0x8 prohibit',
  'rule add pref 130 lookup main suppress_prefixlength 0',
  'rule add pref 140 goto 32766',
  'rule add pref 150 l3mdev',
  'rule add pref 160 uidrange 1000-2000 lookup 33',
  'neigh add 192.0.2.50 dev d0 nud failed',
  'neigh add 192.0.2.51 lladdr 02:00:00:00:00:51 dev d0 nud stale router',
  'neigh add proxy 192.0.2.60 dev d0',
  'neigh add proxy 2001:db8:1::60 dev d0',
];

/** Not every kernel has these. */
const OPTIONAL = [
  ['vlan', 'link add link d0 name d0.7 type vlan id 7'],
  ['vrf', 'link add vrf9 type vrf table 99'],
  ['bond', 'link add bond0 type bond'],
  ['ipip', 'link add ipip0 type ipip local 192.0.2.1 remote 198.51.100.7'],
  ['sit', 'link add sit0x type sit local 192.0.2.1 remote 198.51.100.8'],
  ['gretap', 'link add gre0x type gretap local 192.0.2.1 remote 198.51.100.9 key 5'],
] as const;

const RULES = `
table inet odd {
  comment "hunter2"
  counter hits { }
  set nodes { type ipv4_addr; flags interval; elements = { 192.0.2.0/25, 198.51.100.1-198.51.100.9 }; }
  map ports { type inet_service : verdict; elements = { 80 : accept, 443 : jump other }; }
  chain other { comment "hunter2"; }
  chain in {
    type filter hook input priority filter - 5; policy drop;
    ct state established,related accept
    tcp dport vmap @ports
    ip saddr @nodes counter name hits accept comment "hunter2"
    ip saddr 192.0.2.1 limit rate 5/second log prefix "d0 192.0.2.1: " drop
    meta mark set ct mark and 0xff
    fib daddr type local accept
  }
  chain nat { type nat hook postrouting priority srcnat; ip saddr 10.9.0.0/16 snat to 192.0.2.1-192.0.2.3; }
}`;

/** Of every kind of route, link and neighbor above. */
const DESTINATIONS = [
  ...['192.0.2.1', '192.0.2.2', '192.0.2.50', '192.0.2.51', '192.0.2.60', '192.0.2.9', '203.0.113.9'],
  ...['198.18.0.1', '198.51.100.1', '198.51.100.200', '203.0.113.1', '100.64.0.1', '10.9.0.1', '10.99.0.1'],
  ...[
    '10.5.0.1',
    '8.8.8.8',
    '127.0.0.1',
    '2001:db8:1::1',
    '2001:db8:1::60',
    '2001:db8:9::1',
    '2001:db8:8::1',
  ],
];

let host: NamespaceSnapshot;
const made: string[] = [];
beforeAll(async () => {
  await addNetns(NETNS);
  await ip(NETNS, ...LINES);
  await say(NETNS, ...'ip -6 rule add pref 100 from 2001:db8::/32 lookup 33'.split(' '));
  for (const [kind, line] of OPTIONAL)
    if ((await runIn(NETNS, ['ip', ...line.split(' ')])).code === 0) made.push(kind);
  await say(NETNS, 'bridge', 'fdb', 'add', '02:00:00:00:00:71', 'dev', 'v0', 'master', 'static');
  await say(
    NETNS,
    'bridge',
    'fdb',
    'append',
    '00:00:00:00:00:00',
    'dev',
    'vx0',
    'dst',
    '192.0.2.77',
    'port',
    '8472',
    'vni',
    '9',
  );
  const { code, stderr } = await runIn(NETNS, ['sh', '-c', 'cat | nft -f -'], { input: RULES });
  expect([code, stderr]).toEqual([0, '']);
  const snapshot = await captureNode({ name: 'odd', netns: NETNS });
  host = snapshot.namespaces[0]!;
});
afterAll(() => deleteNetns(NETNS));

test('links of every kind are there', () => {
  const kinds = host.links.map(({ linkinfo }) => linkinfo?.info_kind ?? 'lo');
  for (const kind of ['bridge', 'macvlan', 'vxlan', 'veth', ...made]) expect(kinds).toContain(kind);
  const data = (name: string) => host.links.find(({ ifname }) => ifname === name)?.linkinfo?.info_data;
  expect(data('vx0')).toMatchObject({ id: 70, group: '239.1.1.1', link: 'd0' });
  expect(data('vx1')).toMatchObject({ external: true });
  expect(data('vx2')).toMatchObject({ remote6: '2001:db8:1::2', l3miss: true, proxy: true });
});

test('routes say where to, by which hops, and why not', () => {
  const to = (dst: string) => host.routes.find((route) => route.dst === dst);
  expect(to('default')?.nexthops).toMatchObject([
    { gateway: '192.0.2.2', weight: 3 },
    { gateway: '192.0.2.3', dev: 'd0', flags: ['onlink'] },
  ]);
  expect(to('198.18.0.0/15')).toMatchObject({ type: 'blackhole', metric: 7 });
  expect(to('198.51.100.128/25')).toMatchObject({ type: 'prohibit', table: '33' });
  expect(to('100.64.0.0/10')).toMatchObject({
    via: { family: 'inet6', host: '2001:db8:1::2' },
    prefsrc: '192.0.2.1',
  });
  expect(to('2001:db8:9::/48')).toMatchObject({ from: '2001:db8:1::/64', metric: 12 });
  expect(to('10.5.0.0/16')).toMatchObject({ gateway: '192.0.2.5', dev: 'd0' });
});

test('rules say whom they are for, and what they do', () => {
  const at = (priority: number) =>
    host.rules.find((rule) => rule.priority === priority && rule.family === 'inet');
  expect(at(100)).toMatchObject({
    not: null,
    src: '10.0.0.0',
    srclen: 8,
    dst: '192.0.2.0',
    dstlen: 24,
    fwmark: '0x10',
    fwmask: '0xff',
  });
  expect(at(110)).toMatchObject({ iif: 'd0', oif: 'd1', ipproto: 'tcp', dport: 80, action: 'blackhole' });
  expect(at(120)).toMatchObject({ dport_start: 100, dport_end: 200, sport: 9, action: 'prohibit' });
  expect(at(130)).toMatchObject({ table: 'main', suppress_prefixlen: 0 });
  expect(at(140)).toMatchObject({ goto: 32766 });
  expect(at(150)).toMatchObject({ l3mdev: null });
  expect(host.rules).toContainEqual(
    expect.objectContaining({ family: 'inet6', src: '2001:db8::', srclen: 32 }),
  );
  expect(at(160)).toMatchObject({ uid_start: 1000, uid_end: 2000 });
});

test('neighbors, proxied ones too, and the FDB by bridge and VNI', () => {
  expect(host.neighbors).toContainEqual(expect.objectContaining({ dst: '192.0.2.60', proxy: null }));
  expect(host.neighbors).toContainEqual(expect.objectContaining({ dst: '192.0.2.50', state: ['FAILED'] }));
  expect(host.neighbors).toContainEqual(expect.objectContaining({ dst: '192.0.2.51', router: null }));
  expect(host.fdb).toContainEqual(expect.objectContaining({ mac: '02:00:00:00:00:71', state: 'static' }));
  expect(host.fdb).toContainEqual(expect.objectContaining({ dst: '192.0.2.77', port: 8472, vni: 9 }));
});

test('the ruleset is there in all its parts but comments, and so is nothing else that people write', () => {
  const kinds = host.nftables.flatMap((one) => Object.keys(one));
  for (const kind of ['table', 'counter', 'set', 'map', 'chain', 'rule']) expect(kinds).toContain(kind);
  expect(JSON.stringify(host)).not.toContain('hunter2');
});

test('all of it is redacted', async () => {
  const snapshot = await captureNode({ name: 'odd', netns: NETNS });
  const redacted = await redactSnapshot(snapshot, '0123456789abcdef');
  const text = JSON.stringify(redacted);
  expect(parseSnapshot(text)).toEqual(redacted);
  for (const word of [
    '192.0.2.',
    '198.51.100.',
    '203.0.113.',
    '2001:db8:',
    '"d0"',
    'd0.7',
    ':second',
    '"odd"',
  ])
    expect(text, word).not.toContain(word);
  expect(text).toContain('239.1.1.1');
});

test('packets are traced through it to a told end, each way, and what is left out of that is said', async () => {
  const snapshot = await captureNode({ name: 'odd', netns: NETNS });
  const cluster = await loadSnapshots([snapshot]);
  const [place] = cluster.places;
  const doubts = new Set<string>();
  for (const to of DESTINATIONS) {
    for (const protocol of ['icmp', 'tcp', 'udp'] as const) {
      const result = probe(place!.netns, { destination: parseIpAddress(to)!, protocol });
      expect(result.answered || result.lost !== undefined || result.hops.length > 1, to).toBe(true);
      expect(traceText(result).length).toBeGreaterThan(1);
      diagnose(result, cluster);
      for (const doubt of doubtsOf(result, cluster)) doubts.add(doubt.replace(/^odd: /, ''));
    }
  }
  expect([...doubts]).toEqual(
    expect.arrayContaining([
      'rule 130 is left out: suppress_prefixlen is not simulated',
      'route 10.9.0.0/16 is left out: tos is not simulated',
    ]),
  );
});

test.each([
  ['udp   UNCONN 0 0      0.0.0.0:8472 0.0.0.0:*', { protocol: 'udp', local: '0.0.0.0', port: 8472 }],
  ['tcp LISTEN 0 128 [::]:22 [::]:*', { protocol: 'tcp', local: '::', v6only: true, port: 22 }],
  ['tcp LISTEN 0 128 *:80 *:*', { protocol: 'tcp', local: '::', port: 80 }],
  [
    'udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*',
    { protocol: 'udp', local: '127.0.0.53', port: 53, dev: 'lo' },
  ],
  ['udp UNCONN 0 0 [fe80::1]%eth0:546 [::]:*', { protocol: 'udp', local: 'fe80::1', port: 546, dev: 'eth0' }],
  ['tcp LISTEN 0 9 [::ffff:127.0.0.1]:9000 *:*', { protocol: 'tcp', local: '::ffff:127.0.0.1', port: 9000 }],
  ['u_str LISTEN 0 9 /run/x 1 * 0', undefined],
  ['', undefined],
])('ss says %j', (line, socket) => {
  expect(parseSocketLine(line)).toEqual(socket);
});
