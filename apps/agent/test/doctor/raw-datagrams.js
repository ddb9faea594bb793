/**
 * Run inside a namespace: sends UDP datagrams to the host itself, of which a socket there takes those that are right.
 *
 *     raw-datagrams.js wrong 20
 */
import { RawSocket, UdpSocket } from '@podlan/linux';
import { parseIpAddress } from '@podlan/wire';

const [kind, count] = [process.argv[2], Number(process.argv[3])];
const PORT = 8473;
const LOOPBACK = [127, 0, 0, 1];

/** An IPv4 and a UDP header; a checksum of 0 is none, and always right. */
const checksum = kind === 'wrong' ? [0xde, 0xad] : [0, 0];
const ports = [PORT >> 8, PORT & 0xff, PORT >> 8, PORT & 0xff];
const packet = [
  0x45,
  0,
  0,
  28,
  0,
  0,
  0,
  0,
  64,
  17,
  0,
  0,
  ...LOOPBACK,
  ...LOOPBACK,
  ...ports,
  0,
  8,
  ...checksum,
];
const memory = new Uint8Array(64);
memory.set(packet, 32);
const headerWords = new Uint32Array(memory.buffer, 0, 8);
headerWords[7] = 1;
const packets = { buffer: memory.buffer, headers: 0, headerWords, pieces: Uint32Array.of(32, packet.length) };

let receiver = UdpSocket.bind(parseIpAddress('127.0.0.1'), PORT);
const socket = RawSocket.open();
for (let sent = 0; sent < count; sent += 1) {
  // What it has taken is counted; what no longer fits its queue is not.
  if (sent % 100 === 99) {
    receiver.close();
    receiver = UdpSocket.bind(parseIpAddress('127.0.0.1'), PORT);
  }
  if (socket.send(packets, 1) !== 1) throw new Error('a datagram was not sent');
}
socket.close();
receiver.close();
