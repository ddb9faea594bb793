/**
 * A VXLAN tunnel as one would write it in Node: the TAP is read a frame at a time, JavaScript looks the destination up
 * and writes the header, node:dgram sends; what comes in is checked, stripped of its header and written to the TAP.
 *
 *     node dgram-tunnel.js TAP LOCAL_ADDRESS PORT VNI PREFIX=REMOTE…      PREFIX is an IPv4 /24
 *
 * It takes over a TAP that an agent left, so that devices, routes and neighbors are the same as the agent's. Prints
 * `ready`.
 */
import { createSocket } from 'node:dgram';
import koffi from 'koffi';
import { ioctl, ioctlNumber, must, open, poll, read, write } from '../libc.js';

const O_RDWR_NONBLOCK_CLOEXEC = 0o2 | 0o4000 | 0o2000000;
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const IFF_TAP_NO_PI = 0x1002;
const POLLIN = 1;

const FRAME_BYTES = 2048;
const ETHERNET_BYTES = 14;
const VXLAN_BYTES = 8;
const ETHERTYPE_IPV4 = 0x0800;
const FLAG_VNI_VALID = 0x08;
/** Frames from the TAP in a row, before the event loop looks at the socket again. */
const FRAMES_A_TURN = 64;
const SOCKET_BYTES = 4 << 20;

const [tap, local, portText, vniText, ...peers] = process.argv.slice(2);
const port = Number(portText);
const vni = Number(vniText);

/** The first three bytes of an address, as a number, to the node that has them. */
const remotes = new Map();
for (const [prefix, remote] of peers.map((peer) => peer.split('='))) {
  const [a, b, c] = prefix.split('.').map(Number);
  remotes.set(a * 65536 + b * 256 + c, remote);
}
const known = new Set(remotes.values());

function openTap(name) {
  const fd = must('open', open('/dev/net/tun', O_RDWR_NONBLOCK_CLOEXEC));
  const ifreq = Buffer.alloc(40);
  ifreq.write(name);
  ifreq.writeUInt16LE(IFF_TAP_NO_PI, 16);
  must('ioctl(TUNSETIFF)', ioctl(fd, TUNSETIFF, ifreq));
  // The holder before may have asked for unfinished packets.
  must('ioctl(TUNSETOFFLOAD)', ioctlNumber(fd, TUNSETOFFLOAD, 0));
  return fd;
}

/** Buffers that no send is using. */
const free = [];

/** Whose pod the frame is for; group addresses and all but IPv4 have no remote. */
function remoteOf(frame, length) {
  if (length < ETHERNET_BYTES + 20) return undefined;
  if (frame[0] & 1 || frame.readUInt16BE(12) !== ETHERTYPE_IPV4) return undefined;
  return remotes.get(frame.readUIntBE(ETHERNET_BYTES + 16, 3));
}

/** False: there was no frame. */
function sendFrame(fd, socket) {
  const buffer = free.pop() ?? Buffer.allocUnsafeSlow(VXLAN_BYTES + FRAME_BYTES);
  const frame = buffer.subarray(VXLAN_BYTES);
  const length = read(fd, frame, FRAME_BYTES);
  const remote = length > 0 ? remoteOf(frame, length) : undefined;
  if (remote === undefined) {
    free.push(buffer);
    return length > 0;
  }
  buffer.writeUInt32BE(FLAG_VNI_VALID << 24, 0);
  buffer.writeUInt32BE(vni << 8, 4);
  // A datagram that is refused is a packet lost.
  socket.send(buffer, 0, VXLAN_BYTES + length, port, remote, () => free.push(buffer));
  return true;
}

function decap(fd, datagram, sender) {
  if (datagram.length < VXLAN_BYTES + ETHERNET_BYTES || !known.has(sender)) return;
  if (!(datagram[0] & FLAG_VNI_VALID) || datagram.readUIntBE(4, 3) !== vni) return;
  write(fd, datagram.subarray(VXLAN_BYTES), datagram.length - VXLAN_BYTES);
}

/**
 * Calls `drain` whenever there are frames; it says whether there were. libuv has no watcher for a TAP: one of its
 * threads waits in poll(2), as its other ones do for files.
 */
function onReadable(fd, drain) {
  const pollfd = koffi.alloc('uint8_t', 128);
  koffi.encode(pollfd, 0, 'int', fd);
  koffi.encode(pollfd, 4, 'short', POLLIN);
  // A thread is asked only where a turn of the loop found nothing.
  const next = () => (drain() ? setImmediate(next) : poll.async(pollfd, 1, -1, next));
  next();
}

const fd = openTap(tap);
// An address needs no name look-up, and none in a later turn of the loop.
const lookup = (address, _options, found) => found(undefined, address, 4);
const socket = createSocket({
  type: 'udp4',
  lookup,
  recvBufferSize: SOCKET_BYTES,
  sendBufferSize: SOCKET_BYTES,
});
socket.on('message', (datagram, { address }) => decap(fd, datagram, address));
socket.bind(port, local, () => {
  onReadable(fd, () => {
    let frames = 0;
    while (frames < FRAMES_A_TURN && sendFrame(fd, socket)) frames++;
    return frames > 0;
  });
  process.stdout.write('ready\n');
});
