/** The flow table beside a Map: mutated packets give the same sums, whatever they are, however few places there are. */
import { ipToMappedBytes } from '@podlan/wire';
import { expect, test } from 'vitest';
import { canonicalAddress } from '../src/arguments.js';
import {
  type Forwarder,
  leaveHeadroom,
  SLOT_HEADROOM,
  slotDatagrams,
  slotHeader,
  type Verdict,
} from '../src/index.js';
import { MAX_TRAIN } from '../src/layout.js';
import { bare } from './bare.js';
import { BARE_CLUSTER, CLUSTER, clusterForwarder, counted, put } from './cluster.js';
import { frame, patched, vxlan } from './frames.js';
import { fuzzSeed, mutated, pick, type Random, randomFrom, repairIpv4 } from './mutation.js';
import { FlowSums, receivedKey, sentKey } from './oracle/flows.js';
import { type OracleSettings, TunnelOracle } from './oracle/tunnels.js';

const SLOTS = 64;
const SLOT_BYTES = 1536;
const BATCHES = 1500;
/** With eight places the ring holds eight, too: nobody can drain in time. */
const FEW = 8;

const PODS = ['10.244.1.5', '10.244.2.6', '10.244.3.7', '10.244.9.9', '8.8.8.8'];
const PODS6 = ['fd00:244:0:1::5', 'fd00:244:0:2::6', 'fd00:244:0:3::7', 'fe80::2', '::ffff:10.244.2.6'];
const NODES = ['192.168.77.12', 'fd00:77::13', '192.168.77.99'];
const PROTOCOLS = [1, 6, 17, 58, 132];
/** Of ICMP, types with an identifier and without. */
const FIRST_BYTES = [0, 8, 128, 129, 3];

/** Between these pods, by each protocol: from three bytes of payload on, so that ports are there or not. */
function framesOf(source: string, destination: string): Uint8Array[] {
  const isV6 = source.includes(':');
  return PROTOCOLS.map((protocol, index) => {
    const payload = Uint8Array.of(FIRST_BYTES[index]!, index, 1, 2, 3, 4, 5, 6, 7, 8, 9).subarray(
      0,
      3 + index * 2,
    );
    const bytes = patched(frame({ source, destination, payload }), { [isV6 ? 20 : 23]: [protocol] });
    if (!isV6) repairIpv4(bytes, 14);
    return bytes;
  });
}
const FRAMES = [PODS, PODS6].flatMap((pods) =>
  pods.flatMap((source) => pods.flatMap((destination) => framesOf(source, destination))),
);

interface Tunnels {
  readonly settings: OracleSettings;
  readonly vni?: number;
  readonly header: number;
  readonly ipAt: number;
  readonly sent: readonly Uint8Array[];
  readonly received: readonly Uint8Array[];
}
const DATAGRAMS = FRAMES.map((bytes, index) => vxlan(index % 9 === 0 ? 5 : 1, bytes));
const VXLAN: Tunnels = { settings: CLUSTER, vni: 1, header: 8, ipAt: 14, sent: FRAMES, received: DATAGRAMS };
const PACKETS = FRAMES.map(bare);
const BARE: Tunnels = { settings: BARE_CLUSTER, header: 0, ipAt: 0, sent: PACKETS, received: PACKETS };

function anyOf(corpus: readonly Uint8Array[], ipAt: number, random: Random): Uint8Array {
  const bytes = mutated(pick(random, corpus), random);
  if (random(2) === 0) repairIpv4(bytes, ipAt);
  return bytes;
}

/** One run: what is told to the table is told to the sums. */
class Run {
  readonly told = new FlowSums();
  nowMs = 1000;
  readonly forwarder: Forwarder;
  readonly tunnels: Tunnels;
  readonly random: Random;
  readonly #oracle: TunnelOracle;

  constructor(forwarder: Forwarder, tunnels: Tunnels, random: Random) {
    this.forwarder = forwarder;
    this.tunnels = tunnels;
    this.random = random;
    this.#oracle = new TunnelOracle(tunnels.settings);
  }

  #tell(key: Parameters<FlowSums['add']>[0], bytes: number): void {
    this.told.add(key, { packets: 1, bytes, firstMs: this.nowMs, lastMs: this.nowMs });
  }

  send(): void {
    const { tx } = this.forwarder;
    const { sent, ipAt, vni } = this.tunnels;
    leaveHeadroom(tx);
    for (let slot = 0; slot < SLOTS; slot++) {
      const bytes = anyOf(sent, ipAt, this.random);
      put(tx, slot, bytes);
      slotHeader(tx, slot).fill(0);
      const { verdict, remote } = this.#oracle.encap(bytes);
      this.#tell(sentKey(bytes, verdict, vni, remote), bytes.length);
    }
    this.forwarder.encap(SLOTS, this.nowMs);
  }

  receive(): void {
    leaveHeadroom(this.forwarder.rx);
    for (let slot = 0; slot < SLOTS; slot++) this.#arrive(slot, pick(this.random, NODES));
    this.forwarder.decap(SLOTS, this.nowMs);
  }

  /** One datagram in a slot, or some of one length. */
  #arrive(slot: number, source: string): void {
    const { rx } = this.forwarder;
    const { received, header, ipAt, vni } = this.tunnels;
    const count = this.random(4) ? 1 : 1 + this.random(5);
    const parts = Array.from({ length: count }, () => anyOf(received, header + ipAt, this.random));
    const train = parts.flatMap((part) => [...part]).slice(0, SLOT_BYTES - SLOT_HEADROOM);
    put(rx, slot, Uint8Array.from(train));
    rx.segments[slot] = count === 1 ? 0 : parts[0]!.length;
    rx.addresses.set(ipToMappedBytes(canonicalAddress(source)), slot * 16);
    const datagrams = train.length === 0 ? [new Uint8Array()] : slotDatagrams(rx, slot);
    const isTooLong = datagrams.length > MAX_TRAIN;
    for (const datagram of isTooLong ? [] : datagrams) {
      const { verdict } = this.#oracle.decap(datagram, source);
      const key = receivedKey(datagram, verdict, source, vni !== undefined);
      this.#tell(key, Math.max(0, datagram.length - header));
    }
    const unread = { direction: 'rx', verdict: 'rx-bad-slot', peer: canonicalAddress(source) } as const;
    for (const _ of isTooLong ? datagrams : []) this.#tell(unread, 0);
  }
}

function packetsByVerdict(sums: FlowSums): Partial<Record<Verdict, number>> {
  const found: Partial<Record<Verdict, number>> = {};
  for (const [key, { packets }] of sums.byKey) {
    const verdict = JSON.parse(key)[1] as Verdict;
    found[verdict] = (found[verdict] ?? 0) + packets;
  }
  return found;
}

const CASES = [
  { kind: 'VXLAN', tunnels: VXLAN, flows: 4096 },
  { kind: 'VXLAN', tunnels: VXLAN, flows: FEW },
  { kind: 'bare', tunnels: BARE, flows: 4096 },
];

test.each(CASES)(
  'mutated packets are counted to flows as the oracle does, $flows places: $kind',
  {
    timeout: 120_000,
  },
  async ({ tunnels, flows }) => {
    const seed = fuzzSeed();
    console.log(`PODLAN_FUZZ_SEED=${seed}`);
    const random = randomFrom(seed);
    const forwarder = await clusterForwarder(
      { slots: SLOTS, slotBytes: SLOT_BYTES, flows },
      tunnels.settings,
    );
    forwarder.coalesce({ tcp: true, udp: true });
    const run = new Run(forwarder, tunnels, random);
    const seen = new FlowSums();
    for (let batch = 0; batch < BATCHES; batch++) {
      run.nowMs++;
      if (random(2)) run.send();
      else run.receive();
      if (batch % 4 === 0) seen.addFlows(forwarder.flows.drain(run.nowMs - random(200)));
    }
    seen.addFlows(forwarder.flows.drain(Number.POSITIVE_INFINITY));
    expect(forwarder.flows.list()).toEqual([]);
    expect(packetsByVerdict(run.told)).toEqual(counted(forwarder));
    const { lost } = forwarder.flows.counters();
    const { packets, bytes } = seen.total();
    expect({ packets: packets + lost.packets, bytes: bytes + lost.bytes }).toEqual(run.told.total());
    expect(lost.flows > 0).toBe(flows === FEW);
    if (flows !== FEW) expect(seen.sorted()).toEqual(run.told.sorted());
  },
);

test('starts, lengths and segments of any value are counted by verdict as ever', async () => {
  const seed = fuzzSeed();
  console.log(`PODLAN_FUZZ_SEED=${seed}`);
  const random = randomFrom(seed);
  const forwarder = await clusterForwarder({ slots: SLOTS, slotBytes: 320, flows: 64 });
  const edges = [0, 1, 7, 8, 22, SLOT_HEADROOM, 319, 320, 2 ** 31, 2 ** 32 - 8, 2 ** 32 - 1];
  const value = () => (random(2) ? pick(random, edges) : random(352));
  for (let round = 0; round < 500; round++) {
    for (const { starts, lengths, segments } of [forwarder.tx, forwarder.rx]) {
      for (const array of [starts, lengths, segments]) array.set(Array.from({ length: SLOTS }, value));
    }
    forwarder.encap(SLOTS, round);
    forwarder.decap(SLOTS, round);
  }
  const sums = new FlowSums();
  sums.addFlows(forwarder.flows.drain(Number.POSITIVE_INFINITY));
  expect(packetsByVerdict(sums)).toEqual(counted(forwarder));
});
