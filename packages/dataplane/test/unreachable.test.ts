/** ICMP errors for packets that no tunnel leads anywhere with, against those that the codecs make. */
import { emitIcmp, emitIpv4, type IpAddress, IpProtocol, icmpBytes } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Forwarder,
  frameBytes,
  leaveHeadroom,
  SLOT_HEADROOM,
  slotBytes,
  slotHeader,
} from '../src/index.js';
import { bare, bareForwarder, bareHeader, expectSame } from './bare.js';
import { BARE_CLUSTER, clusterForwarder, counted, put, verdictOf } from './cluster.js';
import { flowFrom, payloadArguments, payloadOf } from './flows.js';
import { frame, patched } from './frames.js';
import { fuzzSeed, mutated, pick, randomFrom, repairIpv4 } from './mutation.js';
import { checksumHeader, FLOW, type Flow, frameOf, transportAt, unfinished } from './oracle/super-packets.js';

const TUN_ADDRESS = '10.244.1.0' as IpAddress;
const shared = await bareForwarder();
const packet = (source: string, destination: string) => bare(frame({ source, destination }));

/** What flannel's proxy makes: TTL 8, the header and eight bytes. */
function expectedError(offending: Uint8Array): Uint8Array {
  const end = Math.min((offending[0]! & 15) * 4 + 8, offending.length);
  const quote = offending.subarray(0, end);
  const message = { kind: 'destination-unreachable', code: 0, mtu: 0, quote } as const;
  const payload = new Uint8Array(icmpBytes(message));
  emitIcmp(message, payload);
  const ends = { source: TUN_ADDRESS, destination: offending.subarray(12, 16).join('.') as IpAddress };
  const fragment = { dontFragment: false, moreFragments: false, fragmentOffset: 0 };
  const rest = { protocol: IpProtocol.icmp, ttl: 8, trafficClass: 0, identification: 0 };
  const bytes = new Uint8Array(20 + payload.length);
  emitIpv4({ ...ends, ...fragment, ...rest, options: new Uint8Array(), payload }, bytes);
  return bytes;
}

function errorsFor(forwarder: Forwarder, packets: readonly Uint8Array[], most = 10): Uint8Array[] {
  leaveHeadroom(forwarder.tx);
  for (const [slot, bytes] of packets.entries()) {
    put(forwarder.tx, slot, bytes);
    slotHeader(forwarder.tx, slot).fill(0);
  }
  forwarder.encap(packets.length);
  const count = forwarder.unreachable(packets.length, most);
  return Array.from({ length: count }, (_, i) => frameBytes(forwarder.frames, i));
}

const NOWHERE = '10.244.9.1';
const nowhere = (flow: Partial<Flow>, bytes = 40) =>
  bare(frameOf({ ...FLOW, destination: NOWHERE, ...flow }, payloadOf(bytes, 1)));
/** `changes` made, and the header checksum right again. */
function remade(bytes: Uint8Array, changes: Readonly<Record<number, readonly number[]>>): Uint8Array {
  const copy = patched(bytes, changes);
  repairIpv4(copy, 0);
  return copy;
}
const icmp = (type: number) => remade(nowhere({}), { 9: [1], 20: [type, 0] });

test('a packet that no tunnel leads anywhere with is answered as flannel answers it', () => {
  const flow = flowFrom([{ source: '10.244.1.5', destination: NOWHERE }]);
  fc.assert(
    fc.property(flow, payloadArguments(200), (one, made) => {
      const offending = bare(frameOf(one, payloadOf(...made)));
      expect(errorsFor(shared, [offending])).toEqual([expectedError(offending)]);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['IPv4 options', nowhere({ ipOptions: new Uint8Array(40).fill(1) })],
  ['less than eight bytes after the header', remade(nowhere({}).subarray(0, 23), { 2: [0, 23] })],
  ['an echo request', icmp(8)],
  ['a first fragment', remade(nowhere({}), { 6: [0x20, 0] })],
])('is answered: %s', (_, offending) => {
  expect(errorsFor(shared, [offending])).toEqual([expectedError(offending)]);
});

test.each([
  ...[3, 4, 5, 11, 12, 19, 255].map((type): [string, Uint8Array] => [`ICMP of type ${type}`, icmp(type)]),
  ['ICMP without a type', remade(nowhere({}).subarray(0, 20), { 2: [0, 20], 9: [1] })],
  ['a fragment that is not the first', remade(nowhere({}), { 6: [0x20, 1] })],
  ['to a multicast address', nowhere({ destination: '239.1.1.1' })],
  ['to all', nowhere({ destination: '255.255.255.255' })],
  ['from nobody', nowhere({ source: '0.0.0.0' })],
  ['from a loopback address', nowhere({ source: '127.0.0.1' })],
  ['from a multicast address', nowhere({ source: '224.0.0.1' })],
])('is not answered: %s', (_, offending) => {
  expect(errorsFor(shared, [offending])).toEqual([]);
  expect(verdictOf(shared.tx, 0)).toBe('tx-no-tunnel');
});

test('what is quoted has the checksum that the device left to be made', () => {
  const flow = { ...FLOW, protocol: 'udp' as const, destination: NOWHERE };
  leaveHeadroom(shared.tx);
  put(shared.tx, 0, bare(unfinished(flow, payloadOf(40, 1))));
  slotHeader(shared.tx, 0).set(bareHeader(checksumHeader(flow)));
  shared.encap(1);
  expect(shared.unreachable(1, 1)).toBe(1);
  const finished = bare(frameOf(flow, payloadOf(40, 1)));
  expect(frameBytes(shared.frames, 0)).toEqual(expectedError(finished));
  expect(transportAt(flow)).toBe(34);
});

test('of a batch only what went nowhere is answered, no more often than allowed, and sends on the rest', async () => {
  const forwarder = await bareForwarder(8);
  const fine = packet('10.244.1.5', '10.244.2.6');
  const sent = [
    fine,
    nowhere({}),
    fine,
    nowhere({ source: '10.244.1.6' }),
    nowhere({ source: '10.244.1.7' }),
  ];
  expect(errorsFor(forwarder, sent, 2)).toEqual([sent[1]!, sent[3]!].map(expectedError));
  expect(slotBytes(forwarder.tx, 0)).toEqual(fine);
  expect(errorsFor(forwarder, sent, 0)).toEqual([]);
  expect(counted(forwarder)).toEqual({ 'tx-tunneled': 4, 'tx-no-tunnel': 6 });
});

test('a forwarder of frames answers nothing', async () => {
  const forwarder = await clusterForwarder();
  put(forwarder.tx, 0, frame({ source: '10.244.1.5', destination: NOWHERE }));
  forwarder.encap(1);
  expect(verdictOf(forwarder.tx, 0)).toBe('tx-no-tunnel');
  expect(forwarder.unreachable(1, 10)).toBe(0);
});

test('answers to mutated packets write nowhere but before and in their own slot', {
  timeout: 60_000,
}, async () => {
  const seed = fuzzSeed();
  console.log(`PODLAN_FUZZ_SEED=${seed}`);
  const random = randomFrom(seed);
  const [slots, slotSize] = [64, 320];
  const forwarder = await clusterForwarder({ slots, slotBytes: slotSize }, BARE_CLUSTER);
  const corpus = [
    nowhere({}),
    nowhere({ protocol: 'udp' }),
    nowhere({ ipOptions: new Uint8Array(40) }),
    icmp(8),
  ];
  const { tx } = forwarder;
  const memory = new Uint8Array(tx.buffer, tx.offset, slots * slotSize);
  for (let round = 0; round < 500; round++) {
    memory.fill(0xa5);
    leaveHeadroom(tx);
    for (let slot = 0; slot < slots; slot++) {
      const bytes = mutated(pick(random, corpus), random);
      if (random(2)) repairIpv4(bytes, 0);
      put(tx, slot, bytes.subarray(0, 256));
      slotHeader(tx, slot).fill(0);
      if (random(8) === 0) tx.starts[slot] = random(SLOT_HEADROOM);
    }
    forwarder.encap(slots);
    const before = memory.slice();
    const wentNowhere = Array.from(tx.verdicts.subarray(0, slots)).filter(
      (_, i) => verdictOf(tx, i) === 'tx-no-tunnel',
    );
    const made = forwarder.unreachable(slots, slots);
    expect(made).toBeLessThanOrEqual(wentNowhere.length);
    for (let i = 0; i < made; i++) {
      const at = forwarder.frames.pieces[i * 2]! - tx.offset;
      const error = frameBytes(forwarder.frames, i);
      const packetAt = at + 28;
      const offending = before.subarray(packetAt, packetAt + quotedBytes(before, packetAt));
      expect(packetAt % slotSize).toBe(tx.starts[Math.floor(packetAt / slotSize)]);
      expectSame([error], [expectedError(offending)]);
      before.set(error.subarray(0, 28), at);
    }
    expect(Buffer.compare(memory, before)).toBe(0);
  }
});

/** What the packet itself says it has. */
const quotedBytes = (memory: Uint8Array, at: number) => memory[at + 2]! * 256 + memory[at + 3]!;
