/** A router between two links: hops, sizes, ways back, and what hosts answer. */
import { parseEthernet, parseIpv4, parseIpv6 } from '@podlan/wire';
import { describe, expect, test } from 'vitest';
import { type ProbeOptions, probe } from '../src/index.js';
import { ip, type Links, net, routed } from './links.js';

const FAMILIES = [
  { family: 'IPv4', b: '10.0.2.2', r: '10.0.1.1', nobody: '10.0.2.77' },
  { family: 'IPv6', b: 'fd00:2::2', r: 'fd00:1::1', nobody: 'fd00:2::77' },
];

const fromA = (links: Links, destination: string, more: Partial<ProbeOptions> = {}) =>
  probe(links.netns('a'), { destination: ip(destination), ...more });
const dropsOf = ({ hops }: ReturnType<typeof fromA>) =>
  hops.filter(({ event }) => event === 'drop').map(({ netns, reason }) => `${netns} ${reason}`);

describe.each(FAMILIES)('$family', ({ family, b, nobody }) => {
  test('each router takes one from the time to live, and tells where it ended', () => {
    const links = routed();
    expect(fromA(links, b, { ttl: 2 }).answered).toBe(true);
    const ended = fromA(links, b, { ttl: 1 });
    expect(ended).toMatchObject({ arrived: false, lost: { netns: 'r', reason: 'ttl-exceeded' } });
    expect(ended.hops.filter(({ leg, event }) => leg === 'error' && event === 'deliver')).toHaveLength(1);
  });

  test('what must not be cut and is too large for the next link comes back as an error with its MTU', () => {
    const links = routed();
    links.netns('r').device('eth1')!.mtu = 1400;
    const tooBig = fromA(links, b, { size: 1500, dontFragment: true });
    expect(tooBig).toMatchObject({ arrived: false, lost: { netns: 'r', reason: 'too-big' } });
    expect(tooBig.lost?.text).toContain('1400');
    expect(tooBig.hops.at(-1)).toMatchObject({ netns: 'a', leg: 'error', event: 'deliver' });
    expect(fromA(links, b, { size: 1400, dontFragment: true }).answered).toBe(true);
  });

  test('what a host sends beyond its MTU goes in fragments, and is put together at the other end', () => {
    const links = routed();
    expect(fromA(links, b).answered).toBe(true);
    links.frames.length = 0;
    const { answered, hops } = fromA(links, b, { size: 4000 });
    expect(answered).toBe(true);
    expect(hops.filter(({ event }) => event === 'reassemble').map(({ netns }) => netns)).toEqual(['b', 'a']);
    const sizes = links.frames.slice(0, 3).map((bytes) => parseEthernet(bytes)!.payload.length);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(1500);
    expect(fromA(links, b, { size: 4000, dontFragment: true }).lost?.reason).toBe('too-big');
  });

  test('fragments without all others are dropped after half a minute', () => {
    const links = routed();
    expect(fromA(links, b).answered).toBe(true);
    const card = links.netns('b').device('eth0')!;
    const receive = card.receive.bind(card);
    let count = 0;
    card.receive = (packet) => (++count === 2 ? undefined : receive(packet));
    const { answered, hops } = fromA(links, b, { size: 4000, waitMs: 40_000 });
    expect(answered).toBe(false);
    expect(hops.filter(({ reason }) => reason === 'fragment-missing')).toMatchObject([
      { netns: 'b', atMs: 30_000 },
    ]);
  });

  test('a host that does not forward says so of that family alone', () => {
    const links = routed();
    const key = family === 'IPv4' ? 'net/ipv4/ip_forward' : 'net/ipv6/conf/all/forwarding';
    links.netns('r').sysctls.set(key, '0');
    expect(fromA(links, b).lost).toMatchObject({ netns: 'r', reason: 'not-forwarding' });
    expect(fromA(links, family === 'IPv4' ? 'fd00:2::2' : '10.0.2.2').answered).toBe(true);
  });

  test.each([
    ['blackhole', 'blackhole-route', 0],
    ['unreachable', 'unreachable-route', 1],
    ['prohibit', 'prohibit-route', 1],
  ] as const)('a route that is %s keeps packets, and senders hear of it or not', (type, reason, errors) => {
    const links = routed();
    const prefix = net(family === 'IPv4' ? '10.0.2.0/28' : 'fd00:2::/96');
    links
      .netns('r')
      .fib.set({ prefix, type, metric: 0 } as Parameters<ReturnType<Links['netns']>['fib']['set']>[0]);
    const { lost, hops } = fromA(links, b);
    expect(lost).toMatchObject({ netns: 'r', reason });
    expect(hops.filter(({ leg, event }) => leg === 'error' && event === 'deliver')).toHaveLength(errors);
  });

  test('a router that finds nobody at the end tells the sender', () => {
    const { hops, lost } = fromA(routed(), nobody);
    expect(lost).toMatchObject({ netns: 'r', reason: 'neighbor-unresolved' });
    expect(hops.at(-1)).toMatchObject({ netns: 'a', leg: 'error', event: 'deliver' });
  });

  test('a closed UDP port is answered by an error, a closed TCP port by a reset, an open one by a handshake', () => {
    const links = routed();
    const udp = fromA(links, b, { protocol: 'udp', destinationPort: 9 });
    expect(udp).toMatchObject({ answered: true, arrived: true });
    expect(dropsOf(udp)).toEqual(['b no-socket']);
    const closed = fromA(links, b, { protocol: 'tcp', destinationPort: 81 });
    expect(dropsOf(closed)).toContain('b no-socket');
    links.netns('b').sockets.listenTcp({ port: 80 });
    const open = fromA(links, b, { protocol: 'tcp', destinationPort: 80 });
    expect(open.answered).toBe(true);
    expect(dropsOf(open)).toEqual([]);
  });
});

test('IPv6 fragments have the header of RFC 8200, section 4.5', () => {
  const links = routed();
  fromA(links, 'fd00:2::2');
  links.frames.length = 0;
  fromA(links, 'fd00:2::2', { size: 3000 });
  // Each passes both links.
  const pieces = links.frames
    .map((bytes) => parseEthernet(bytes)!)
    .filter(({ etherType }) => etherType === 0x86dd)
    .map(({ payload }) => parseIpv6(payload)!)
    .filter(
      ({ nextHeader, source, hopLimit }) => nextHeader === 44 && source === 'fd00:1::2' && hopLimit === 64,
    );
  const headers = pieces.map(({ payload }) => {
    const view = new DataView(payload.buffer, payload.byteOffset);
    return {
      next: view.getUint8(0),
      offset: view.getUint16(2) & ~7,
      more: view.getUint16(2) & 1,
      id: view.getUint32(4),
    };
  });
  expect(headers.map(({ next, offset, more }) => [next, offset, more])).toEqual([
    [58, 0, 1],
    [58, 1448, 1],
    [58, 2896, 0],
  ]);
  expect(new Set(headers.map(({ id }) => id)).size).toBe(1);
});

test('a router cuts IPv4 packets that may be cut', () => {
  const links = routed();
  links.netns('r').device('eth1')!.mtu = 1000;
  links.netns('b').device('eth0')!.mtu = 1000;
  const { answered, hops } = fromA(links, '10.0.2.2', { size: 1500 });
  expect(answered).toBe(true);
  expect(hops.filter(({ event, netns }) => event === 'fragment' && netns === 'r')).toHaveLength(1);
  const sizes = links.frames
    .map((bytes) => parseIpv4(parseEthernet(bytes)!.payload))
    .filter((packet) => packet?.moreFragments)
    .map((packet) => packet!.payload.length % 8);
  expect(sizes.length).toBeGreaterThan(0);
  expect(new Set(sizes)).toEqual(new Set([0]));
});

describe('the way back', () => {
  /** b sends from an address of a net that r has by its other device. */
  function spoofed(filter: string | undefined, hasRoute: boolean) {
    const links = routed();
    const r = links.netns('r');
    if (filter !== undefined) r.sysctls.set('net/ipv4/conf/eth0/rp_filter', filter);
    if (hasRoute) links.route('r', '172.16.0.0/24', '10.0.2.2');
    return fromA(links, '10.0.2.2', { source: ip('172.16.0.9') });
  }

  test.each([
    [undefined, true, undefined],
    ['0', true, undefined],
    ['1', true, 'reverse-path'],
    ['2', true, undefined],
    ['2', false, 'reverse-path'],
    ['1', false, 'reverse-path'],
  ])('rp_filter %s, a route that leads elsewhere %s: %s', (filter, hasRoute, reason) => {
    const { hops } = spoofed(filter, hasRoute);
    const atRouter = hops.filter(
      ({ netns, event, leg }) => netns === 'r' && event === 'drop' && leg === 'request',
    );
    expect(atRouter.map((hop) => hop.reason)).toEqual(reason === undefined ? [] : [reason]);
  });

  test('a packet from an address of the host itself is a martian', () => {
    const { lost } = fromA(routed(), '10.0.2.2', { source: ip('10.0.2.1') });
    expect(lost).toMatchObject({ netns: 'r', reason: 'martian-source' });
  });
});

const CONNECTIONS = {
  nftables: [
    { table: { family: 'inet', name: 't' } },
    {
      chain: {
        ...{ family: 'inet', table: 't', name: 'c' },
        ...{ type: 'filter', hook: 'forward', prio: 0, policy: 'accept' },
      },
    },
    {
      rule: {
        ...{ family: 'inet', table: 't', chain: 'c' },
        expr: [
          { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established'] } },
          { accept: null },
        ],
      },
    },
  ],
};

test.each([
  ['IPv4', '10.0.2.2', 996],
  ['IPv6', 'fd00:2::2', 1000],
])(
  'a router that follows connections puts %s fragments together, and sends pieces on that are no larger',
  (_, b, most) => {
    const links = routed();
    links.netns('a').device('eth0')!.mtu = 1000;
    links.netns('r').device('eth0')!.mtu = 1000;
    links.netns('r').netfilter.load(CONNECTIONS);
    const { arrived, hops } = fromA(links, b, { size: 2400 });
    expect(arrived).toBe(true);
    const [first] = hops.filter(({ event }) => event === 'reassemble');
    expect(first).toMatchObject({ netns: 'r', leg: 'request' });
    const sent = hops.filter(
      ({ netns, device, event, leg }) => `${netns} ${device} ${event} ${leg}` === 'r eth1 transmit request',
    );
    expect(sent.map(({ before }) => before.length - 14)).toEqual([most, most, expect.any(Number)]);
  },
);
