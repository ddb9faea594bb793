/**
 * Hostile vnet_hdrs from a device and hostile trains from a socket. Every other slot holds nothing but a pattern: what
 * the module does with a slot must reach no other, and nothing else in its memory but the arrays it fills.
 */
import { ipToMappedBytes } from '@podlan/wire';
import { expect, test } from 'vitest';
import { canonicalAddress } from '../src/arguments.js';
import {
  type Forwarder,
  firstPiece,
  frameBytes,
  frameHeader,
  leaveHeadroom,
  SLOT_HEADROOM,
  slotDatagrams,
  slotHeader,
  slotRoom,
  type Verdict,
} from '../src/index.js';
import { MAX_TRAIN } from '../src/layout.js';
import { bare, bareHeader } from './bare.js';
import { BARE_CLUSTER, CLUSTER, clusterForwarder, counted, put, verdictOf } from './cluster.js';
import { payloadOf } from './flows.js';
import { vxlan } from './frames.js';
import { fuzzSeed, mutated, pick, type Random, randomFrom, repairIpv4 } from './mutation.js';
import {
  checksumHeader,
  FLOW,
  type Flow,
  segmentsOf,
  superPacket,
  unfinished,
} from './oracle/super-packets.js';
import { TunnelOracle } from './oracle/tunnels.js';

const INPUTS = 1_048_576;
/** Of about eight datagrams each. */
const TRAIN_INPUTS = INPUTS / 4;
const SLOTS = 1024;
const SLOT_BYTES = 1536;
const UNWRITTEN = 0xa5;
const B = ipToMappedBytes(canonicalAddress('192.168.77.12'));

const V6 = { source: 'fd00:244:0:1::5', destination: 'fd00:244:0:2::6' };
const FLOWS: Flow[] = (['tcp', 'udp'] as const).flatMap((protocol) => [
  { ...FLOW, protocol },
  { ...FLOW, protocol, ...V6 },
]);
const back = ({ source, destination, ...rest }: Flow): Flow => ({
  ...rest,
  source: destination,
  destination: source,
});

/** All memory but the list of frames to be written, which lies at its end. */
const guarded = ({ tx, frames }: Forwarder) => new Uint8Array(tx.buffer, 0, frames.pieces.byteOffset);

function fillWithPattern({ buffer, offset, slots, stride }: Forwarder['tx']): void {
  new Uint8Array(buffer, offset, slots * stride).fill(UNWRITTEN);
}

/** Puts back what may have changed, in slots in use and in arrays, and compares the rest. */
function expectUntouched(forwarder: Forwarder, direction: 'tx' | 'rx', before: Uint8Array): void {
  const after = guarded(forwarder);
  const batch = forwarder[direction];
  const { starts, lengths, addresses, ports, verdicts, segments, sourcePorts, classes } = batch;
  const arrays = [starts, lengths, addresses, ports, verdicts, segments, sourcePorts, classes];
  const ranges = arrays.map(({ byteOffset, byteLength }) => [byteOffset, byteOffset + byteLength] as const);
  for (let slot = 0; slot < SLOTS; slot += 2) {
    const at = batch.offset + slot * SLOT_BYTES;
    before.set(after.subarray(at, at + SLOT_BYTES), at);
  }
  for (const [from, to] of [[0, forwarder.tx.offset] as const, ...ranges]) {
    before.set(after.subarray(from, to), from);
  }
  expect(Buffer.compare(before, after), 'a byte was written that must not be').toBe(0);
}

interface Handed {
  readonly frame: Uint8Array;
  readonly header: Uint8Array;
}

const HANDED: Handed[] = FLOWS.flatMap((flow) => [
  superPacket(flow, payloadOf(300, 1), 40),
  superPacket(flow, payloadOf(700, 1), 333),
  { frame: unfinished(flow, payloadOf(90, 1)), header: checksumHeader(flow) },
]);

/** What a device hands over, and where in it the IP header lies. */
const DEVICES = {
  TAP: { settings: CLUSTER, handed: HANDED, ipAt: 14, header: true, inputs: INPUTS },
  TUN: {
    settings: BARE_CLUSTER,
    handed: HANDED.map(({ frame, header }) => ({ frame: bare(frame), header: bareHeader(header) })),
    ipAt: 0,
    header: false,
    inputs: INPUTS / 8,
  },
};
type FuzzedDevice = (typeof DEVICES)[keyof typeof DEVICES];

function handOver({ handed, ipAt }: FuzzedDevice, forwarder: Forwarder, slot: number, random: Random): void {
  const { frame, header } = pick(random, handed);
  const bytes = random(2) ? frame.slice() : mutated(frame, random);
  if (random(2)) repairIpv4(bytes, ipAt);
  const said = random(3) ? mutated(header, random) : header;
  put(forwarder.tx, slot, bytes);
  slotHeader(forwarder.tx, slot).set(said.subarray(0, 10));
}

/** What went through is a train inside its slot, every datagram behind a VXLAN header of ours where there is to be one. */
function expectTrain({ header }: FuzzedDevice, forwarder: Forwarder, slot: number): number {
  const { starts, lengths } = forwarder.tx;
  expect(starts[slot]! + lengths[slot]!).toBeLessThanOrEqual(SLOT_BYTES);
  const datagrams = slotDatagrams(forwarder.tx, slot);
  for (const datagram of datagrams) {
    if (header && (datagram[0] !== 8 || datagram[6] !== 1))
      expect(datagram.subarray(0, 8)).toEqual('a VXLAN header');
  }
  return datagrams.length;
}

test.each(['TAP', 'TUN'] as const)(
  'mutated super-packets and vnet_hdrs of a %s stay in their slots',
  {
    timeout: 240_000,
  },
  async (type) => {
    const device = DEVICES[type];
    const seed = fuzzSeed();
    console.log(`${device.inputs} inputs, PODLAN_FUZZ_SEED=${seed}`);
    const random = randomFrom(seed);
    const forwarder = await clusterForwarder({ slots: SLOTS, slotBytes: SLOT_BYTES }, device.settings);
    const before = guarded(forwarder).slice();
    for (let done = 0; done < device.inputs; done += SLOTS / 2) {
      leaveHeadroom(forwarder.tx);
      fillWithPattern(forwarder.tx);
      for (let slot = 0; slot < SLOTS; slot++) {
        if (slot % 2 === 0) handOver(device, forwarder, slot, random);
        else forwarder.tx.lengths[slot] = 0;
      }
      before.set(guarded(forwarder));
      const went = forwarder.encap(SLOTS);
      expectUntouched(forwarder, 'tx', before);
      let datagrams = 0;
      for (let slot = 0; slot < SLOTS; slot += 2) {
        if (verdictOf(forwarder.tx, slot) === 'tx-tunneled')
          datagrams += expectTrain(device, forwarder, slot);
      }
      expect(datagrams).toBe(went);
    }
    const { 'tx-tunneled': tunneled = 0, 'tx-bad-offload': bad = 0 } = counted(forwarder);
    expect(Math.min(tunneled, bad)).toBeGreaterThan(device.inputs / 16);
  },
);

const TRAINS = FLOWS.map(back).map((flow) =>
  segmentsOf(flow, payloadOf(400, 1), 80).map((segment) => vxlan(1, segment)),
);
const oracle = new TunnelOracle(CLUSTER);

/** A train as UDP_GRO could give it, its datagrams mutated at one length, or any bytes at any segment size. */
function arrive({ rx }: Forwarder, slot: number, random: Random): Uint8Array[] {
  const room = slotRoom(rx, slot);
  const { length } = TRAINS[0]![0]!;
  const datagrams = pick(random, TRAINS).map((datagram) => {
    const bytes = random(3) ? datagram : mutated(datagram, random);
    if (random(2)) return bytes;
    const copy = bytes.slice();
    repairIpv4(copy, 22);
    return copy;
  });
  let at = 0;
  for (const datagram of datagrams.slice(0, 1 + random(datagrams.length))) {
    room.set(datagram, at);
    at += datagram.length;
  }
  const segment = random(4) ? datagrams[0]!.length : pick(random, [0, 1, 7, 8, 22, length, 1471, 0xffffffff]);
  rx.lengths[slot] = at;
  rx.segments[slot] = segment;
  rx.addresses.set(B, slot * 16);
  return slotDatagrams(rx, slot).map((datagram) => datagram.slice());
}

function judge(verdicts: Map<Verdict, number>, datagrams: readonly Uint8Array[]): void {
  const count = (verdict: Verdict, by: number) => verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + by);
  if (datagrams.length === 0) count('rx-truncated', 1);
  else if (datagrams.length > MAX_TRAIN) count('rx-bad-slot', datagrams.length);
  else for (const datagram of datagrams) count(oracle.decap(datagram, '192.168.77.12').verdict, 1);
}

/** Pieces lie in slots in use, behind the headroom; a frame is no longer than its packet says. */
function expectInside(forwarder: Forwarder, frames: number): void {
  const { pieces } = forwarder.frames;
  for (let piece = 0; piece < firstPiece(forwarder.frames, frames); piece++) {
    const at = pieces[piece * 2]! - forwarder.rx.offset;
    const within = at % SLOT_BYTES;
    const inside = within >= SLOT_HEADROOM && within + pieces[piece * 2 + 1]! <= SLOT_BYTES;
    if (!inside || Math.floor(at / SLOT_BYTES) % 2 !== 0) expect(at).toBe('in a slot in use');
  }
}

test('a quarter of a million mutated trains are judged datagram by datagram, and merged inside their slots', {
  timeout: 240_000,
}, async () => {
  const seed = fuzzSeed();
  console.log(`${TRAIN_INPUTS} trains, PODLAN_FUZZ_SEED=${seed}`);
  const random = randomFrom(seed);
  const forwarder = await clusterForwarder({ slots: SLOTS, slotBytes: SLOT_BYTES });
  forwarder.coalesce({ tcp: true, udp: true });
  const before = guarded(forwarder).slice();
  const verdicts = new Map<Verdict, number>();
  let merged = 0;
  for (let done = 0; done < TRAIN_INPUTS; done += SLOTS / 2) {
    leaveHeadroom(forwarder.rx);
    fillWithPattern(forwarder.rx);
    for (let slot = 0; slot < SLOTS; slot++) {
      if (slot % 2 === 0) judge(verdicts, arrive(forwarder, slot, random));
      else {
        forwarder.rx.lengths[slot] = 0;
        forwarder.rx.segments[slot] = 0;
        forwarder.rx.addresses.fill(0, slot * 16, slot * 16 + 16);
        verdicts.set('rx-unknown-peer', (verdicts.get('rx-unknown-peer') ?? 0) + 1);
      }
    }
    before.set(guarded(forwarder));
    const frames = forwarder.decap(SLOTS);
    expectUntouched(forwarder, 'rx', before);
    expectInside(forwarder, frames);
    merged += firstPiece(forwarder.frames, frames) - frames;
    expectWholeFrames(forwarder, frames, random);
  }
  expect(counted(forwarder)).toEqual(Object.fromEntries(verdicts));
  expect(merged).toBeGreaterThan(INPUTS / 10);
});

/** Of a merged frame, IP says how long it is; some are looked at. */
function expectWholeFrames({ frames }: Forwarder, count: number, random: Random): void {
  for (let looked = 0; looked < 16 && count > 0; looked++) {
    const frame = random(count);
    if (frameHeader(frames, frame)[0] === 0) continue;
    const bytes = frameBytes(frames, frame);
    const view = new DataView(bytes.buffer);
    const said = view.getUint16(12) === 0x0800 ? view.getUint16(16) : view.getUint16(18) + 40;
    expect(bytes.length).toBe(14 + said);
  }
}
