/** The evaluator against the kernel it evaluates for: the same rules, the same packets, the same bytes that come out. */
import { IpProtocol, TcpFlag } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readHead } from '../../src/netfilter/packet-head.js';
import { tupleOf } from '../../src/netfilter/tuple.js';
import { ModelRouter, type Outcome } from './model-router.js';
import { answerTo, back, echo, type Flow, flowOf, refusalOf, tcp, udp } from './packets.js';
import { type Device, INSIDE, OUTSIDE, RealRouter, type Seen } from './real-router.js';
import { CASES, inLines } from './rulesets.js';

let real: RealRouter;
beforeAll(async () => {
  real = await RealRouter.start();
});
afterAll(() => real[Symbol.asyncDispose]());

/** What came out last, or nothing: packets of a conversation are made of it. */
type Last = Uint8Array | undefined;
interface Step {
  readonly what: string;
  readonly from: Device;
  readonly packet: (last: Last) => Uint8Array | undefined;
}

const send = (what: string, from: Device, packet: Uint8Array): Step => ({ what, from, packet: () => packet });
/** What the other side says to what came out there. */
const then = (what: string, from: Device, say: (got: Uint8Array) => Uint8Array): Step => ({
  what,
  from,
  packet: (last) => last && say(last),
});

/** As the rulesets have it. */
const SERVICE = '10.0.2.100';
const serviceOf = (nth: number) => `10.0.2.${160 + nth}`;

/** Connections outlive rulesets in the kernel, with the ports drawn for them: every case has servers of its own. */
function conversations(nth: number): Step[] {
  const port = 5000 + nth * 20;
  const flow = (n: number, destinationPort: number, more: Partial<Flow> = {}): Flow => ({
    ...{ source: '10.0.1.2', destination: `10.0.2.${110 + nth}`, sourcePort: port + n, destinationPort },
    ...more,
  });
  const six = { source: 'fd00:1::2', destination: `fd00:2::${100 + nth}` };
  const service = { destination: serviceOf(nth) };
  const syn = (one: Flow) => tcp(one, TcpFlag.syn);
  const ack = (one: Flow) => tcp(one, TcpFlag.ack, 101, 301);
  return [
    send('a query', INSIDE, udp(flow(0, 53))),
    then('its answer', OUTSIDE, answerTo),
    send('the same again', INSIDE, udp(flow(0, 53))),
    send('a query from the same port of another client', INSIDE, udp(flow(0, 53, { source: '10.0.1.3' }))),
    then('its answer', OUTSIDE, answerTo),
    send('a query nobody answers', INSIDE, udp(flow(1, 99))),
    then('its refusal', OUTSIDE, refusalOf),
    send('a handshake', INSIDE, syn(flow(2, 80))),
    then('its second segment', OUTSIDE, answerTo),
    send('its third', INSIDE, ack(flow(2, 80))),
    send('a ping', INSIDE, echo(flow(3, port + 3))),
    then('its reply', OUTSIDE, answerTo),
    send('the same id from another client', INSIDE, echo(flow(3, port + 3, { source: '10.0.1.3' }))),
    then('its reply', OUTSIDE, answerTo),
    send('a datagram from outside', OUTSIDE, udp(back(flow(4, 7000)))),
    then('its answer', INSIDE, answerTo),
    send('a FIN of nobody', INSIDE, tcp(flow(5, 80), TcpFlag.fin | TcpFlag.ack, 7, 9)),
    send('a segment picked up', INSIDE, ack(flow(6, 80))),
    send('a reply of nobody', OUTSIDE, echo(back(flow(7, port + 7)), 'echo-reply')),
    send('a ping to the router', INSIDE, echo(flow(8, port + 8, { destination: '10.0.1.1' }))),
    send('a handshake with a service', INSIDE, syn(flow(9, 80, service))),
    then('its second segment', OUTSIDE, answerTo),
    send('a query to a service', INSIDE, udp(flow(10, 53, service))),
    then('its refusal', OUTSIDE, refusalOf),
    send('a query without a checksum', INSIDE, withoutChecksum(udp(flow(11, 53)))),
    send('from a low port', INSIDE, udp(flow(12, 53, { sourcePort: 100 + nth }))),
    send(
      'from the same low port of another client',
      INSIDE,
      udp(flow(12, 53, { sourcePort: 100 + nth, source: '10.0.1.4' })),
    ),
    send('a query by IPv6', INSIDE, udp(flow(13, 53, six))),
    then('its answer', OUTSIDE, answerTo),
    send('a query by IPv6 nobody answers', INSIDE, udp(flow(14, 99, six))),
    then('its refusal', OUTSIDE, refusalOf),
    send('a ping by IPv6', INSIDE, echo(flow(15, port + 15, six))),
    then('its reply', OUTSIDE, answerTo),
    send('a handshake by IPv6', INSIDE, syn(flow(16, 80, six))),
    then('its second segment', OUTSIDE, answerTo),
  ];
}

/** UDP over IPv4 may have none. */
function withoutChecksum(bytes: Uint8Array): Uint8Array {
  return bytes.fill(0, 26, 28);
}

describe.each(CASES.map((one, nth) => ({ ...one, nth })))('$name', ({ script = '', commands, nth }) => {
  test('the same packets come through, as the same bytes', async () => {
    const listing = await real.load(inLines(script.replaceAll(SERVICE, serviceOf(nth))), commands);
    const model = new ModelRouter();
    model.netfilter.load(listing);
    const [seen, expected]: [string[], string[]] = [[], []];
    const drawn = new Set<string>();
    let last: [Last, Last] = [undefined, undefined];
    for (const { what, from, packet } of conversations(nth)) {
      const [fromReal, fromModel] = [packet(last[0]), packet(last[1])];
      const out = fromReal && (await real.send(from, fromReal));
      const outcome = fromModel && model.send(from, fromModel);
      expect(outcome?.passages.flatMap(({ notUnderstood }) => notUnderstood) ?? []).toEqual([]);
      const ports = `${portOf(out?.[0]?.bytes)} ${portOf(outcome?.out?.bytes)}`;
      if (model.hasDrawn && outcome?.out !== undefined) drawn.add(ports);
      const rejects = outcome?.rejectWith !== undefined;
      seen.push(`${what}: ${rejects ? answerText(out) : seenText(out, drawn.has(ports))}`);
      expected.push(`${what}: ${rejects ? askedText(outcome) : outcomeText(outcome, drawn.has(ports))}`);
      last = [out?.find(({ device }) => device !== from)?.bytes, outcome?.out?.bytes];
    }
    expect(expected).toEqual(seen);
  });
});

function outcomeText(outcome: Outcome | undefined, isDrawn: boolean): string {
  return seenText(outcome && (outcome.out === undefined ? [] : [outcome.out]), isDrawn);
}

const portOf = (bytes: Last): number | undefined => {
  const head = bytes && readHead(bytes);
  return head && tupleOf(head)?.source.port;
};

/** Of a port that is drawn only the range can be the same. */
function seenText(seen: readonly Seen[] | undefined, isDrawn: boolean): string {
  if (seen === undefined) return 'not sent';
  const texts = seen.map(
    ({ device, bytes }) => `${device} ${isDrawn ? roughly(bytes) : hex(ownless(bytes))}`,
  );
  return texts.join('; ') || 'dropped';
}

/** What the router says itself has an identification of its own, and may not be fragmented. */
function ownless(bytes: Uint8Array): Uint8Array {
  const isOwn = bytes[0]! >> 4 === 4 && bytes[8] === 64;
  return isOwn ? bytes.slice().fill(0, 4, 8).fill(0, 10, 12) : bytes;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** Of ICMP any id may be drawn. */
const rangeOf = (port: number, protocol: number) =>
  protocol === IpProtocol.icmp ? 'any' : port < 512 ? 'below 512' : port < 1024 ? 'below 1024' : 'free';

function roughly(bytes: Uint8Array): string {
  const { source, destination, sourcePort, destinationPort, protocol } = flowOf(bytes);
  return `${source} ${rangeOf(sourcePort, protocol)} to ${destination} ${rangeOf(destinationPort, protocol)}`;
}

/** Type and code of the ICMP errors that nft has these names for. */
const ICMP_ANSWERS: Readonly<Record<string, readonly [v4: string, v6: string]>> = {
  'icmp host-unreachable': ['3 1', ''],
  'icmp port-unreachable': ['3 3', ''],
  'icmpv6 port-unreachable': ['', '1 4'],
  'icmpx port-unreachable': ['3 3', '1 4'],
  'icmpx admin-prohibited': ['3 13', '1 1'],
};

/** What the evaluator asks the router to answer. */
function askedText({ rejectWith = '', passages }: Outcome): string {
  const isIpv4 = passages[0]!.packet[0]! >> 4 === 4;
  return ICMP_ANSWERS[rejectWith]?.[isIpv4 ? 0 : 1] ?? rejectWith;
}

/** What the router answered itself. */
function answerText(seen: readonly Seen[] | undefined): string {
  const bytes = seen?.[0]?.bytes;
  if (bytes === undefined) return 'nothing';
  const [protocol, at] = bytes[0]! >> 4 === 4 ? [bytes[9], (bytes[0]! & 15) * 4] : [bytes[6], 40];
  if (protocol === IpProtocol.tcp) return bytes[at + 13]! & TcpFlag.rst ? 'tcp reset' : 'a segment';
  return `${bytes[at]} ${bytes[at + 1]}`;
}
