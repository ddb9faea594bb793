/** Whatever rules and packets there are: nothing throws on packets, and translation there and back changes nothing. */

import { parseIpAddress, TcpFlag } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Netfilter } from '../../src/netfilter/netfilter.js';
import type { Hook } from '../../src/netfilter/passage.js';
import { seededRandom } from '../../src/random.js';
import { answerTo, echo, type Flow, refusalOf, tcp, udp } from './packets.js';

const HOOKS: readonly Hook[] = ['prerouting', 'input', 'forward', 'output', 'postrouting'];
const at = { family: 'inet', table: 't' };
const payload = (protocol: string, field: string) => ({ payload: { protocol, field } });
const chain = (name: string, hook: Hook, type: string, prio: number) => ({
  chain: { ...at, name, type, hook, prio, policy: 'accept' },
});

/** One rule of every kind, to be mutated. */
const EXPRESSIONS: readonly unknown[][] = [
  [
    { match: { op: '==', left: payload('ip', 'saddr'), right: { prefix: { addr: '10.0.0.0', len: 8 } } } },
    { accept: null },
  ],
  [
    { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established', 'related'] } },
    { counter: { packets: 1 } },
  ],
  [
    { match: { op: '!=', left: { '&': [payload('tcp', 'flags'), ['syn', 'ack']] }, right: 'syn' } },
    { log: null },
  ],
  [
    {
      match: {
        op: '==',
        left: { concat: [payload('ip', 'daddr'), payload('udp', 'dport')] },
        right: { set: [{ concat: ['10.0.0.1', { range: [1, 9] }] }] },
      },
    },
  ],
  [
    {
      vmap: {
        key: { meta: { key: 'l4proto' } },
        data: {
          set: [
            ['tcp', { jump: { target: 'd' } }],
            ['udp', { return: null }],
          ],
        },
      },
    },
  ],
  [
    { mangle: { key: { meta: { key: 'mark' } }, value: { '|': [{ meta: { key: 'mark' } }, 4] } } },
    { jump: { target: 'd' } },
  ],
  [
    { match: { op: '<', left: payload('ip', 'ttl'), right: 5 } },
    { reject: { type: 'icmpx', expr: 'port-unreachable' } },
  ],
  [{ match: { op: '==', left: payload('ip6', 'daddr'), right: '@s' } }, { goto: { target: 'd' } }],
];
const TRANSLATIONS: readonly unknown[][] = [
  [{ dnat: { family: 'ip', addr: { range: ['10.0.0.1', '10.0.0.9'] }, port: { range: [80, 90] } } }],
  [{ snat: { addr: { map: { key: payload('udp', 'dport'), data: { set: [[53, '10.0.0.3']] } } } } }],
  [{ masquerade: { flags: ['random'], port: 7 } }],
];

const LISTING = {
  nftables: [
    { table: { family: 'inet', name: 't' } },
    {
      set: { ...at, name: 's', type: 'ipv6_addr', elem: ['fd00::1', { prefix: { addr: 'fd00::', len: 8 } }] },
    },
    { chain: { ...at, name: 'd' } },
    ...HOOKS.map((hook) => chain(hook, hook, 'filter', 0)),
    chain('dst', 'prerouting', 'nat', -100),
    chain('src', 'postrouting', 'nat', 100),
    ...HOOKS.flatMap((name) =>
      EXPRESSIONS.map((expr) => ({ rule: { ...at, chain: name, handle: 1, expr } })),
    ),
    ...['dst', 'src'].flatMap((name) =>
      TRANSLATIONS.map((expr) => ({ rule: { ...at, chain: name, handle: 1, expr } })),
    ),
  ],
};

const address = fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 254 })).map(([a, b]) => `10.0.${a}.${b}`);
const address6 = fc.integer({ min: 1, max: 0xffff }).map((last) => `fd00::${last.toString(16)}`);
const port = fc.integer({ min: 1, max: 65535 });
const flowOver = (one: fc.Arbitrary<string>): fc.Arbitrary<Flow> =>
  fc.record({ source: one, destination: one, sourcePort: port, destinationPort: port });
const flow = fc
  .oneof(flowOver(address), flowOver(address6))
  .filter(({ source, destination }) => source !== destination);
const wellFormed = fc
  .tuple(flow, fc.constantFrom('udp', 'tcp', 'echo'))
  .map(([one, kind]) => (kind === 'udp' ? udp(one) : kind === 'tcp' ? tcp(one, TcpFlag.syn) : echo(one)));

/** Real packets with some bytes changed, refusals that quote such, cut short, or nothing but noise. */
const packet = fc.oneof(
  fc.uint8Array({ maxLength: 90 }),
  fc
    .tuple(
      fc.oneof(wellFormed, wellFormed.map(refusalOf)),
      fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
      fc.nat(140),
    )
    .map(([bytes, changes, length]) => {
      const changed = bytes.slice(0, length);
      for (const [place, byte] of changes) if (place < changed.length) changed[place] = byte;
      return changed;
    }),
);

/** Some value of the JSON put in place of another one, or taken away. */
const mutated = fc
  .tuple(
    fc.infiniteStream(fc.nat()),
    fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('@s', 'd', '*')),
    fc.nat(3),
  )
  .map(([choices, value, times]) => {
    const copy = structuredClone(LISTING);
    const choose = () => choices.next().value ?? 0;
    // Mostly in a rule: what is wrong elsewhere is refused.
    const rules = copy.nftables.flatMap((entry) => ('rule' in entry ? [entry.rule.expr] : []));
    for (let i = 0; i <= times; i++) {
      mutate(choose() % 8 === 0 ? copy : rules[choose() % rules.length], choose, value);
    }
    return copy as unknown;
  });

function mutate(json: unknown, choose: () => number, value: unknown): void {
  let place = json as Record<string, unknown>;
  for (;;) {
    const keys = Object.keys(place);
    const key = keys[choose() % keys.length];
    if (key === undefined) return;
    const next = place[key];
    const goesOn =
      typeof next === 'object' && next !== null && Object.keys(next).length > 0 && choose() % 5 !== 0;
    if (goesOn) place = next as Record<string, unknown>;
    else {
      if (choose() % 4 === 0) takeAway(place, key);
      else place[key] = structuredClone(value);
      return;
    }
  }
}

/** JSON has no holes in its lists. */
function takeAway(place: object, key: string): void {
  if (Array.isArray(place)) place.splice(Number(key), 1);
  else delete (place as Record<string, unknown>)[key];
}

const begin = (seed = 1) => new Netfilter({ random: seededRandom(seed), nowMs: () => 0 });
const masqueradeSource = parseIpAddress('10.0.0.77')!;

function passAll(netfilter: Netfilter, bytes: Uint8Array): void {
  for (const hook of HOOKS) {
    const before = bytes.slice();
    netfilter.pass(hook, { packet: bytes, iif: 'a', oif: 'b', mark: 7, masqueradeSource });
    expect(bytes).toEqual(before);
  }
}

test('no packet makes a ruleset of every kind throw, nor is it written to', () => {
  const netfilter = begin();
  netfilter.load(LISTING);
  fc.assert(
    fc.property(packet, (bytes) => passAll(netfilter, bytes)),
    { numRuns: 3000 },
  );
});

test('a mutated ruleset is loaded or refused with a TypeError that names it, and then passes packets', () => {
  let loaded = 0;
  const property = fc.property(mutated, fc.array(packet, { maxLength: 3 }), (json, packets) => {
    const netfilter = begin();
    try {
      netfilter.load(json);
      loaded++;
    } catch (error) {
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(/^ruleset/);
      return;
    }
    netfilter.chains();
    for (const bytes of packets) passAll(netfilter, bytes);
  });
  fc.assert(property, { numRuns: 1500 });
  expect(loaded).toBeGreaterThan(300);
});

test('any JSON at all is loaded or refused', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      expect(() => begin().load(json)).toThrow(/^ruleset/);
    }),
  );
});

/** Each side translated, the ports drawn: by all hooks there, and by all hooks back. */
function translating(): Netfilter {
  const netfilter = begin(3);
  const rule = (name: string, expr: unknown[]) => ({ rule: { ...at, chain: name, handle: 1, expr } });
  netfilter.load({
    nftables: [
      { table: { family: 'inet', name: 't' } },
      chain('dst', 'prerouting', 'nat', -100),
      chain('src', 'postrouting', 'nat', 100),
      rule('dst', [{ dnat: { family: 'ip', addr: '172.16.0.9' } }]),
      rule('dst', [{ dnat: { family: 'ip6', addr: 'fd01::9' } }]),
      rule('src', [{ snat: { family: 'ip', addr: '192.0.2.1', flags: 'fully-random' } }]),
      rule('src', [{ snat: { family: 'ip6', addr: 'fd02::1', flags: 'fully-random' } }]),
    ],
  });
  return netfilter;
}

function through(netfilter: Netfilter, bytes: Uint8Array): Uint8Array {
  let next = bytes;
  for (const hook of ['prerouting', 'forward', 'postrouting'] as const) {
    const passage = netfilter.pass(hook, { packet: next, iif: 'a', oif: 'b', mark: 0 });
    expect(passage.verdict).toBe('accept');
    next = passage.packet;
  }
  return next;
}

test.each([
  ['an answer', answerTo],
  ['a refusal', refusalOf],
])('%s to a packet that was translated on both sides comes back as if it had not been', (_, answer) => {
  fc.assert(
    fc.property(wellFormed, (bytes) => {
      const netfilter = translating();
      const there = through(netfilter, bytes);
      expect(there).not.toEqual(bytes);
      expect(through(netfilter, answer(there))).toEqual(answer(bytes));
    }),
  );
});
