/**
 * Encapsulation and decapsulation of a batch of packets that all pass, per packet: the forwarder, the same work in
 * plain JavaScript and in C (gcc -O3 -march=native), and the copying of the same bytes in both, which none of the three
 * does. Before anything is timed, all must leave the same verdicts, bytes, addresses and ports.
 */
import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { Forwarder, leaveHeadroom, slotBytes, slotRoom, VERDICTS } from '@podlan/dataplane';
import { announce, compare, keep, ROUND, writeResults } from '@podlan/tooling/bench-report';
import { ipToMappedBytes } from '@podlan/wire';
import { Bench } from 'tinybench';
import { NativeForwarder } from '../contenders/native-forwarder.js';
import { PlainForwarder } from '../contenders/plain-forwarder.js';
import { provideCompiler } from '../native/toolchain.js';
import { DIRECTIONS, SETTINGS, SLOT_BYTES, SLOTS } from './forward/packets.js';
import { stayOnOneCpu } from './one-cpu.js';

const FRAME_BYTES = [64, 1450];
/** Batches to a call, of both sides. */
const TIMES = 64;
const BASELINE = 'C';
const FLOWS = 4096;

async function wasmForwarder(flows = 0) {
  const forwarder = await Forwarder.create({
    slots: SLOTS,
    slotBytes: SLOT_BYTES,
    capacity: SETTINGS.tunnels.length,
    flows,
  });
  forwarder.configure(SETTINGS);
  for (const { prefix, remote, port } of SETTINGS.tunnels) forwarder.setTunnel(prefix, remote, port);
  return forwarder;
}

function load(batch, packets) {
  leaveHeadroom(batch);
  for (const [slot, { bytes, remote }] of packets.entries()) {
    slotRoom(batch, slot).set(bytes);
    if (remote) batch.addresses.set(ipToMappedBytes(remote), slot * 16);
  }
}

/** Puts starts and lengths back to where a read or a receive leaves them; the bytes are still there. */
function rewind(batch, length) {
  leaveHeadroom(batch);
  batch.lengths.fill(length);
}

const hex = (bytes) => Buffer.from(bytes).toString('hex');

function outcome(forwarder, name, batchName, length) {
  const batch = forwarder[batchName];
  rewind(batch, length);
  assert.equal(forwarder[name](SLOTS), SLOTS);
  return Array.from({ length: SLOTS }, (_, slot) => ({
    address: hex(batch.addresses.subarray(slot * 16, slot * 16 + 16)),
    port: batch.ports[slot],
    trafficClass: batch.classes[slot],
    bytes: hex(slotBytes(batch, slot)),
  }));
}

async function requireAgreement({ wasm, plain, native }, name, batch, length) {
  const ours = outcome(wasm, name, batch, length);
  assert.deepEqual(outcome(plain, name, batch, length), ours);
  const { verdicts, sourcePorts } = wasm[batch];
  const expected = ours.map((slot, at) => ({
    verdict: VERDICTS[verdicts[at]],
    sourcePort: sourcePorts[at],
    ...slot,
  }));
  assert.deepEqual(await native.outcome(name, batch, length), expected);
}

function copies(packets) {
  const from = packets.map(({ bytes }) => bytes);
  const into = new Uint8Array(SLOTS * SLOT_BYTES);
  return () => {
    for (let slot = 0; slot < SLOTS; slot++) into.set(from[slot], slot * SLOT_BYTES);
    keep(into);
  };
}

function passes(forwarder, name, batch, length) {
  const run = () => {
    for (let time = 0; time < TIMES; time++) {
      rewind(forwarder[batch], length);
      keep(forwarder[name](SLOTS, time));
    }
  };
  return { operations: SLOTS * TIMES, run };
}

async function measure(native, name, bytes) {
  const { batch, packets: make } = DIRECTIONS[name];
  const packets = make(bytes);
  const forwarders = {
    wasm: await wasmForwarder(),
    counting: await wasmForwarder(FLOWS),
    plain: new PlainForwarder(SETTINGS, SLOTS, SLOT_BYTES),
  };
  for (const forwarder of Object.values(forwarders)) load(forwarder[batch], packets);
  await native.load(batch, packets);
  const { length } = packets[0].bytes;
  await requireAgreement({ ...forwarders, native }, name, batch, length);
  const tasks = {
    [BASELINE]: native.task(name, length, TIMES),
    [`Forwarder.${name}`]: passes(forwarders.wasm, name, batch, length),
    [`Forwarder.${name}, counting flows`]: passes(forwarders.counting, name, batch, length),
    'plain JavaScript': passes(forwarders.plain, name, batch, length),
    'copy of the bytes in C (memcpy)': native.task(`copy-${batch}`, length, TIMES),
    'copy of the bytes (Uint8Array.set)': copies(packets),
  };
  const bench = new Bench({ name: `${name}, frames of ${bytes} bytes`, ...ROUND });
  return compare(bench, { baseline: BASELINE, operations: SLOTS, tasks });
}

provideCompiler();
stayOnOneCpu();
const native = new NativeForwarder(SLOTS, SLOT_BYTES);
await native.configure(SETTINGS);
announce(`VXLAN forwarding, one packet of a batch of ${SLOTS}; ${SETTINGS.tunnels.length} tunnels`);
const groups = [];
for (const name of Object.keys(DIRECTIONS))
  for (const bytes of FRAME_BYTES) groups.push(await measure(native, name, bytes));
native.close();
writeResults(fileURLToPath(import.meta.url), groups);
