/**
 * A UDP socket that receives and sends in batches, straight from and into packet memory. Neighbouring datagrams to one
 * address are handed to the kernel as a train, and it hands trains over where it made some (UDP_SEGMENT and UDP_GRO,
 * udp(7)): one passage through its layers instead of one for each datagram.
 *
 * It is bound to one port and sends from there: source ports by flow would need a socket for each.
 */
import { type Family, familyOf, type IpAddress, ipFromMappedBytes, ipToMappedBytes } from '@podlan/wire';
import { callError } from './call-error.js';
import { DatagramReceiver } from './datagram-receiver.js';
import * as libc from './libc.js';
import type { LinuxError } from './linux-error.js';
import { closeOnFailure, OwnedFd } from './owned-fd.js';
import { SingleSender } from './single-sender.js';
import type { SlotBatch } from './slot-batch.js';
import {
  AF_INET,
  AF_INET6,
  readSockaddr,
  SOCKADDR_BYTES,
  SOCKADDR_STRIDE,
  writeSockaddr,
} from './socket-address.js';
import { getOption, growBuffer, setOption } from './socket-options.js';
import { TrainPacker } from './train-packer.js';

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const SOL_UDP = 17;
const IP_MTU_DISCOVER = 10;
const IP_RECVTOS = 13;
const IPV6_MTU_DISCOVER = 23;
const IPV6_V6ONLY = 26;
const IPV6_RECVTCLASS = 66;
const UDP_GRO = 104;
/** The kernel may fragment, as its vxlan does, and learns no path MTU from an ICMP that anyone can send. */
const PMTUDISC_DONT = 0;
/** DF is set where a message fits the path, as the kernel has learned it: never on a train, which is longer. */
const PMTUDISC_WANT = 1;
/** DF is always set, and what does not fit the path is refused. */
const PMTUDISC_DO = 2;
const DISCOVERY: Readonly<Record<Family, readonly [level: number, name: number]>> = {
  4: [IPPROTO_IP, IP_MTU_DISCOVER],
  6: [IPPROTO_IPV6, IPV6_MTU_DISCOVER],
};

const BUFFER_BYTES = 8 << 20;

/** How datagrams are sent. */
export interface UdpSocketOptions {
  /**
   * Sets IPv4's DF on what fits the path as the kernel has learned it (RFC 1191), and fragments the rest: what flannel's
   * udp backend does, by not asking otherwise.
   */
  readonly dontFragment?: boolean;
}

/**
 * An open UDP socket, closed by `close` or by the end of a `using` block.
 * @example As root
 * ```ts
 * import { type SlotBatch, UdpSocket } from '@podlan/linux';
 * import { ipFromMappedBytes, ipToMappedBytes, parseIpAddress } from '@podlan/wire';
 *
 * const local = parseIpAddress('127.0.0.1')!;
 * using socket = UdpSocket.bind(local, 8472);
 *
 * // One slot of 2,048 bytes, of which 64 are headroom. A Forwarder has its own in WebAssembly memory.
 * const batch: SlotBatch = {
 *   buffer: new ArrayBuffer(2048),
 *   offset: 0,
 *   stride: 2048,
 *   slots: 1,
 *   starts: Uint32Array.of(64),
 *   lengths: new Uint32Array(1),
 *   addresses: new Uint8Array(16),
 *   ports: new Uint16Array(1),
 *   segments: new Uint32Array(1),
 *   classes: new Uint8Array(1),
 * };
 *
 * // Five bytes to itself.
 * new Uint8Array(batch.buffer).set([1, 2, 3, 4, 5], 64);
 * batch.lengths[0] = 5;
 * batch.addresses.set(ipToMappedBytes(local));
 * batch.ports[0] = 8472;
 * socket.send(batch, 1); // => 1
 *
 * batch.ports[0] = 0;
 * socket.receive(batch); // => 1
 * batch.lengths[0]; // => 5
 * ipFromMappedBytes(batch.addresses); // => '127.0.0.1'
 * batch.ports[0]; // => 8472
 * socket.receive(batch); // => 0
 * ```
 * @example As root, handed on
 * ```ts
 * import { FdReceiver, sendFds, UdpSocket } from '@podlan/linux';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const local = parseIpAddress('127.0.0.1')!;
 * const socket = UdpSocket.bind(local, 8472);
 *
 * // The other process would be the one that receives.
 * using receiver = FdReceiver.bind(`/tmp/udp-${process.pid}.sock`);
 * sendFds(receiver.path, { text: '', fds: [socket.fd] });
 * using same = UdpSocket.adopt(receiver.receive()!.fds[0]!, local, 8472);
 * socket.close();
 * same.fd > 2; // => true
 * ```
 */
export class UdpSocket extends OwnedFd {
  readonly #receiver: DatagramReceiver;
  readonly #packer: TrainPacker;
  readonly #singly: SingleSender;
  readonly #family: Family;

  private constructor(fd: number, family: Family) {
    super(fd);
    this.#receiver = new DatagramReceiver(fd);
    this.#packer = new TrainPacker(family);
    this.#singly = new SingleSender(fd);
    this.#family = family;
  }

  /**
   * `local` may be `0.0.0.0` or `::`; an IPv6 socket takes IPv6 only. Throws LinuxError: `EADDRINUSE`, `EADDRNOTAVAIL`.
   * What it overrides is the `bind` of every function, and so of every class.
   */
  static override bind(local: IpAddress, port: number, options: UdpSocketOptions = {}): UdpSocket {
    const family = familyOf(local);
    const flags = libc.SOCK_DGRAM | libc.O_NONBLOCK | libc.O_CLOEXEC;
    const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, flags, 0);
    if (fd < 0) throw socketError('socket', local, port);
    closeOnFailure(fd, () => {
      configure(fd, family, options.dontFragment ? PMTUDISC_DO : PMTUDISC_DONT);
      bind(fd, local, port);
    });
    return new UdpSocket(fd, family);
  }

  /**
   * Takes over an open socket that another process handed on: `fd` is its to close, also where it is bound otherwise.
   * What waits in it stays there, and it keeps its options. Throws LinuxError: `EADDRNOTAVAIL` for another address or
   * port, `ENOTSOCK`, `EBADF`.
   */
  static adopt(fd: number, local: IpAddress, port: number): UdpSocket {
    closeOnFailure(fd, () => expectBound(fd, local, port));
    return new UdpSocket(fd, familyOf(local));
  }

  /**
   * Receives without blocking into slots 0…, with senders' addresses and ports; returns how many slots. A slot holds a
   * datagram, or a train of them: `segments` says how long each is. One longer than its slot has length 0.
   */
  receive(batch: SlotBatch): number {
    return this.#receiver.receive(batch);
  }

  /**
   * Sends slots 0…count-1 whose length is not 0, each a datagram or a train; returns how many datagrams the kernel took.
   * What it refuses (no route, too long, of the other family) is dropped, and the rest goes on.
   */
  send(batch: SlotBatch, count: number): number {
    let taken = 0;
    this.#packer.begin(batch, count);
    for (let messages = this.#packer.pack(); messages > 0; messages = this.#packer.pack()) {
      taken += this.#flush(messages);
    }
    return taken;
  }

  /** Returns how many datagrams the kernel took. */
  #flush(messages: number): number {
    const { vector, datagrams } = this.#packer;
    let taken = 0;
    for (let next = 0; next < messages; ) {
      const sent = libc.sendmmsg(this.fd, vector.from(next), messages - next, 0);
      for (let i = 0; i < sent; i++) taken += datagrams[next + i]!;
      if (sent <= 0 && libc.errno() === libc.ERRNO.EAGAIN) break;
      // The first one was refused (no route, too long): the rest may go.
      if (sent <= 0) taken += this.#refused(next);
      next += Math.max(1, sent);
    }
    return taken;
  }

  /**
   * A train that a kernel or a device can't cut (EINVAL, EIO), and datagrams that have to be fragmented (EMSGSIZE), may
   * go as single datagrams. Returns how many of them the kernel took.
   */
  #refused(message: number): number {
    const { EIO, EINVAL, EMSGSIZE } = libc.ERRNO;
    const number = libc.errno();
    if (number === EMSGSIZE) return this.#sendTooLong(message);
    const isTrain = this.#packer.datagrams[message]! > 1;
    if (!isTrain || (number !== EIO && number !== EINVAL)) return 0;
    this.#packer.trains = false;
    return this.#singly.send(this.#packer, message);
  }

  /** One by one, and without DF where they have to be fragmented. */
  #sendTooLong(message: number): number {
    const [level, name] = DISCOVERY[this.#family];
    const discovery = getOption(this.fd, level, name);
    if (discovery === PMTUDISC_DO) setOption(this.fd, level, name, PMTUDISC_WANT);
    const taken = this.#singly.send(this.#packer, message);
    if (discovery === PMTUDISC_DO) setOption(this.fd, level, name, discovery);
    return taken;
  }
}

function configure(fd: number, family: Family, discovery: number): void {
  if (family === 4) {
    setOption(fd, IPPROTO_IP, IP_RECVTOS, 1);
  } else {
    setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    setOption(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
  }
  setOption(fd, ...DISCOVERY[family], discovery);
  setOption(fd, SOL_UDP, UDP_GRO, 1);
  growBuffer(fd, 'receive', BUFFER_BYTES);
  growBuffer(fd, 'send', BUFFER_BYTES);
}

function bind(fd: number, local: IpAddress, port: number): void {
  const family = familyOf(local);
  const sockaddr = new Uint8Array(SOCKADDR_STRIDE);
  writeSockaddr(new DataView(sockaddr.buffer), 0, family, ipToMappedBytes(local), 0, port);
  const result = libc.bindSocket(fd, sockaddr, SOCKADDR_BYTES[family]);
  if (result < 0) throw socketError('bind', local, port);
}

/** That an open file is a socket of this address and port. */
function expectBound(fd: number, local: IpAddress, port: number): void {
  const sockaddr = new Uint8Array(SOCKADDR_STRIDE);
  const length = new Uint8Array(Int32Array.of(SOCKADDR_STRIDE).buffer);
  if (libc.getsockname(fd, sockaddr, length) < 0) throw socketError('getsockname', local, port);
  const mapped = new Uint8Array(16);
  const boundPort = readSockaddr(new DataView(sockaddr.buffer), 0, mapped, 0);
  if (boundPort === port && ipFromMappedBytes(mapped) === local) return;
  throw socketError('getsockname', local, port, libc.ERRNO.EADDRNOTAVAIL);
}

function socketError(op: string, local: IpAddress, port: number, number = libc.errno()): LinuxError {
  const reasons = {
    EADDRINUSE: `UDP port ${port} is in use: another agent, or a vxlan device, has it (ss -lunp; ip -d link)`,
    EADDRNOTAVAIL: 'no interface has this address',
  };
  return callError(op, [`${local} port ${port}`], reasons, number);
}
