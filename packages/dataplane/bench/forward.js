/**
 * Encapsulation and decapsulation of a batch of packets that all pass, per packet: the forwarder, the same work in
 * plain JavaScript, and the copying of the same bytes, which neither of the two does. Before anything is timed, both
 * forwarders must leave the same bytes, addresses and ports.
 */
import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { announce, compare, keep, ROUND, writeResults } from '@podlan/tooling/bench-report';
import { EtherType, emitEthernet, emitIpv4, emitVxlan, ipToMappedBytes } from '@podlan/wire';
import { Bench } from 'tinybench';
import { Forwarder, leaveHeadroom, slotBytes, slotRoom } from '../dist/index.js';
import { PlainForwarder } from './rivals/plain-forwarder.js';
import { randomOf } from './rivals/random.js';

const FRAME_BYTES = [64, 1450];
const SLOTS = 128;
const SLOT_BYTES = 2048;
const NODES = 200;
const BASELINE = 'plain JavaScript';
const EMPTY = new Uint8Array();

const random = randomOf(2);
const nodes = Array.from({ length: NODES }, (_, node) => ({
  prefix: `10.244.${node + 2}.0/24`,
  remote: `192.168.77.${node + 2}`,
  port: 8472,
}));
const SETTINGS = {
  vni: 1,
  mac: '02:00:00:00:00:0a',
  networks: ['10.244.0.0/16'],
  subnets: ['10.244.1.0/24'],
  tunnels: nodes,
};

function frameOf(source, destination, bytes) {
  const packet = new Uint8Array(bytes - 14);
  const rest = { protocol: 17, ttl: 63, trafficClass: 0, identification: 0, options: EMPTY };
  const fragment = { dontFragment: true, moreFragments: false, fragmentOffset: 0 };
  const payload = Uint8Array.from({ length: bytes - 34 }, () => random(256));
  emitIpv4({ source, destination, payload, ...rest, ...fragment }, packet);
  const frame = new Uint8Array(bytes);
  const macs = { destination: SETTINGS.mac, source: '02:00:00:00:00:0b' };
  emitEthernet({ ...macs, etherType: EtherType.ipv4, payload: packet }, frame);
  return frame;
}

function datagramOf(frame) {
  const datagram = new Uint8Array(8 + frame.length);
  emitVxlan({ vni: SETTINGS.vni, payload: frame }, datagram);
  return datagram;
}

/** One packet for every slot, each to or from a random node. */
const DIRECTIONS = {
  encap(bytes) {
    const pod = () => `10.244.${nodes.indexOf(randomNode()) + 2}.${random(256)}`;
    return { batch: 'tx', packets: fill(() => ({ bytes: frameOf('10.244.1.5', pod(), bytes) })) };
  },
  decap(bytes) {
    const packets = fill(() => {
      const node = randomNode();
      const source = node.prefix.replace('.0/24', `.${random(256)}`);
      return { bytes: datagramOf(frameOf(source, '10.244.1.5', bytes)), remote: node.remote };
    });
    return { batch: 'rx', packets };
  },
};

function randomNode() {
  return nodes[random(NODES)];
}

function fill(make) {
  return Array.from({ length: SLOTS }, make);
}

async function wasmForwarder() {
  const forwarder = await Forwarder.create({ slots: SLOTS, slotBytes: SLOT_BYTES, capacity: NODES });
  forwarder.configure(SETTINGS);
  for (const { prefix, remote, port } of nodes) forwarder.setTunnel(prefix, remote, port);
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

function requireAgreement(name, batch, wasm, plain, length) {
  for (const forwarder of [wasm, plain]) {
    rewind(forwarder[batch], length);
    assert.equal(forwarder[name](SLOTS), SLOTS);
  }
  const [ours, theirs] = [wasm[batch], plain[batch]];
  for (let slot = 0; slot < SLOTS; slot++) assert.deepEqual(slotBytes(ours, slot), slotBytes(theirs, slot));
  assert.deepEqual(ours.addresses, theirs.addresses);
  assert.deepEqual(ours.ports, theirs.ports);
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
  return () => {
    rewind(forwarder[batch], length);
    keep(forwarder[name](SLOTS));
  };
}

announce(`VXLAN forwarding, one packet of a batch of ${SLOTS}; ${NODES} tunnels`);
const groups = [];
for (const [name, make] of Object.entries(DIRECTIONS)) {
  for (const bytes of FRAME_BYTES) {
    const { batch, packets } = make(bytes);
    const [wasm, plain] = [await wasmForwarder(), new PlainForwarder(SETTINGS, SLOTS, SLOT_BYTES)];
    for (const forwarder of [wasm, plain]) load(forwarder[batch], packets);
    const { length } = packets[0].bytes;
    requireAgreement(name, batch, wasm, plain, length);
    const tasks = {
      [BASELINE]: passes(plain, name, batch, length),
      [`Forwarder.${name}`]: passes(wasm, name, batch, length),
      'copy of the bytes (Uint8Array.set)': copies(packets),
    };
    const bench = new Bench({ name: `${name}, frames of ${bytes} bytes`, ...ROUND });
    groups.push(await compare(bench, { baseline: BASELINE, operations: SLOTS, tasks }));
  }
}
writeResults(fileURLToPath(import.meta.url), groups);
