/** The evaluator by itself: rules one by one, connections over time, podlan's own chains, and what is refused. */
import { forwardChain, masqueradeChain } from '@podlan/fabric';
import { diff } from '@podlan/linux/model';
import { parseIpAddress, parseIpPrefix, TcpFlag } from '@podlan/wire';
import { beforeEach, describe, expect, test } from 'vitest';
import { Netfilter } from '../../src/netfilter/netfilter.js';
import type { Hook, Passage } from '../../src/netfilter/passage.js';
import { seededRandom } from '../../src/random.js';
import { answerTo, echo, flowOf, refusalOf, tcp, udp } from './packets.js';

const FLOW = { source: '10.244.1.2', destination: '10.244.2.3', sourcePort: 5000, destinationPort: 53 };
const HOST = parseIpAddress('192.168.77.11')!;

let now: number;
let netfilter: Netfilter;
beforeEach(() => {
  now = 0;
  netfilter = new Netfilter({ random: seededRandom(7), nowMs: () => now });
});

const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
const match = (left: unknown, right: unknown, op = '==') => ({ match: { op, left, right } });
const verdict = (name: string) => ({ [name]: null });

interface ChainOptions {
  readonly hook?: Hook;
  readonly type?: string;
  readonly prio?: number;
  readonly policy?: string;
}

function ruleset(
  rules: readonly (readonly unknown[])[],
  options: ChainOptions = {},
  more: readonly unknown[] = [],
) {
  const at = { family: 'inet', table: 't' };
  const chain = { ...at, name: 'c', type: 'filter', hook: 'forward', prio: 0, policy: 'accept', ...options };
  return {
    nftables: [
      { metainfo: { version: '1.0.6' } },
      { table: { family: 'inet', name: 't' } },
      { chain },
      ...more,
      ...rules.map((expr, i) => ({ rule: { ...at, chain: 'c', handle: i + 2, expr } })),
    ],
  };
}

/** By all hooks of a router. */
function forward(packet: Uint8Array): Passage {
  const traversal = { iif: 'veth7', mark: 0 };
  const first = netfilter.pass('prerouting', { ...traversal, packet });
  if (first.verdict !== 'accept') return first;
  const next = netfilter.pass('forward', {
    ...traversal,
    packet: first.packet,
    oif: 'eth0',
    mark: first.mark,
  });
  if (next.verdict !== 'accept') return next;
  const { mark } = next;
  return netfilter.pass('postrouting', { packet: next.packet, oif: 'eth0', mark, masqueradeSource: HOST });
}

const only = (packet: Uint8Array): Passage =>
  netfilter.pass('forward', { packet, iif: 'veth7', oif: 'eth0', mark: 0x4001 });

describe('expressions', () => {
  const ifname = { meta: { key: 'iifname' } };
  const mark = { meta: { key: 'mark' } };
  const prefix = (addr: string, len: number) => ({ prefix: { addr, len } });

  test.each<[string, unknown, boolean]>([
    ['ip saddr 10.244.1.0/24', match(payload('ip', 'saddr'), prefix('10.244.1.0', 24)), true],
    ['ip saddr != 10.244.1.0/24', match(payload('ip', 'saddr'), prefix('10.244.1.0', 24), '!='), false],
    ['ip daddr 10.244.2.3', match(payload('ip', 'daddr'), '10.244.2.3'), true],
    ['ip6 saddr != fd00::1', match(payload('ip6', 'saddr'), 'fd00::1', '!='), false],
    ['udp dport 50-60', match(payload('udp', 'dport'), { range: [50, 60] }), true],
    ['tcp dport != 1', match(payload('tcp', 'dport'), 1, '!='), false],
    ['udp dport { 1, 53 }', match(payload('udp', 'dport'), { set: [1, 53] }), true],
    ['udp sport < 5000', match(payload('udp', 'sport'), 5000, '<'), false],
    ['udp sport <= 5000', match(payload('udp', 'sport'), 5000, '<='), true],
    ['udp sport > 4999', match(payload('udp', 'sport'), 4999, '>'), true],
    ['udp sport >= 5001', match(payload('udp', 'sport'), 5001, '>='), false],
    ['iifname "veth*"', match(ifname, 'veth*'), true],
    ['iifname "veth"', match(ifname, 'veth'), false],
    ['meta mark & 0x00004000 == 0x00004000', match({ '&': [mark, 0x4000] }, 0x4000), true],
    ['meta mark ^ 0x00000001 == 0x00004000', match({ '^': [mark, 1] }, 0x4000), true],
    ['meta mark << 0x00000001 == 0x00008002', match({ '<<': [mark, 1] }, 0x8002), true],
    ['meta mark >> 0x0000000e == 0x00000001', match({ '>>': [mark, 14] }, 1), true],
    ['meta l4proto udp', match({ meta: { key: 'l4proto' } }, 'udp'), true],
    ['ip ttl 64', match(payload('ip', 'ttl'), 64), true],
    [
      '{"match":{"op":"==","left":{"payload":{"base":"th","offset":16,"len":16}},"right":53}}',
      match({ payload: { base: 'th', offset: 16, len: 16 } }, 53),
      true,
    ],
    ['fib daddr type local', match({ fib: { result: 'type', flags: ['daddr'] } }, 'local'), false],
  ])('%s', (text, expression, matches) => {
    netfilter.load(ruleset([[expression, verdict('drop')]]));
    const passage = only(udp(FLOW));
    expect(passage.verdict).toBe(matches ? 'drop' : 'accept');
    expect(passage.notUnderstood).toEqual([]);
    expect(passage.matches).toEqual(matches ? [{ table: 'inet t', chain: 'c', rule: `${text} drop` }] : []);
  });
});

test('numgen draws from the randomness that it was given', () => {
  const map = {
    map: {
      key: { numgen: { mode: 'random', mod: 3, offset: 0 } },
      data: {
        set: [
          [0, 5],
          [1, 6],
          [2, 7],
        ],
      },
    },
  };
  netfilter.load(ruleset([[{ mangle: { key: { meta: { key: 'mark' } }, value: map } }]]));
  const marks = new Set(Array.from({ length: 50 }, () => only(udp(FLOW)).mark));
  expect([...marks].sort()).toEqual([5, 6, 7]);
});

describe('what is not understood', () => {
  const conntrack = { xt: { type: 'match', name: 'conntrack' } };
  test.each([
    ['a match of iptables', [conntrack, verdict('drop')], '{"xt":{"type":"match","name":"conntrack"}} drop'],
    [
      'a target of iptables',
      [{ xt: { type: 'target', name: 'DNAT' } }],
      '{"xt":{"type":"target","name":"DNAT"}}',
    ],
    [
      'an unknown statement',
      [{ limit: { rate: 3, per: 'second' } }, verdict('drop')],
      '{"limit":{"rate":3,"per":"second"}} drop',
    ],
    ['an unknown field', [match(payload('ip', 'colour'), 3), verdict('drop')], 'ip colour 3 drop'],
    [
      'a constant of another type',
      [match(payload('ip', 'saddr'), 'fd00::1'), verdict('drop')],
      'ip saddr fd00::1 drop',
    ],
  ])('%s is taken not to match, and told', (_, expr, rule) => {
    netfilter.load(ruleset([expr]));
    expect(only(udp(FLOW))).toMatchObject({
      verdict: 'accept',
      matches: [],
      notUnderstood: [{ table: 'inet t', chain: 'c', rule }],
    });
  });

  test('unless the rest of the rule tells that it does not match', () => {
    netfilter.load(ruleset([[match(payload('udp', 'dport'), 54), conntrack, verdict('drop')]]));
    expect(only(udp(FLOW)).notUnderstood).toEqual([]);
  });
});

test('every rule that did something is told, the one that decided last', () => {
  const jump = { jump: { target: 'd' } };
  const at = { family: 'inet', table: 't' };
  const more = [
    { chain: { ...at, name: 'd' } },
    {
      rule: {
        ...at,
        chain: 'd',
        handle: 90,
        expr: [{ counter: { packets: 0, bytes: 0 } }, verdict('return')],
      },
    },
  ];
  netfilter.load(ruleset([[jump]], { policy: 'drop' }, more));
  expect(only(udp(FLOW)).matches.map(({ chain, rule }) => `${chain}: ${rule}`)).toEqual([
    'c: jump d',
    'd: counter return',
    'c: policy drop',
  ]);
});

describe('connections', () => {
  const masquerade = (flags?: string) =>
    ruleset([[{ masquerade: flags === undefined ? null : { flags } }]], {
      type: 'nat',
      hook: 'postrouting',
      prio: 100,
    });

  test('a masqueraded query keeps its port where that is free, and its answer finds back', () => {
    netfilter.load(masquerade());
    const sent = forward(udp(FLOW));
    expect(sent.translation).toBe('source 10.244.1.2:5000 -> 192.168.77.11:5000');
    const answer = netfilter.pass('prerouting', { packet: answerTo(sent.packet), iif: 'eth0', mark: 0 });
    expect(answer.packet).toEqual(answerTo(udp(FLOW)));
    expect(answer.translation).toBe('destination 192.168.77.11:5000 -> 10.244.1.2:5000');
  });

  test('where it is not, another is drawn from its range', () => {
    netfilter.load(masquerade());
    forward(udp(FLOW));
    const other = flowOf(forward(udp({ ...FLOW, source: '10.244.1.9' })).packet);
    expect(other.sourcePort).not.toBe(5000);
    expect(other.sourcePort).toBeGreaterThanOrEqual(1024);
    // Towards another server it is free.
    const elsewhere = { ...FLOW, source: '10.244.1.8', destination: '10.244.2.4' };
    expect(flowOf(forward(udp(elsewhere)).packet).sourcePort).toBe(5000);
  });

  test.each([
    [100, 1, 511],
    [700, 600, 1023],
    [5000, 1024, 65535],
  ])('from port %d, drawn at random, to one of %d to %d', (sourcePort, first, last) => {
    netfilter.load(masquerade('fully-random'));
    const ports = Array.from({ length: 40 }, (_, i) => {
      const source = `10.244.1.${i + 2}`;
      return flowOf(forward(udp({ ...FLOW, source, sourcePort })).packet).sourcePort;
    });
    expect(new Set(ports).size).toBe(40);
    for (const port of ports) expect(port >= first && port <= last).toBe(true);
  });

  test('without the chain that began it, a mapping still translates, until its time is over', () => {
    netfilter.load(masquerade());
    const { packet } = forward(udp(FLOW));
    netfilter.load({ nftables: [] });
    expect(netfilter.isEmpty).toBe(false);
    const back = () => netfilter.pass('prerouting', { packet: answerTo(packet), iif: 'eth0', mark: 0 });
    expect(flowOf(back().packet).destination).toBe('10.244.1.2');
    now += 29_999;
    expect(flowOf(back().packet).destination).toBe('10.244.1.2');
    // It answered for more than two seconds: a stream.
    now += 119_999;
    expect(flowOf(back().packet).destination).toBe('10.244.1.2');
    now += 120_000;
    expect(flowOf(back().packet).destination).toBe('192.168.77.11');
    expect(netfilter.isEmpty).toBe(true);
  });

  test('a refusal is translated, and so is what it quotes', () => {
    netfilter.load(masquerade());
    const { packet } = forward(udp(FLOW));
    const { packet: told } = netfilter.pass('prerouting', {
      packet: refusalOf(packet),
      iif: 'eth0',
      mark: 0,
    });
    expect(told).toEqual(refusalOf(udp(FLOW)));
  });

  test('later fragments are judged and translated as the first', () => {
    netfilter.load(masquerade());
    const whole = udp(FLOW, new Uint8Array(64).fill(7));
    const [first, second] = [whole.slice(0, 52), Uint8Array.of(...whole.slice(0, 20), ...whole.slice(52))];
    first.set([0, 52], 2);
    first.set([0x20, 0], 6);
    second.set([0, second.length], 2);
    second.set([0, 4], 6);
    expect(forward(first).translation).toMatch(/^source 10\.244\.1\.2:5000/);
    expect([...forward(second).packet.slice(12, 16)]).toEqual([192, 168, 77, 11]);
  });

  test('TCP is established by its answer, and gone ten seconds after it was reset', () => {
    const isEstablished = [
      match({ ct: { key: 'state' } }, ['established', 'related'], 'in'),
      verdict('accept'),
    ];
    netfilter.load(
      ruleset([isEstablished, [match({ meta: { key: 'iifname' } }, 'veth7'), verdict('accept')]], {
        policy: 'drop',
      }),
    );
    const inward = (packet: Uint8Array) => {
      const { packet: next } = netfilter.pass('prerouting', { packet, iif: 'eth0', mark: 0 });
      return netfilter.pass('forward', { packet: next, iif: 'eth0', oif: 'veth7', mark: 0 }).verdict;
    };
    const syn = tcp(FLOW, TcpFlag.syn);
    expect(inward(answerTo(syn))).toBe('drop');
    expect(forward(syn).verdict).toBe('accept');
    expect(inward(answerTo(syn))).toBe('accept');
    forward(tcp(FLOW, TcpFlag.ack, 101, 301));
    now += 400_000_000;
    expect(inward(answerTo(syn))).toBe('accept');
    forward(tcp(FLOW, TcpFlag.rst, 101));
    now += 10_000;
    expect(inward(answerTo(syn))).toBe('drop');
  });

  test('a device without an address has nothing to masquerade by: the packet is dropped', () => {
    netfilter.load(masquerade());
    netfilter.pass('prerouting', { packet: udp(FLOW), iif: 'veth7', mark: 0 });
    expect(netfilter.pass('postrouting', { packet: udp(FLOW), oif: 'eth0', mark: 0 }).verdict).toBe('drop');
  });

  test('what is dropped has begun no connection', () => {
    netfilter.load(ruleset([[verdict('drop')]]));
    forward(echo(FLOW));
    netfilter.load(ruleset([[match({ ct: { key: 'state' } }, 'invalid', 'in'), verdict('drop')]]));
    expect(forward(answerTo(echo(FLOW))).verdict).toBe('drop');
  });
});

describe("podlan's own chains", () => {
  const networks = [parseIpPrefix('10.244.0.0/16')!];
  const rows = [
    masqueradeChain({ networks, subnets: [parseIpPrefix('10.244.1.0/24')!] }),
    forwardChain(networks),
  ];
  const docker = {
    nftables: [
      { table: { family: 'ip', name: 'filter' } },
      {
        chain: {
          ...{ family: 'ip', table: 'filter', name: 'FORWARD' },
          ...{ type: 'filter', hook: 'forward', prio: 0, policy: 'drop' },
        },
      },
    ],
  };

  test('are what was set, until deleted', () => {
    expect(netfilter.isEmpty).toBe(true);
    for (const row of rows) netfilter.setChain(row);
    expect(netfilter.isEmpty).toBe(false);
    expect(diff(netfilter.chains(), rows)).toEqual([]);
    expect(forward(udp({ ...FLOW, destination: '192.0.2.1' })).translation).toMatch(/-> 192\.168\.77\.11:/);
    for (const { name } of rows) netfilter.deleteChain(name);
    expect(netfilter.chains()).toEqual([]);
  });

  test('count in the forward chains of other tables, by a jump that goes with them', () => {
    netfilter.load(docker);
    expect(forward(udp(FLOW)).matches.at(-1)).toEqual({
      table: 'ip filter',
      chain: 'FORWARD',
      rule: 'policy drop',
    });
    netfilter.setChain(rows[1]!);
    expect(forward(udp(FLOW)).verdict).toBe('accept');
    expect(diff(netfilter.chains(), [rows[1]!])).toEqual([]);
    netfilter.deleteChain('forward');
    expect(netfilter.chains()).toEqual([]);
    expect(forward(udp(FLOW)).verdict).toBe('drop');
  });

  test('are told to be misplaced where a ruleset is loaded that lacks the jump', () => {
    const chain = {
      family: 'inet',
      table: 'podlan',
      name: 'forward',
      type: 'filter',
      hook: 'forward',
      prio: 0,
    };
    const expr = rows[1]!.rules[0];
    const own = [
      { table: { family: 'inet', name: 'podlan' } },
      { chain },
      { rule: { family: 'inet', table: 'podlan', chain: 'forward', handle: 1, expr } },
    ];
    netfilter.load({ nftables: [...docker.nftables, ...own] });
    expect(netfilter.chains()).toMatchObject([{ name: 'forward', misplacedIn: ['ip filter FORWARD'] }]);
  });
});

describe('load refuses', () => {
  const at = { family: 'ip', table: 't' };
  const table = { table: { family: 'ip', name: 't' } };
  const chain = { chain: { ...at, name: 'c' } };
  const rule = (...expr: unknown[]) => ({ rule: { ...at, chain: 'c', expr } });

  test.each<[string, unknown, RegExp]>([
    ['what is no listing', [], /ruleset.*nft -j list ruleset/],
    [
      'an expression that is none',
      { nftables: [table, chain, rule('accept')] },
      /nftables\.2\.rule\.expr\.0/,
    ],
    ['a rule of no chain', { nftables: [table, rule()] }, /chain ip t c, which is not there/],
    ['a chain of no table', { nftables: [chain] }, /table ip t, which is not there/],
    [
      'a jump to nowhere',
      { nftables: [table, chain, rule({ jump: { target: 'x' } })] },
      /ip t c names the chain x/,
    ],
    [
      'a set that is missing',
      { nftables: [table, chain, rule(match(payload('ip', 'saddr'), '@s'))] },
      /ip t names the set @s/,
    ],
    ['a circle of jumps', { nftables: [table, chain, rule({ jump: { target: 'c' } })] }, /circle: c -> c/],
  ])('%s, and keeps what it had', (_, json, message) => {
    netfilter.load(ruleset([[verdict('drop')]]));
    expect(() => netfilter.load(json)).toThrow(message);
    expect(only(udp(FLOW)).verdict).toBe('drop');
  });
});
