/** Whole packets and outer headers, seen on a TUN: the other end of every route here. */
import { type IpAddress, ipToMappedBytes, parseIpAddress, parseIpv4 } from '@podlan/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawSocket } from '../src/raw-socket.js';
import { TapDevice } from '../src/tap.js';
import { UdpSocket } from '../src/udp-socket.js';
import { frameBatch, testBatch } from './batch.js';
import { type OwnNetns, ownNetns } from './own-netns.js';

const LOCAL = parseIpAddress('10.9.0.1') as IpAddress;
const REMOTE = parseIpAddress('10.9.0.2') as IpAddress;
let own: OwnNetns;
let tun: TapDevice;

beforeAll(async () => {
  own = await ownNetns(`linux-raw-${process.pid}`);
  await own.ip(
    'link set lo up',
    'tuntap add dev tun0 mode tun vnet_hdr',
    'link set tun0 mtu 1450 up',
    'addr add 10.9.0.1/24 dev tun0',
  );
  tun = TapDevice.open('tun0', { type: 'tun' });
  await own.carrier('tun0');
});
afterAll(async () => {
  tun.close();
  await own.dispose();
});

/** The IPv4 packets that were sent; IPv6 has things of its own to say. */
function sentPackets(): Uint8Array[] {
  const batch = testBatch(16, 66_000);
  const packets: Uint8Array[] = [];
  for (let count = tun.read(batch); count > 0; count = tun.read(batch)) {
    for (let i = 0; i < count; i++) packets.push(batch.data(i).slice());
  }
  return packets.filter((packet) => packet[0]! >> 4 === 4);
}

test('packets leave as they are, from any source, with the checksum that they lack', () => {
  const packet = (last: number) =>
    Uint8Array.of(0x45, 0, 0, 22, 0, 7, 0, 0, 8, 253, 0, 0, 192, 0, 2, last, 10, 9, 0, 2, 0xaa, last);
  using socket = RawSocket.open();
  const packets = frameBatch(...[1, 2].map((last) => ({ pieces: [packet(last)] })));
  expect(socket.send(packets, 2)).toBe(2);
  const sent = sentPackets();
  for (const [i, bytes] of sent.entries()) {
    expect(parseIpv4(bytes)).toBeDefined();
    bytes.fill(0, 10, 12);
    expect([...bytes]).toEqual([...packet(i + 1)]);
  }
  expect(sent.length).toBe(2);
});

test('what is no packet, or leads nowhere, is not taken, and the rest goes', () => {
  const header = (destination: number[]) =>
    Uint8Array.of(0x45, 0, 0, 20, 0, 7, 0, 0, 8, 253, 0, 0, 192, 0, 2, 1, ...destination);
  using socket = RawSocket.open();
  const pieces = [header([10, 9, 0, 2]).subarray(0, 19), header([203, 0, 113, 1]), header([10, 9, 0, 2])];
  expect(socket.send(frameBatch(...pieces.map((one) => ({ pieces: [one] }))), 3)).toBe(1);
  expect(sentPackets().length).toBe(1);
});

test.each([
  ['a datagram', true, 1422, 1, [0x40]],
  ['a datagram', false, 1422, 1, [0]],
  ['a train', true, 3 * 1422, 3, [0x40]],
  ['a train', false, 3 * 1422, 3, [0]],
  ['what has to be fragmented does not; else it', true, 1423, 1, [0x20, 0]],
])('%s has DF where it was asked for: %s', (_, dontFragment, bytes, datagrams, flags) => {
  using socket = UdpSocket.bind(LOCAL, 8285, { dontFragment });
  const batch = testBatch(1, 8192);
  batch.put(0, new Uint8Array(bytes));
  batch.segments[0] = datagrams > 1 ? 1422 : 0;
  batch.addresses.set(ipToMappedBytes(REMOTE), 0);
  batch.ports[0] = 8285;
  expect(socket.send(batch, 1)).toBe(datagrams);
  const sent = sentPackets();
  expect(sent.map((packet) => packet[6])).toEqual(flags);
  expect([...sent[0]!.subarray(20, 24)]).toEqual([0x20, 0x5d, 0x20, 0x5d]);
});
