/**
 * Run inside a namespace: sends UDP datagrams to the host itself, all with a wrong checksum, or all right, which a socket
 * there takes.
 *
 *     raw-datagrams.js wrong 20
 */
import { createSocket } from 'node:dgram';
import { RawSocket, UdpSocket } from '@podlan/linux';
import { parseIpAddress } from '@podlan/wire';

const PORT = 8473;
const LOOPBACK = [127, 0, 0, 1];
const AT_ONCE = 100;

function sendWrong(count) {
  const ports = [PORT >> 8, PORT & 0xff, PORT >> 8, PORT & 0xff];
  const ipv4 = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, ...LOOPBACK, ...LOOPBACK];
  const packet = [...ipv4, ...ports, 0, 8, 0xde, 0xad];
  const memory = new Uint8Array(64);
  memory.set(packet, 32);
  const headerWords = new Uint32Array(memory.buffer, 0, 8);
  headerWords[7] = 1;
  const packets = {
    ...{ buffer: memory.buffer, headers: 0, headerWords },
    pieces: Uint32Array.of(32, packet.length),
  };
  const receiver = UdpSocket.bind(parseIpAddress('127.0.0.1'), PORT);
  const socket = RawSocket.open();
  for (let sent = 0; sent < count; sent += 1)
    if (socket.send(packets, 1) !== 1) throw new Error('a datagram was not sent');
  socket.close();
  receiver.close();
}

/** Linux counts a datagram when it is read: the next ones follow when all before were. */
function sendRight(count) {
  const [receiver, sender] = [createSocket('udp4'), createSocket('udp4')];
  const sendSome = () => {
    for (let sent = 0; sent < AT_ONCE; sent += 1) sender.send('x', PORT, '127.0.0.1');
  };
  let read = 0;
  receiver.on('message', () => {
    read += 1;
    if (read < count && read % AT_ONCE === 0) sendSome();
    if (read < count) return;
    receiver.close();
    sender.close();
  });
  receiver.bind(PORT, '127.0.0.1', sendSome);
}

const [kind, count] = [process.argv[2], Number(process.argv[3])];
if (kind === 'wrong') sendWrong(count);
else sendRight(count);
