/**
 * A node of another make, as packets show it: flannel's udp proxy (pkg/backend/udp/proxy_amd64.c). What is read from the
 * TUN is a datagram's payload, and the other way round, port 8285 at both ends; either way takes one off the time to
 * live. Nothing of podlan is in here.
 *
 *     node flannel-udp-peer.js '{"dev":"flannel0","local":"192.168.77.200","routes":{"10.244.1.":"192.168.77.11"}}'
 */
import { createSocket } from 'node:dgram';
import { read, write } from 'node:fs';
import { ioctl, must, open } from '../bench/libc.js';

const PORT = 8285;
const MTU = 1472;
const O_RDWR = 2;
const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;

const { dev, local, routes } = JSON.parse(process.argv[2]);

function openTun(name) {
  const tun = must('open', open('/dev/net/tun', O_RDWR));
  const request = Buffer.alloc(40);
  request.write(name);
  request.writeUInt16LE(IFF_TUN_NO_PI, 16);
  must('TUNSETIFF', ioctl(tun, TUNSETIFF, request));
  return tun;
}

/** False at the end of a packet's time. The checksum follows (RFC 1624). */
function lowerTtl(packet) {
  packet[8] -= 1;
  const sum = packet.readUInt16BE(10) + 0x100;
  packet.writeUInt16BE((sum & 0xffff) + (sum >> 16), 10);
  return packet[8] > 0;
}

const tun = openTun(dev);
const socket = createSocket('udp4');

function send(packet) {
  const destination = packet.subarray(16, 20).join('.');
  const route = Object.keys(routes).find((prefix) => destination.startsWith(prefix));
  if (packet[0] >> 4 === 4 && route !== undefined && lowerTtl(packet))
    socket.send(packet, PORT, routes[route]);
}

function pump() {
  const buffer = Buffer.alloc(MTU);
  read(tun, buffer, 0, MTU, null, (error, bytes) => {
    if (error) throw error;
    send(buffer.subarray(0, bytes));
    pump();
  });
}

socket.on('message', (packet) => {
  if (lowerTtl(packet)) write(tun, packet, () => {});
});
socket.bind(PORT, local, () => {
  pump();
  console.log('ready');
});
