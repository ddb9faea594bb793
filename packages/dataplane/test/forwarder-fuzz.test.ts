/**
 * Mutated packets through both directions, each judged by the oracle too. After every batch, every byte of the
 * module's memory that the direction has no business with must be what it was: slots are pre-filled with 0xa5.
 */
import { ipFromMappedBytes, ipToMappedBytes } from '@podlan/wire';
import { expect, test } from 'vitest';
import { canonicalAddress } from '../src/arguments.js';
import {
  type Forwarder,
  leaveHeadroom,
  SLOT_HEADROOM,
  slotBytes,
  slotHeader,
  VERDICTS,
  type Verdict,
} from '../src/index.js';
import { VNET_BYTES } from '../src/layout.js';
import { BARE_CLUSTER, CLUSTER, clusterForwarder, counted, put, verdictOf } from './cluster.js';
import { frame, vxlan } from './frames.js';
import { fuzzSeed, mutated, pick, type Random, randomFrom, repairIpv4 } from './mutation.js';
import { type OracleSettings, type Outcome, TunnelOracle } from './oracle/tunnels.js';

const INPUTS = { decap: 1_048_576, encap: 262_144 };
const SLOTS = 256;
const SLOT_BYTES = 320;
const UNWRITTEN = 0xa5;
/** Slots here are good, no vnet_hdr asks for anything, and no outer header has a mark. */
const ELSEWHERE: readonly Verdict[] = ['tx-bad-slot', 'rx-bad-slot', 'tx-bad-offload', 'rx-bad-ecn'];

const PODS = ['10.244.1.5', '10.244.2.6', '10.244.3.7', '10.244.9.9', '192.168.77.12', '8.8.8.8'];
const PODS6 = ['fd00:244:0:1::5', 'fd00:244:0:2::6', 'fd00:244:0:3::7', 'fd00:244:0:9::9', 'fe80::2'];
const SOURCES = ['192.168.77.12', 'fd00:77::13', '192.168.77.12', 'fd00:77::13', '192.168.77.99', '::1'];
const MAPPED = new Map(SOURCES.map((text) => [text, ipToMappedBytes(canonicalAddress(text))]));

const FRAMES = [PODS, PODS6].flatMap((pods) =>
  pods.flatMap((source) =>
    pods.map((destination) => frame({ source, destination, payload: new Uint8Array(source.length) })),
  ),
);
const PACKETS = FRAMES.map((bytes) => bytes.subarray(14));

type Direction = 'tx' | 'rx';

interface Tunnels {
  readonly settings: OracleSettings;
  readonly oracle: TunnelOracle;
  readonly corpus: Readonly<Record<Direction, readonly Uint8Array[]>>;
  readonly ipAt: Readonly<Record<Direction, number>>;
  /** Written before each frame tunneled. */
  readonly header: readonly number[];
  readonly elsewhere: readonly Verdict[];
}

const VXLAN: Tunnels = {
  settings: CLUSTER,
  oracle: new TunnelOracle(CLUSTER),
  corpus: { tx: FRAMES, rx: FRAMES.map((bytes) => vxlan(1, bytes)) },
  ipAt: { tx: 14, rx: 8 + 14 },
  header: [8, 0, 0, 0, 0, 0, 1, 0],
  elsewhere: ELSEWHERE,
};
const BARE: Tunnels = {
  settings: BARE_CLUSTER,
  oracle: new TunnelOracle(BARE_CLUSTER),
  corpus: { tx: PACKETS, rx: PACKETS },
  ipAt: { tx: 0, rx: 0 },
  header: [],
  elsewhere: [
    ...ELSEWHERE,
    ...(['tx-truncated', 'tx-group-mac'] as const),
    ...(['rx-not-vxlan', 'rx-wrong-vni', 'rx-group-mac', 'rx-other-mac'] as const),
  ],
};

interface Input {
  readonly bytes: Uint8Array;
  readonly source: string;
}

function makeInput(random: Random, { corpus, ipAt }: Tunnels, direction: Direction): Input {
  const bytes = mutated(pick(random, corpus[direction]), random);
  if (random(2) === 0) repairIpv4(bytes, ipAt[direction]);
  return { bytes, source: pick(random, SOURCES) };
}

/** All memory but the list of frames to be written, which lies at its end. */
function guarded(forwarder: Forwarder): Uint8Array {
  return new Uint8Array(forwarder.tx.buffer, 0, forwarder.frames.pieces.byteOffset);
}

/** Byte ranges that a direction may write: its per-slot arrays, and what lies before the slots (counters). */
function writable(forwarder: Forwarder, direction: Direction): [number, number][] {
  const { starts, lengths, addresses, ports, verdicts, segments, sourcePorts, classes } =
    forwarder[direction];
  const arrays =
    direction === 'tx'
      ? [starts, lengths, addresses, ports, verdicts, segments, sourcePorts, classes]
      : [starts, lengths, verdicts];
  const ranges = arrays.map((view): [number, number] => [view.byteOffset, view.byteOffset + view.byteLength]);
  return [[0, forwarder.tx.offset], ...ranges];
}

function fillBatch(forwarder: Forwarder, direction: Direction, inputs: readonly Input[]): void {
  const batch = forwarder[direction];
  leaveHeadroom(batch);
  new Uint8Array(batch.buffer, batch.offset, batch.slots * batch.stride).fill(UNWRITTEN);
  batch.addresses.fill(UNWRITTEN);
  for (const [slot, { bytes, source }] of inputs.entries()) {
    put(batch, slot, bytes);
    slotHeader(batch, slot).fill(0);
    if (direction === 'rx') batch.addresses.set(MAPPED.get(source)!, slot * 16);
  }
}

/** What memory has to look like: as before, but for a header before each frame tunneled. */
function expectUntouched(
  forwarder: Forwarder,
  { header }: Tunnels,
  direction: Direction,
  before: Uint8Array,
  starts?: Uint32Array,
): void {
  const batch = forwarder[direction];
  const after = guarded(forwarder);
  for (const [from, to] of writable(forwarder, direction)) before.set(after.subarray(from, to), from);
  for (let slot = 0; direction === 'tx' && slot < batch.slots; slot++) {
    if (verdictOf(batch, slot) !== 'tx-tunneled') continue;
    const start = starts?.[slot] ?? SLOT_HEADROOM;
    before.set(header, batch.offset + slot * batch.stride + start - header.length);
  }
  expect(Buffer.compare(before, after), 'a byte was written that must not be').toBe(0);
}

function expectOutcome(forwarder: Forwarder, direction: Direction, slot: number, expected: Outcome): boolean {
  const batch = forwarder[direction];
  if (verdictOf(batch, slot) !== expected.verdict) return false;
  const bytes = slotBytes(batch, slot);
  if (Buffer.compare(bytes, expected.bytes ?? new Uint8Array()) !== 0) return false;
  if (direction === 'rx' || expected.remote === undefined) return true;
  const remote = ipFromMappedBytes(batch.addresses.subarray(slot * 16, slot * 16 + 16));
  return remote === expected.remote && batch.ports[slot] === expected.port;
}

const RUNS = {
  tx: {
    run: (forwarder: Forwarder) => forwarder.encap(SLOTS),
    judge: (oracle: TunnelOracle, { bytes }: Input) => oracle.encap(bytes),
  },
  rx: {
    run: (forwarder: Forwarder) => forwarder.decap(SLOTS),
    judge: (oracle: TunnelOracle, { bytes, source }: Input) => oracle.decap(bytes, source),
  },
};

async function fuzz(tunnels: Tunnels, direction: Direction, count: number): Promise<void> {
  const seed = fuzzSeed();
  console.log(`${direction}: ${count} inputs, PODLAN_FUZZ_SEED=${seed}`);
  const { run, judge } = RUNS[direction];
  const { settings, oracle, elsewhere } = tunnels;
  const random = randomFrom(seed);
  const forwarder = await clusterForwarder({ slots: SLOTS, slotBytes: SLOT_BYTES }, settings);
  const before = guarded(forwarder).slice();
  const verdicts = new Map<Verdict, number>();
  for (let done = 0; done < count; done += SLOTS) {
    const inputs = Array.from({ length: SLOTS }, () => makeInput(random, tunnels, direction));
    fillBatch(forwarder, direction, inputs);
    before.set(guarded(forwarder));
    const went = run(forwarder);
    expectUntouched(forwarder, tunnels, direction, before);
    let expectedToGo = 0;
    for (const [slot, input] of inputs.entries()) {
      const outcome = judge(oracle, input);
      verdicts.set(outcome.verdict, (verdicts.get(outcome.verdict) ?? 0) + 1);
      if (outcome.bytes) expectedToGo++;
      if (!expectOutcome(forwarder, direction, slot, outcome)) {
        const got = verdictOf(forwarder[direction], slot);
        const hex = Buffer.from(input.bytes).toString('hex');
        throw new Error(`seed ${seed}: ${hex} from ${input.source}: got ${got}, not ${outcome.verdict}`);
      }
    }
    if (went !== expectedToGo) throw new Error(`seed ${seed}: ${went} went on, not ${expectedToGo}`);
  }
  expect(counted(forwarder)).toEqual(Object.fromEntries(verdicts));
  const reachable = VERDICTS.filter((name) => name.startsWith(direction) && !elsewhere.includes(name));
  expect([...verdicts.keys()].sort()).toEqual(reachable.toSorted());
}

const KINDS: [string, Tunnels][] = [
  ['VXLAN', VXLAN],
  ['bare', BARE],
];

test.each(KINDS)(
  'a million mutated datagrams are judged as the oracle judges them, and write nowhere: %s',
  {
    timeout: 240_000,
  },
  async (_, tunnels) => {
    await fuzz(tunnels, 'rx', INPUTS.decap);
  },
);

test.each(KINDS)(
  'mutated frames become what the oracle says, and write only the header: %s',
  {
    timeout: 120_000,
  },
  async (_, tunnels) => {
    await fuzz(tunnels, 'tx', INPUTS.encap);
  },
);

test.each(KINDS)(
  'starts and lengths of any value reach no byte outside the slots: %s',
  {
    timeout: 60_000,
  },
  async (_, tunnels) => {
    const seed = fuzzSeed();
    console.log(`bounds: PODLAN_FUZZ_SEED=${seed}`);
    const random = randomFrom(seed);
    const forwarder = await clusterForwarder({ slots: SLOTS, slotBytes: SLOT_BYTES }, tunnels.settings);
    const edges = [
      0,
      7,
      8,
      21,
      22,
      SLOT_HEADROOM,
      SLOT_BYTES - 1,
      SLOT_BYTES,
      2 ** 31,
      2 ** 32 - 8,
      2 ** 32 - 1,
    ];
    const value = () => (random(2) ? pick(random, edges) : random(SLOT_BYTES + 32));
    const before = guarded(forwarder).slice();
    for (let round = 0; round < 500; round++) {
      for (const direction of ['tx', 'rx'] as const) {
        const batch = forwarder[direction];
        fillBatch(
          forwarder,
          direction,
          Array.from({ length: SLOTS }, () => makeInput(random, tunnels, direction)),
        );
        for (let slot = 0; slot < SLOTS; slot++) if (random(4)) batch.starts[slot] = value();
        for (let slot = 0; slot < SLOTS; slot++) if (random(4)) batch.lengths[slot] = value();
        const [starts, lengths] = [batch.starts.slice(), batch.lengths.slice()];
        before.set(guarded(forwarder));
        RUNS[direction].run(forwarder);
        expectUntouched(forwarder, tunnels, direction, before, starts);
        for (let slot = 0; slot < SLOTS; slot++) {
          const room = direction === 'tx' ? VNET_BYTES : 0;
          const bad = starts[slot]! < room || starts[slot]! + lengths[slot]! > SLOT_BYTES;
          expect(verdictOf(batch, slot) === `${direction}-bad-slot`).toBe(bad);
          expect(batch.starts[slot]! + batch.lengths[slot]!).toBeLessThanOrEqual(bad ? 2 ** 32 : SLOT_BYTES);
        }
      }
    }
  },
);
