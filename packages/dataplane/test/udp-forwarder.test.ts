/** Bare IPv4 packets, each a datagram's payload, as flannel's udp backend has them. */
import { ipToMappedBytes } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalAddress } from '../src/arguments.js';
import {
  type Forwarder,
  frameBytes,
  frameHeader,
  leaveHeadroom,
  SLOT_HEADROOM,
  slotDatagrams,
  slotHeader,
  slotRoom,
} from '../src/index.js';
import { bare, bareForwarder, bareHeader, expectSame } from './bare.js';
import { BARE_CLUSTER, counted, put } from './cluster.js';
import { flowFrom, payloadArguments, payloadOf } from './flows.js';
import { frame, patched } from './frames.js';
import {
  checksumHeader,
  FLOW,
  frameOf,
  segmentsOf,
  superPacket,
  unfinished,
} from './oracle/super-packets.js';

const B = ipToMappedBytes(canonicalAddress('192.168.77.12'));
const NOTHING = new Uint8Array(10);
const shared = await bareForwarder();

const packet = (source: string, destination: string) => bare(frame({ source, destination }));

function encap(forwarder: Forwarder, bytes: Uint8Array, header = NOTHING): Uint8Array[] {
  leaveHeadroom(forwarder.tx);
  put(forwarder.tx, 0, bytes);
  slotHeader(forwarder.tx, 0).set(header);
  const wanted = forwarder.encap(1);
  const datagrams = slotDatagrams(forwarder.tx, 0);
  expect(wanted).toBe(datagrams.length);
  return datagrams;
}

function decapTrain(forwarder: Forwarder, datagrams: readonly Uint8Array[], trafficClass = 0): number {
  leaveHeadroom(forwarder.rx);
  const room = slotRoom(forwarder.rx, 0);
  let length = 0;
  for (const datagram of datagrams) {
    room.set(datagram, length);
    length += datagram.length;
  }
  forwarder.rx.lengths[0] = length;
  forwarder.rx.segments[0] = datagrams.length > 1 ? datagrams[0]!.length : 0;
  forwarder.rx.classes[0] = trafficClass;
  forwarder.rx.addresses.set(B, 0);
  return forwarder.decap(1);
}

const OUT = [{ source: '10.244.1.5', destination: '10.244.2.6' }];
const IN = [{ source: '10.244.2.6', destination: '10.244.1.5' }];

test('a packet is its own datagram, from the port of the socket, with no mark that flannel would not carry back', () => {
  const sent = packet('10.244.1.5', '10.244.2.6');
  const marked = bare(frameOf({ ...FLOW, trafficClass: 0b11 }, payloadOf(9, 1)));
  for (const bytes of [sent, marked]) {
    expect(encap(shared, bytes)).toEqual([bytes]);
    expect(shared.tx.starts[0]).toBe(SLOT_HEADROOM);
    expect(shared.tx.ports[0]).toBe(8285);
    expect([shared.tx.sourcePorts[0], shared.tx.classes[0]]).toEqual([0, 0]);
  }
});

test('no hop is counted in a tunnel: the time to live is lowered by the kernels that route, once each', () => {
  for (const ttl of [0, 1, 63, 255]) {
    const sent = bare(frameOf({ ...FLOW, ttl }, payloadOf(9, 1)));
    expect(encap(shared, sent)).toEqual([sent]);
    const back = bare(frameOf({ ...FLOW, ...IN[0], ttl }, payloadOf(9, 1)));
    expect(decapTrain(shared, [back])).toBe(1);
    expect(frameBytes(shared.frames, 0)).toEqual(back);
  }
});

test('any super-packet becomes the packets that the codecs make', () => {
  fc.assert(
    fc.property(
      flowFrom(OUT),
      payloadArguments(6000),
      fc.integer({ min: 9, max: 3000 }),
      (flow, made, size) => {
        const bytes = payloadOf(...made);
        const whole = superPacket(flow, bytes, size);
        const datagrams = encap(shared, bare(whole.frame), bareHeader(whole.header));
        expectSame(datagrams, segmentsOf(flow, bytes, size).map(bare));
      },
    ),
    { numRuns: 500 },
  );
});

test('a checksum left to be made is made', () => {
  fc.assert(
    fc.property(flowFrom(OUT), payloadArguments(3000), (flow, made) => {
      const bytes = payloadOf(...made);
      const header = bareHeader(checksumHeader(flow));
      expectSame(encap(shared, bare(unfinished(flow, bytes)), header), [bare(frameOf(flow, bytes))]);
    }),
    { numRuns: 200 },
  );
});

test('what was cut comes back as the super-packet it was', async () => {
  const forwarder = await bareForwarder();
  forwarder.coalesce({ tcp: true, udp: true });
  fc.assert(
    fc.property(
      flowFrom(IN),
      payloadArguments(20_000),
      fc.integer({ min: 9, max: 3000 }),
      (flow, made, size) => {
        const bytes = payloadOf(...made);
        const count = Math.ceil(bytes.length / size);
        fc.pre(count > 1 && count <= 64);
        const whole = superPacket(flow, bytes, size);
        expect(decapTrain(forwarder, segmentsOf(flow, bytes, size).map(bare))).toBe(1);
        expect(frameHeader(forwarder.frames, 0)).toEqual(bareHeader(whole.header));
        expect(Buffer.compare(frameBytes(forwarder.frames, 0), bare(whole.frame))).toBe(0);
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ['tx-not-ip', 'IPv6', packet('fd00:244:0:1::5', 'fd00:244:0:2::6')],
  ['tx-malformed-ip', 'nothing', new Uint8Array()],
  ['tx-malformed-ip', 'half a header', packet('10.244.1.5', '10.244.2.6').subarray(0, 19)],
  ['tx-malformed-ip', 'a wrong header checksum', patched(packet('10.244.1.5', '10.244.2.6'), { 10: [1, 2] })],
  ['tx-no-tunnel', 'a subnet nobody leases', packet('10.244.1.5', '10.244.9.1')],
] as const)('%s: %s', async (verdict, _, bytes) => {
  const forwarder = await bareForwarder();
  expect(encap(forwarder, bytes)).toEqual([]);
  expect(counted(forwarder)).toEqual({ [verdict]: 1 });
});

test.each([
  ['rx-truncated', 'nothing', new Uint8Array()],
  ['rx-not-ip', 'IPv6', packet('fd00:244:0:2::6', 'fd00:244:0:1::5')],
  ['rx-malformed-ip', 'cut short', packet('10.244.2.6', '10.244.1.5').subarray(0, 22)],
  ['rx-own-source', 'one of our own pods', packet('10.244.1.9', '10.244.1.5')],
  ['rx-own-source', 'our device', packet('10.244.1.0', '10.244.1.5')],
  ['rx-spoofed-source', 'a pod of C', packet('10.244.3.6', '10.244.1.5')],
  ['rx-spoofed-source', 'a subnet nobody leases', packet('10.244.9.6', '10.244.1.5')],
] as const)('%s: %s', async (verdict, _, bytes) => {
  const forwarder = await bareForwarder();
  expect(decapTrain(forwarder, [bytes])).toBe(0);
  expect(counted(forwarder)).toEqual({ [verdict]: 1 });
});

test('a mark on a packet that cannot be marked means loss, one on another is carried in', async () => {
  const forwarder = await bareForwarder();
  const flow = { ...FLOW, ...IN[0] };
  expect(decapTrain(forwarder, [bare(frameOf(flow, payloadOf(9, 1)))], 3)).toBe(0);
  expect(decapTrain(forwarder, [bare(frameOf({ ...flow, trafficClass: 2 }, payloadOf(9, 1)))], 3)).toBe(1);
  expect(frameBytes(forwarder.frames, 0)).toEqual(
    bare(frameOf({ ...flow, trafficClass: 3 }, payloadOf(9, 1))),
  );
  expect(counted(forwarder)).toEqual({ 'rx-bad-ecn': 1, 'rx-delivered': 1 });
});

test('settings: an IPv4 address, nothing else', async () => {
  const { tunnels: _, ...settings } = BARE_CLUSTER;
  for (const address of ['fd00::1', 'nonsense']) {
    expect(() => shared.configure({ ...settings, address })).toThrow(TypeError);
  }
});
