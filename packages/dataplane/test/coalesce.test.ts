/** Segments from the socket, merged for the device: what was cut comes back whole, and what differs stays apart. */
import { ipToMappedBytes, TcpFlag } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalAddress } from '../src/arguments.js';
import {
  type Forwarder,
  frameBytes,
  frameHeader,
  leaveHeadroom,
  SUPER_SLOT_BYTES,
  slotRoom,
} from '../src/index.js';
import { clusterForwarder, counted, put } from './cluster.js';
import { incomingFlow, payloadArguments, payloadOf } from './flows.js';
import { patched, vxlan } from './frames.js';
import { FLOW, type Flow, frameOf, segmentsOf, superPacket, transportAt } from './oracle/super-packets.js';

const SLOTS = 16;
const B = ipToMappedBytes(canonicalAddress('192.168.77.12'));
const NOTHING = new Uint8Array(10);
const IN: Flow = { ...FLOW, source: '10.244.2.6', destination: '10.244.1.5' };
const UDP: Flow = { ...IN, protocol: 'udp' };
const V6: Flow = { ...IN, source: 'fd00:244:0:2::6', destination: 'fd00:244:0:1::5' };

async function merging(tcp = true, udp = true): Promise<Forwarder> {
  const forwarder = await clusterForwarder({ slots: SLOTS, slotBytes: SUPER_SLOT_BYTES });
  forwarder.coalesce({ tcp, udp });
  return forwarder;
}

const shared = await merging();

interface Written {
  readonly header: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Each datagram in a slot of its own. */
function receive(datagrams: readonly Uint8Array[], forwarder = shared, trafficClass = 0): Written[] {
  leaveHeadroom(forwarder.rx);
  for (const [slot, datagram] of datagrams.entries()) {
    put(forwarder.rx, slot, datagram);
    forwarder.rx.segments[slot] = 0;
    forwarder.rx.classes[slot] = trafficClass;
    forwarder.rx.addresses.set(B, slot * 16);
  }
  return written(forwarder, forwarder.decap(datagrams.length));
}

/** All datagrams in one slot, as UDP_GRO gives them. */
function receiveTrain(datagrams: readonly Uint8Array[], forwarder = shared): Written[] {
  leaveHeadroom(forwarder.rx);
  let at = 0;
  for (const datagram of datagrams) {
    slotRoom(forwarder.rx, 0).set(datagram, at);
    at += datagram.length;
  }
  forwarder.rx.lengths[0] = at;
  forwarder.rx.segments[0] = datagrams[0]!.length;
  forwarder.rx.classes[0] = 0;
  forwarder.rx.addresses.set(B, 0);
  return written(forwarder, forwarder.decap(1));
}

function written({ frames }: Forwarder, count: number): Written[] {
  return Array.from({ length: count }, (_, i) => ({
    header: frameHeader(frames, i).slice(),
    bytes: frameBytes(frames, i),
  }));
}

function expectSame(got: readonly Written[], expected: readonly Written[]): void {
  expect(got.length).toBe(expected.length);
  for (const [i, { header, bytes }] of expected.entries()) {
    expect(got[i]!.header).toEqual(header);
    if (Buffer.compare(got[i]!.bytes, bytes) !== 0) expect(got[i]!.bytes, `frame ${i}`).toEqual(bytes);
  }
}

const alone = (frames: readonly Uint8Array[]): Written[] =>
  frames.map((bytes) => ({ header: NOTHING, bytes }));
const through = (frames: readonly Uint8Array[], forwarder = shared) =>
  receive(
    frames.map((frame) => vxlan(1, frame)),
    forwarder,
  );

test('what was cut comes back as the super-packet it was, from a train and from single datagrams', () => {
  fc.assert(
    fc.property(
      incomingFlow,
      payloadArguments(20_000),
      fc.integer({ min: 9, max: 3000 }),
      (flow, made, size) => {
        const bytes = payloadOf(...made);
        const count = Math.ceil(bytes.length / size);
        fc.pre(count > 1 && count <= (flow.protocol === 'udp' ? 64 : 128));
        const whole = superPacket(flow, bytes, size);
        const expected = [{ header: whole.header, bytes: whole.frame }];
        const datagrams = segmentsOf(flow, bytes, size).map((segment) => vxlan(1, segment));
        expectSame(receiveTrain(datagrams), expected);
        if (count <= SLOTS) expectSame(receive(datagrams), expected);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a flow of more than 64 KiB becomes super-packets no longer than an IP packet can be', () => {
  const whole = payloadOf(90_000, 1);
  const datagrams = segmentsOf(IN, whole, 1398).map((segment) => vxlan(1, segment));
  const frames = receiveTrain(datagrams);
  expect(frames.length).toBe(2);
  expect(frames[0]!.bytes.length).toBeGreaterThan(64_000);
  expect(frames[0]!.bytes.length).toBeLessThanOrEqual(65_535 + 14);
  const payload = frames.flatMap(({ bytes }) => [...bytes.subarray(66)]);
  expect(Buffer.compare(Uint8Array.from(payload), whole)).toBe(0);
});

const [first, second] = segmentsOf(IN, payloadOf(200, 1), 100) as [Uint8Array, Uint8Array];
const next = (change: Partial<Flow>, bytes = 100) =>
  frameOf(
    { ...IN, sequence: (IN.sequence + 100) >>> 0, identification: 0xffff, ...change },
    payloadOf(bytes, 2),
  );

test('of two that are merged the oracle would say the same', () => {
  expect(through([first, next({})]).length).toBe(1);
});

test.each([
  ['a gap', next({ sequence: IN.sequence + 101 })],
  ['a repetition', next({ sequence: IN.sequence })],
  ['another port', next({ sourcePort: 40001 })],
  ['another source', next({ source: '10.244.2.7' })],
  ['another hop count', next({ ttl: 62 })],
  ['another traffic class', next({ trafficClass: 4 })],
  ['another mark', next({ trafficClass: 2 })],
  ['DF gone', next({ dontFragment: false })],
  ['an identification that jumps', next({ identification: 3 })],
  ['another acknowledgment', next({ acknowledgment: 2 })],
  ['another window', next({ window: 513 })],
  ['other options', next({ tcpOptions: new Uint8Array([1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 3]) })],
  ['fewer options', next({ tcpOptions: new Uint8Array() })],
  ['CWR', next({ flags: TcpFlag.ack | TcpFlag.cwr })],
  ['ECE', next({ flags: TcpFlag.ack | TcpFlag.ece })],
  ['URG', next({ flags: TcpFlag.ack | TcpFlag.urg })],
  ['RST', next({ flags: TcpFlag.ack | TcpFlag.rst })],
  ['SYN', next({ flags: TcpFlag.ack | TcpFlag.syn })],
  ['a longer payload', next({}, 101)],
  ['no payload', next({}, 0)],
  ['a wrong checksum', patched(second, { [second.length - 1]: [second.at(-1)! ^ 1] })],
  ['padding after the packet', new Uint8Array([...next({}), 0, 0])],
  ['UDP', frameOf({ ...UDP, identification: 0xffff }, payloadOf(100, 1))],
  ['IPv6', frameOf(V6, payloadOf(100, 1))],
])('a segment stays apart from the one before it: %s', (_, frame) => {
  expectSame(through([first, frame]), alone([first, frame]));
});

test('a first segment with a wrong checksum goes on as it came, for the kernel to judge', () => {
  const wrong = patched(first, { 60: [first[60]! ^ 1] });
  expectSame(through([wrong, second]), alone([wrong, second]));
});

test('nothing follows a push, a FIN or a shorter segment', () => {
  const flags = [TcpFlag.psh, TcpFlag.fin];
  for (const flag of flags) {
    const pushed = frameOf({ ...IN, flags: TcpFlag.ack | flag }, payloadOf(100, 1));
    expectSame(through([pushed, next({})]), alone([pushed, next({})]));
  }
  const short = next({}, 40);
  const after = frameOf({ ...IN, sequence: (IN.sequence + 140) >>> 0, identification: 0 }, payloadOf(40, 1));
  expect(through([first, short, after]).map(({ bytes }) => bytes.length)).toEqual([66 + 140, 66 + 40]);
});

test('identifications that are all equal may be merged where they mean nothing, in packets with DF', () => {
  const equal = [0, 1, 2].map((i) =>
    frameOf({ ...IN, sequence: (IN.sequence + i * 100) >>> 0, identification: 9 }, payloadOf(100, i)),
  );
  expect(through(equal).length).toBe(1);
  const fragile = equal.map((_, i) =>
    frameOf(
      { ...IN, sequence: (IN.sequence + i * 100) >>> 0, identification: 9, dontFragment: false },
      payloadOf(100, i),
    ),
  );
  expect(through(fragile).length).toBe(3);
});

test('UDP without a checksum is left alone', () => {
  const frames = [0, 1].map((i) => {
    const frame = frameOf({ ...UDP, identification: i }, payloadOf(50, 1));
    return patched(frame, { [transportAt(UDP) + 6]: [0, 0] });
  });
  expectSame(through(frames), alone(frames));
});

test('fragments and ICMP pass whole', () => {
  const fragments = segmentsOf(UDP, payloadOf(200, 1), 100).map((frame) => {
    const fragment = patched(frame, { 20: [0x20, 0x00], 24: [0, 0] });
    const sum = Array.from({ length: 10 }, (_, i) => fragment[14 + 2 * i]! * 256 + fragment[15 + 2 * i]!);
    let total = sum.reduce((a, b) => a + b);
    while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
    return patched(fragment, { 24: [(~total >> 8) & 0xff, ~total & 0xff] });
  });
  expectSame(through(fragments), alone(fragments));
});

test.each([
  ['nothing', false, false, [66 + 100, 66 + 100, 42 + 50, 42 + 50]],
  ['TCP only', true, false, [66 + 200, 42 + 50, 42 + 50]],
  ['both', true, true, [66 + 200, 42 + 100]],
])('a device that takes %s merged gets just that', async (_, tcp, udp, lengths) => {
  const forwarder = await merging(tcp, udp);
  const datagrams = segmentsOf(UDP, payloadOf(100, 1), 50);
  const frames = through([first, second, ...datagrams], forwarder);
  expect(frames.map(({ bytes }) => bytes.length)).toEqual(lengths);
});

test('every datagram of a train is judged for itself, and the rest of the train goes on', async () => {
  const forwarder = await merging();
  const segments = segmentsOf(IN, payloadOf(500, 1), 100).map((segment) => vxlan(1, segment));
  const spoofed = vxlan(1, frameOf({ ...IN, source: '10.244.3.9' }, payloadOf(100, 1)));
  const frames = receiveTrain([segments[0]!, segments[1]!, spoofed, segments[2]!, segments[3]!], forwarder);
  expect(frames.map(({ bytes }) => bytes.length)).toEqual([66 + 400]);
  expect(counted(forwarder)).toEqual({ 'rx-delivered': 4, 'rx-spoofed-source': 1 });
  const bytes = 4 * (66 + 100);
  expect(forwarder.counters().endpoints[0]).toMatchObject({ rxPackets: 4, rxBytes: bytes });
});

test('a train of more datagrams than a kernel makes is a bad slot', async () => {
  const forwarder = await merging();
  expect(receiveTrain(Array(129).fill(new Uint8Array(10)), forwarder)).toEqual([]);
  expect(counted(forwarder)).toEqual({ 'rx-bad-slot': 129 });
});

const [NOT_ECT, ECT_1, ECT_0, CE] = [0, 1, 2, 3];
test.each([
  [NOT_ECT, NOT_ECT, NOT_ECT],
  [NOT_ECT, ECT_0, NOT_ECT],
  [NOT_ECT, ECT_1, NOT_ECT],
  [ECT_0, NOT_ECT, ECT_0],
  [ECT_0, ECT_0, ECT_0],
  [ECT_0, ECT_1, ECT_1],
  [ECT_0, CE, CE],
  [ECT_1, ECT_0, ECT_1],
  [ECT_1, CE, CE],
  [CE, NOT_ECT, CE],
  [CE, ECT_1, CE],
])('an inner mark %i with an outer mark %i comes out as %i (RFC 6040 section 4.2)', (inner, outer, out) => {
  for (const flow of [IN, V6]) {
    const dscp = 0b10110000;
    const frame = frameOf({ ...flow, trafficClass: dscp | inner! }, payloadOf(10, 1));
    const [got] = receive([vxlan(1, frame)], shared, outer);
    expect(got!.bytes).toEqual(frameOf({ ...flow, trafficClass: dscp | out! }, payloadOf(10, 1)));
  }
});

test('a mark on a packet that cannot be marked means loss', async () => {
  const forwarder = await merging();
  expect(receive([vxlan(1, first)], forwarder, CE)).toEqual([]);
  expect(counted(forwarder)).toEqual({ 'rx-bad-ecn': 1 });
});
