import { ipFromMappedBytes, ipToMappedBytes } from '@podlan/wire';
import { expect, test } from 'vitest';
import { canonicalAddress } from '../src/arguments.js';
import { Forwarder, SLOT_HEADROOM, slotBytes } from '../src/index.js';
import { CLUSTER, clusterForwarder, counted, put, verdictOf } from './cluster.js';
import { frame, patched, vxlan } from './frames.js';

const B = '192.168.77.12';
const C = 'fd00:77::13';
const toB = frame({ source: '10.244.1.5', destination: '10.244.2.6' });
const toC = frame({ source: 'fd00:244:0:1::5', destination: 'fd00:244:0:3::6' });
const fromB = frame({ source: '10.244.2.6', destination: '10.244.1.5' });
const fromC = frame({ source: 'fd00:244:0:3::6', destination: 'fd00:244:0:1::5' });
const incoming = vxlan(1, fromB);

function receive(forwarder: Forwarder, bytes: Uint8Array, source: string): number {
  put(forwarder.rx, 0, bytes);
  forwarder.rx.addresses.set(ipToMappedBytes(canonicalAddress(source)), 0);
  return forwarder.decap(1);
}

test.each([
  ['IPv4 over IPv4', toB, B, 8472],
  ['IPv6 over IPv6', toC, C, 4789],
])('encap writes the header before the frame, in place: %s', async (_, bytes, remote, port) => {
  const forwarder = await clusterForwarder();
  put(forwarder.tx, 0, bytes);
  expect(forwarder.encap(1)).toBe(1);
  expect(forwarder.tx.starts[0]).toBe(SLOT_HEADROOM - 8);
  expect(slotBytes(forwarder.tx, 0)).toEqual(vxlan(1, bytes));
  expect(ipFromMappedBytes(forwarder.tx.addresses.subarray(0, 16))).toBe(remote);
  expect(forwarder.tx.ports[0]).toBe(port);
  expect(counted(forwarder)).toEqual({ 'tx-tunneled': 1 });
});

test.each([
  ['tx-truncated', 'an empty frame', new Uint8Array()],
  ['tx-truncated', 'half an Ethernet header', toB.subarray(0, 13)],
  ['tx-group-mac', 'a broadcast', patched(toB, { 0: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] })],
  ['tx-group-mac', 'a multicast', patched(toC, { 0: [0x33, 0x33] })],
  ['tx-not-ip', 'ARP', patched(toB, { 12: [0x08, 0x06] })],
  ['tx-not-ip', 'a VLAN tag', patched(toB, { 12: [0x81, 0x00] })],
  ['tx-malformed-ip', 'IPv6 that says it is IPv4', patched(toC, { 12: [0x08, 0x00] })],
  ['tx-malformed-ip', 'IPv4 cut short', toB.subarray(0, toB.length - 1)],
  ['tx-malformed-ip', 'IPv6 cut short', toC.subarray(0, toC.length - 1)],
  ['tx-malformed-ip', 'a wrong header checksum', patched(toB, { 24: [0xde, 0xad] })],
  ['tx-no-tunnel', 'a host elsewhere', frame({ source: '10.244.1.5', destination: '10.9.0.1' })],
  ['tx-no-tunnel', 'a subnet nobody leases', frame({ source: '10.244.1.5', destination: '10.244.9.1' })],
] as const)('%s: %s', async (verdict, _, bytes) => {
  const forwarder = await clusterForwarder();
  put(forwarder.tx, 0, toB);
  put(forwarder.tx, 1, bytes);
  put(forwarder.tx, 2, toC);
  expect(forwarder.encap(3)).toBe(2);
  expect(verdictOf(forwarder.tx, 1)).toBe(verdict);
  expect([...forwarder.tx.lengths.subarray(0, 3)]).toEqual([toB.length + 8, 0, toC.length + 8]);
  expect(counted(forwarder)).toEqual({ 'tx-tunneled': 2, [verdict]: 1 });
});

test.each([
  [B, fromB],
  [C, fromC],
])('decap of a datagram from %s leaves the inner frame, in place', async (source, inner) => {
  const forwarder = await clusterForwarder();
  expect(receive(forwarder, vxlan(1, inner), source)).toBe(1);
  expect(forwarder.rx.starts[0]).toBe(SLOT_HEADROOM + 8);
  expect(slotBytes(forwarder.rx, 0)).toEqual(inner);
  expect(counted(forwarder)).toEqual({ 'rx-delivered': 1 });
});

test.each([
  ['rx-unknown-peer', 'an address that is no node', incoming, '192.168.77.99'],
  ['rx-unknown-peer', 'our own address', incoming, '192.168.77.11'],
  ['rx-truncated', 'nothing', new Uint8Array(), B],
  ['rx-truncated', 'one byte short of an Ethernet header', incoming.subarray(0, 21), B],
  ['rx-not-vxlan', 'no I flag', patched(incoming, { 0: [0xf7] }), B],
  ['rx-wrong-vni', 'another network', vxlan(0x010001, fromB), B],
  ['rx-group-mac', 'an inner broadcast', vxlan(1, patched(fromB, { 0: [0xff] })), B],
  ['rx-other-mac', 'a frame for another', vxlan(1, patched(fromB, { 5: [0x0b] })), B],
  ['rx-not-ip', 'ARP', vxlan(1, patched(fromB, { 12: [0x08, 0x06] })), B],
  ['rx-malformed-ip', 'IPv4 cut short', incoming.subarray(0, incoming.length - 1), B],
  [
    'rx-own-source',
    'one of our own pods',
    vxlan(1, frame({ source: '10.244.1.9', destination: '10.244.1.5' })),
    B,
  ],
  [
    'rx-spoofed-source',
    "C's pod, from B",
    vxlan(1, frame({ source: '10.244.3.6', destination: '10.244.1.5' })),
    B,
  ],
  ['rx-spoofed-source', "B's pod, from C", incoming, C],
  [
    'rx-spoofed-source',
    'a subnet nobody leases',
    vxlan(1, frame({ source: '10.244.9.9', destination: '10.244.1.5' })),
    B,
  ],
] as const)('%s: %s', async (verdict, _, bytes, source) => {
  const forwarder = await clusterForwarder();
  expect(receive(forwarder, bytes, source)).toBe(0);
  expect(verdictOf(forwarder.rx, 0)).toBe(verdict);
  expect(forwarder.rx.lengths[0]).toBe(0);
  expect(counted(forwarder)).toEqual({ [verdict]: 1 });
});

test.each([
  ["the node's own address", frame({ source: B, destination: '10.244.1.5' })],
  ['a link-local address', frame({ source: 'fe80::2', destination: 'fd00:244:0:1::5' })],
])('an inner source outside the networks passes, and is counted apart: %s', async (_, inner) => {
  const forwarder = await clusterForwarder();
  expect(receive(forwarder, vxlan(1, inner), B)).toBe(1);
  expect(counted(forwarder)).toEqual({ 'rx-delivered-outside': 1 });
});

test('reserved VXLAN bits are ignored on receipt (RFC 7348 section 5)', async () => {
  const forwarder = await clusterForwarder();
  expect(receive(forwarder, patched(incoming, { 0: [0xff, 1, 2, 3], 7: [0xff] }), B)).toBe(1);
});

test.each([
  ['starts beyond the slot', 2049, 10],
  ['starts beyond 2^31', 0xfffffff0, 32],
  ['ends beyond the slot', 64, 1985],
  ['is longer than 2^31', 64, 0xffffffff],
])('a slot whose data %s is bad, and nothing is touched', async (_, start, length) => {
  const forwarder = await clusterForwarder();
  for (const direction of ['tx', 'rx'] as const) {
    forwarder[direction].starts[0] = start;
    forwarder[direction].lengths[0] = length;
  }
  expect(forwarder.encap(1) + forwarder.decap(1)).toBe(0);
  expect(counted(forwarder)).toEqual({ 'tx-bad-slot': 1, 'rx-bad-slot': 1 });
});

test('a frame without headroom is a bad slot', async () => {
  const forwarder = await clusterForwarder();
  put(forwarder.tx, 0, toB);
  forwarder.tx.starts[0] = 7;
  expect(forwarder.encap(1)).toBe(0);
  expect(verdictOf(forwarder.tx, 0)).toBe('tx-bad-slot');
});

test('asked for more slots than there are, it does those there are', async () => {
  const forwarder = await clusterForwarder({ slots: 2 });
  put(forwarder.tx, 0, toB);
  put(forwarder.tx, 1, toC);
  expect(forwarder.encap(1000)).toBe(2);
  expect(counted(forwarder)).toEqual({ 'tx-tunneled': 2 });
});

test('before it is configured nothing passes', async () => {
  const forwarder = await Forwarder.create({ slots: 1, capacity: 1 });
  forwarder.setTunnel('10.244.2.0/24', B, 8472);
  const nobody = patched(fromB, { 0: [0, 0, 0, 0, 0, 0] });
  for (const inner of [fromB, nobody]) {
    forwarder.rx.starts[0] = SLOT_HEADROOM;
    expect(receive(forwarder, vxlan(0, inner), B)).toBe(0);
  }
});

test('counters are kept per endpoint, in packets and bytes of inner frames', async () => {
  const forwarder = await clusterForwarder();
  put(forwarder.tx, 0, toB);
  put(forwarder.tx, 1, toC);
  put(forwarder.tx, 2, toB);
  forwarder.encap(3);
  receive(forwarder, incoming, B);
  expect(forwarder.counters().endpoints).toEqual([
    { remote: B, txPackets: 2, txBytes: 2 * toB.length, rxPackets: 1, rxBytes: fromB.length },
    { remote: C, txPackets: 1, txBytes: toC.length, rxPackets: 0, rxBytes: 0 },
  ]);
});

test('a tunnel that moves leads to its new endpoint at once, and the old one is no peer any more', async () => {
  const forwarder = await clusterForwarder({}, { ...CLUSTER, tunnels: CLUSTER.tunnels.slice(0, 1) });
  forwarder.setTunnel('10.244.2.0/24', '192.168.77.22', 9999);
  expect(forwarder.tunnels()).toEqual([{ prefix: '10.244.2.0/24', remote: '192.168.77.22', port: 9999 }]);
  put(forwarder.tx, 0, toB);
  forwarder.encap(1);
  expect(ipFromMappedBytes(forwarder.tx.addresses.subarray(0, 16))).toBe('192.168.77.22');
  receive(forwarder, incoming, B);
  expect(verdictOf(forwarder.rx, 0)).toBe('rx-unknown-peer');
  expect(forwarder.counters().endpoints.map(({ remote }) => remote)).toEqual(['192.168.77.22']);
});

test('an endpoint stays a peer until its last tunnel is deleted, and keeps its counters meanwhile', async () => {
  const forwarder = await clusterForwarder();
  receive(forwarder, incoming, B);
  expect(forwarder.deleteTunnel('fd00:244:0:2::/64')).toBe(true);
  expect(forwarder.deleteTunnel('fd00:244:0:2::/64')).toBe(false);
  forwarder.setTunnel('10.244.2.0/24', B, 8473);
  expect(forwarder.counters().endpoints[0]).toMatchObject({ remote: B, rxPackets: 1 });
  forwarder.deleteTunnel('10.244.2.0/24');
  expect(forwarder.counters().endpoints.map(({ remote }) => remote)).toEqual([C]);
});

test('a full forwarder says its capacity and has not changed; what it has can still move', async () => {
  const forwarder = await Forwarder.create({ slots: 1, capacity: 2 });
  forwarder.setTunnel('10.244.2.0/24', '192.168.77.12', 8472);
  forwarder.setTunnel('10.244.3.0/24', '192.168.77.13', 8472);
  expect(() => forwarder.setTunnel('10.244.4.0/24', '192.168.77.14', 8472)).toThrow(
    new RangeError('forwarder is full: its capacity is 2 tunnels'),
  );
  expect(forwarder.counters().endpoints.length).toBe(2);
  for (let host = 20; host < 40; host++) forwarder.setTunnel('10.244.3.0/24', `192.168.77.${host}`, 8472);
  expect(forwarder.tunnels().map(({ remote }) => remote)).toEqual(['192.168.77.12', '192.168.77.39']);
});

test('clear deletes all tunnels and endpoints, and they can be set again', async () => {
  const forwarder = await clusterForwarder({ capacity: 4 });
  for (let round = 0; round < 3; round++) {
    forwarder.clear();
    expect(forwarder.tunnels()).toEqual([]);
    expect(forwarder.counters().endpoints).toEqual([]);
    for (const { prefix, remote, port } of CLUSTER.tunnels) forwarder.setTunnel(prefix, remote, port);
    expect(forwarder.tunnels()).toEqual(CLUSTER.tunnels);
  }
});

test('configure replaces settings and leaves tunnels', async () => {
  const forwarder = await clusterForwarder();
  forwarder.configure({ ...CLUSTER, vni: 77, networks: [], subnets: [] });
  expect(forwarder.tunnels().length).toBe(4);
  expect(receive(forwarder, vxlan(77, fromB), C)).toBe(1);
  expect(counted(forwarder)).toEqual({ 'rx-delivered-outside': 1 });
});

test.each([
  ['a VNI of 25 bits', { vni: 2 ** 24 }, RangeError],
  ['text that is no MAC', { mac: 'host-a' }, TypeError],
  ['text that is no prefix', { networks: ['10.244.0.0'] }, TypeError],
  ['more networks than there is room for', { networks: Array(65).fill('10.0.0.0/8') }, RangeError],
])('configure refuses %s, and the old settings stay', async (_, change, kind) => {
  const forwarder = await clusterForwarder();
  expect(() => forwarder.configure({ ...CLUSTER, ...change })).toThrow(kind);
  expect(receive(forwarder, incoming, B)).toBe(1);
  expect(counted(forwarder)).toEqual({ 'rx-delivered': 1 });
});

test.each([
  ['port', async () => (await clusterForwarder()).setTunnel('10.244.2.0/24', B, 65536)],
  ['slots', () => Forwarder.create({ slots: 0 })],
  ['slotBytes', () => Forwarder.create({ slotBytes: 100 })],
  ['capacity', () => Forwarder.create({ capacity: 65537 })],
])('a %s out of range is a RangeError that names it', async (name, misuse) => {
  await expect(misuse).rejects.toThrow(RangeError);
  await expect(misuse).rejects.toThrow(name);
});
