/** Super-packets from the device against the segments that the oracle makes one by one. */
import { TcpFlag } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Forwarder, leaveHeadroom, SUPER_SLOT_BYTES, slotDatagrams, slotHeader } from '../src/index.js';
import { clusterForwarder, counted, put, verdictOf } from './cluster.js';
import { outgoingFlow, payloadArguments, payloadOf } from './flows.js';
import { vxlan } from './frames.js';
import {
  checksumHeader,
  FLOW,
  type Flow,
  frameOf,
  headerBytes,
  segmentsOf,
  superPacket,
  unfinished,
  vnetHeader,
} from './oracle/super-packets.js';

const forwarder = await clusterForwarder({ slots: 2, slotBytes: SUPER_SLOT_BYTES });

function encap(frame: Uint8Array, header: Uint8Array, with_: Forwarder = forwarder): Uint8Array[] {
  leaveHeadroom(with_.tx);
  put(with_.tx, 0, frame);
  slotHeader(with_.tx, 0).set(header);
  const wanted = with_.encap(1);
  const datagrams = slotDatagrams(with_.tx, 0);
  expect(wanted).toBe(datagrams.length);
  return datagrams;
}

const datagramsOf = (flow: Flow, bytes: Uint8Array, size: number) =>
  segmentsOf(flow, bytes, size).map((segment) => vxlan(1, segment));

/** toEqual is slow on long arrays. */
function expectSame(got: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  expect(got.length).toBe(expected.length);
  for (const [i, bytes] of expected.entries()) {
    if (Buffer.compare(got[i]!, bytes) !== 0) expect(got[i], `datagram ${i}`).toEqual(bytes);
  }
}

test('any super-packet becomes the segments that the codecs make', () => {
  fc.assert(
    fc.property(
      outgoingFlow,
      payloadArguments(6000),
      fc.integer({ min: 32, max: 3000 }),
      (flow, made, size) => {
        const bytes = payloadOf(...made);
        const { frame, header } = superPacket(flow, bytes, size);
        expectSame(encap(frame, header), datagramsOf(flow, bytes, size));
      },
    ),
    { numRuns: 1000 },
  );
});

test.each([
  ['TCP over IPv4', FLOW, 1398],
  ['TCP over IPv6', { ...FLOW, source: 'fd00:244:0:1::5', destination: 'fd00:244:0:2::6' }, 1378],
  ['TCP in the smallest segments Linux makes', FLOW, 36],
  ['UDP', { ...FLOW, protocol: 'udp' as const }, 1422],
])('one of 64 KiB fits its slot once cut: %s', (_, flow, size) => {
  const bytes = payloadOf(65535 - headerBytes(flow) + 14, 1);
  const { frame, header } = superPacket(flow, bytes, size);
  expectSame(encap(frame, header), datagramsOf(flow, bytes, size));
});

test('FIN and PSH stay on the last segment, CWR on the first', () => {
  const flow = { ...FLOW, flags: TcpFlag.ack | TcpFlag.fin | TcpFlag.psh | TcpFlag.cwr | TcpFlag.ece };
  const { frame, header } = superPacket(flow, payloadOf(30, 1), 10);
  const flags = encap(frame, header).map((datagram) => datagram[8 + 14 + 20 + 13]);
  const [ack, ece] = [TcpFlag.ack, TcpFlag.ece];
  expect(flags).toEqual([ack | ece | TcpFlag.cwr, ack | ece, ack | ece | TcpFlag.fin | TcpFlag.psh]);
});

test('a checksum left to be made is made', () => {
  fc.assert(
    fc.property(outgoingFlow, payloadArguments(3000), (flow, made) => {
      const bytes = payloadOf(...made);
      const [datagram] = encap(unfinished(flow, bytes), checksumHeader(flow));
      expectSame([datagram!], [vxlan(1, frameOf(flow, bytes))]);
      expect(forwarder.tx.segments[0]).toBe(0);
    }),
    { numRuns: 500 },
  );
});

test('a super-packet of one segment is a packet', () => {
  const { frame, header } = superPacket(FLOW, payloadOf(100, 1), 1398);
  expectSame(encap(frame, header), [vxlan(1, frameOf(FLOW, payloadOf(100, 1)))]);
  expect(forwarder.tx.segments[0]).toBe(0);
});

test('packets and bytes are counted as the wire sees them', async () => {
  const own = await clusterForwarder({ slots: 1, slotBytes: SUPER_SLOT_BYTES });
  const { frame, header } = superPacket(FLOW, payloadOf(2500, 1), 1000);
  encap(frame, header, own);
  expect(counted(own)).toEqual({ 'tx-tunneled': 3 });
  const bytes = 3 * headerBytes(FLOW) + 2500;
  expect(own.counters().endpoints[0]).toMatchObject({ txPackets: 3, txBytes: bytes });
});

const good = superPacket(FLOW, payloadOf(100, 1), 10);
const long = superPacket(FLOW, payloadOf(60_000, 1), 1);

test.each([
  ['UFO, which was not asked for', good.frame, vnetHeader(1, 3, 66, 10, 34, 16)],
  ['a type nobody knows', good.frame, vnetHeader(1, 9, 66, 10, 34, 16)],
  ['TCP over IPv6 in an IPv4 packet', good.frame, vnetHeader(1, 4, 66, 10, 34, 16)],
  ['UDP in a TCP packet', good.frame, vnetHeader(1, 5, 42, 10, 34, 6)],
  ['segments of no bytes', good.frame, vnetHeader(1, 1, 66, 0, 34, 16)],
  ['no checksum to make', good.frame, vnetHeader(0, 1, 66, 10, 34, 16)],
  ['a checksum elsewhere', good.frame, vnetHeader(1, 1, 66, 10, 34, 18)],
  ['a segment elsewhere', good.frame, vnetHeader(1, 1, 66, 10, 35, 16)],
  ['a segment beyond the frame', good.frame, vnetHeader(1, 1, 66, 10, 60_000, 16)],
  ['a checksum beyond the frame', good.frame, vnetHeader(1, 0, 0, 0, good.frame.length - 3, 2)],
  ['a checksum in the MACs', good.frame, vnetHeader(1, 0, 0, 0, 6, 2)],
  ['more segments than fit', long.frame, long.header],
])('is dropped and counted: %s', async (_, frame, header) => {
  const own = await clusterForwarder({ slots: 1, slotBytes: SUPER_SLOT_BYTES });
  expect(encap(frame, header, own)).toEqual([]);
  expect(verdictOf(own.tx, 0)).toBe('tx-bad-offload');
  expect(counted(own)).toEqual({ 'tx-bad-offload': 1 });
});

test('all packets of a flow, and fragments of one packet, are sent from one port of the dynamic range', () => {
  const portOf = (flow: Flow) => {
    encap(frameOf(flow, payloadOf(20, 1)), new Uint8Array(10));
    return forwarder.tx.sourcePorts[0]!;
  };
  const ports = Array.from({ length: 100 }, (_, i) => portOf({ ...FLOW, sourcePort: 1000 + i }));
  for (const port of ports) expect(port).toBeGreaterThanOrEqual(49152);
  expect(new Set(ports).size).toBeGreaterThan(90);
  expect(portOf({ ...FLOW, sequence: 5, ttl: 9, identification: 3 })).toBe(portOf(FLOW));
});

test.each([
  ['not ECT', 0b00, 0b00],
  ['ECT(1)', 0b01, 0b01],
  ['ECT(0)', 0b10, 0b10],
  ['CE, as ECT(0)', 0b11, 0b10],
])('the outer header is marked as the inner one: %s', (_, inner, outer) => {
  for (const ends of [{}, { source: 'fd00:244:0:1::5', destination: 'fd00:244:0:2::6' }]) {
    encap(frameOf({ ...FLOW, ...ends, trafficClass: 0b101000 | inner }, payloadOf(9, 1)), new Uint8Array(10));
    expect(forwarder.tx.classes[0]).toBe(outer);
  }
});
