/**
 * Every codec on a packet of its own. Reading one field: through a view that is placed over packet after packet, through
 * a new view for each, and by what one would write without the package: one DataView for all, a new one for each packet,
 * and the bytes by hand. Parsing to a value and emitting it: compared with copying the same bytes. The payload is the
 * same everywhere. Where a checksum covers the payload, emitting computes it, and parsing has a row with and one without
 * verifying it, where the codec leaves a choice.
 */
import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { announce, compare, ROUND, writeResults } from '@podlan/tooling/bench-report';
import { Bench } from 'tinybench';
import * as wire from '../dist/index.js';
import { bytesOf, manyOf, OPERATIONS, repeated } from './loop.js';

const BY_HAND = 'the bytes by hand';
const COPY = 'copy of the bytes (Uint8Array.set)';

const payload = bytesOf(64);
const options = new Uint8Array();
const macs = { source: '02:00:00:00:00:0a', destination: '02:00:00:00:00:0b' };
const v4 = { source: '10.244.1.5', destination: '10.244.2.7' };
const v6 = { source: 'fd00:244:0:1::5', destination: 'fd00:244:0:2::7' };
const ports = { sourcePort: 40000, destinationPort: 443 };
const arp = {
  ...{ operation: wire.ArpOperation.reply, senderMac: macs.source, senderIp: v4.source },
  ...{ targetMac: macs.destination, targetIp: v4.destination },
};
const sequence = { sequence: 1, acknowledgment: 2, window: 65535, urgentPointer: 0 };
const tcpFields = { ...ports, ...sequence, flags: wire.TcpFlag.ack };
const ipv4Fields = { protocol: 17, ttl: 64, trafficClass: 0, identification: 7, fragmentOffset: 0 };

/**
 * `field`: what a forwarder or a filter would look at; `byHand` and `byDataView` read it from the header at `at`.
 * `pseudo`: what the checksum covers besides.
 */
const CODECS = [
  {
    ...{ name: 'Ethernet', field: 'etherType', View: wire.EthernetView },
    read: (view) => view.etherType,
    byHand: (bytes, at) => (bytes[at + 12] << 8) | bytes[at + 13],
    byDataView: (view, at) => view.getUint16(at + 12),
    ...{ parse: wire.parseEthernet, emit: wire.emitEthernet },
    value: { ...macs, etherType: wire.EtherType.ipv4, payload },
  },
  {
    ...{ name: 'ARP', field: 'operation', View: wire.ArpView },
    read: (view) => view.operation,
    byHand: (bytes, at) => (bytes[at + 6] << 8) | bytes[at + 7],
    byDataView: (view, at) => view.getUint16(at + 6),
    ...{ parse: wire.parseArp, emit: wire.emitArp },
    value: arp,
  },
  {
    ...{ name: 'IPv4', field: 'destinationNumber', View: wire.Ipv4View },
    read: (view) => view.destinationNumber,
    byHand: (b, at) => ((b[at + 16] << 24) | (b[at + 17] << 16) | (b[at + 18] << 8) | b[at + 19]) >>> 0,
    byDataView: (view, at) => view.getUint32(at + 16),
    ...{ parse: wire.parseIpv4, emit: wire.emitIpv4 },
    value: { ...v4, ...ipv4Fields, dontFragment: true, moreFragments: false, options, payload },
  },
  {
    ...{ name: 'IPv6', field: 'nextHeader', View: wire.Ipv6View },
    read: (view) => view.nextHeader,
    byHand: (bytes, at) => bytes[at + 6],
    byDataView: (view, at) => view.getUint8(at + 6),
    ...{ parse: wire.parseIpv6, emit: wire.emitIpv6 },
    value: { ...v6, trafficClass: 0, flowLabel: 0, nextHeader: 17, hopLimit: 64, payload },
  },
  {
    ...{ name: 'ICMP', field: 'type', View: wire.IcmpView },
    read: (view) => view.type,
    byHand: (bytes, at) => bytes[at],
    byDataView: (view, at) => view.getUint8(at),
    ...{ parse: wire.parseIcmp, emit: wire.emitIcmp },
    value: { kind: 'echo-request', identifier: 7, sequence: 1, data: payload },
  },
  {
    ...{ name: 'ICMPv6', field: 'type', View: wire.Icmpv6View },
    read: (view) => view.type,
    byHand: (bytes, at) => bytes[at],
    byDataView: (view, at) => view.getUint8(at),
    ...{ parse: wire.parseIcmpv6, emit: wire.emitIcmpv6 },
    value: { kind: 'echo-request', identifier: 7, sequence: 1, data: payload },
    pseudo: v6,
  },
  {
    ...{ name: 'UDP', field: 'destinationPort', View: wire.UdpView },
    read: (view) => view.destinationPort,
    byHand: (bytes, at) => (bytes[at + 2] << 8) | bytes[at + 3],
    byDataView: (view, at) => view.getUint16(at + 2),
    ...{ parse: wire.parseUdp, emit: wire.emitUdp },
    value: { ...ports, payload },
    pseudo: v4,
  },
  {
    ...{ name: 'TCP', field: 'destinationPort', View: wire.TcpView },
    read: (view) => view.destinationPort,
    byHand: (bytes, at) => (bytes[at + 2] << 8) | bytes[at + 3],
    byDataView: (view, at) => view.getUint16(at + 2),
    ...{ parse: wire.parseTcp, emit: wire.emitTcp },
    value: { ...tcpFields, options, payload },
    pseudo: v4,
  },
  {
    ...{ name: 'VXLAN', field: 'vni', View: wire.VxlanView },
    read: (view) => view.vni,
    byHand: (bytes, at) => (bytes[at + 4] << 16) | (bytes[at + 5] << 8) | bytes[at + 6],
    byDataView: (view, at) => view.getUint32(at + 4) >>> 8,
    ...{ parse: wire.parseVxlan, emit: wire.emitVxlan },
    value: { vni: 1, payload },
  },
];

function emitted({ name, parse, emit, value, pseudo }) {
  const room = new Uint8Array(2048);
  const bytes = room.slice(0, emit(value, room, pseudo));
  assert.deepEqual(parse(bytes, pseudo), value, name);
  return bytes;
}

function readingTasks({ View, read, byHand, byDataView }, bytes) {
  const { ring, packets, offsetOf } = manyOf(bytes);
  const { length } = bytes;
  const view = new View();
  const words = new DataView(ring.buffer);
  assert(view.reset(ring, 0, length));
  assert.deepEqual([byHand(ring, 0), byDataView(words, 0)], [read(view), read(view)]);
  return {
    [BY_HAND]: repeated((i) => byHand(ring, offsetOf(i))),
    'one view for all': repeated((i) => {
      const at = offsetOf(i);
      return view.reset(ring, at, at + length) ? read(view) : 0;
    }),
    'a view for each': repeated((i) => read(View.over(packets[i]))),
    'one DataView for all': repeated((i) => byDataView(words, offsetOf(i))),
    'a DataView for each': repeated((i) => {
      const { buffer, byteOffset, byteLength } = packets[i];
      return byDataView(new DataView(buffer, byteOffset, byteLength), 0);
    }),
  };
}

function valueTasks({ parse, emit, value, pseudo }, bytes) {
  const { packets } = manyOf(bytes);
  const room = new Uint8Array(bytes.length);
  return {
    [COPY]: repeated((i) => room.set(packets[i])),
    parse: repeated((i) => parse(packets[i])),
    ...(pseudo && { 'parse, verifying the checksum': repeated((i) => parse(packets[i], pseudo)) }),
    emit: repeated(() => emit(value, room, pseudo)),
  };
}

const run = (name, baseline, tasks) =>
  compare(new Bench({ name, ...ROUND }), { baseline, operations: OPERATIONS, tasks });

/** All views share a base: what an engine learns of one must not make the one that is timed first the fastest. */
function useAllCodecs() {
  for (const codec of CODECS) {
    const bytes = emitted(codec);
    const tasks = { ...readingTasks(codec, bytes), ...valueTasks(codec, bytes) };
    for (const task of Object.values(tasks)) for (let i = 0; i < 8; i++) task();
  }
}

announce('Codecs, one packet');
useAllCodecs();
const groups = [];
for (const codec of CODECS) {
  const bytes = emitted(codec);
  const { name, field } = codec;
  groups.push(await run(`${name}, reading ${field}`, BY_HAND, readingTasks(codec, bytes)));
  groups.push(await run(`${name}, ${bytes.length} bytes as a value`, COPY, valueTasks(codec, bytes)));
}
writeResults(fileURLToPath(import.meta.url), groups);
