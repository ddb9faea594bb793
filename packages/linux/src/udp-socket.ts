/** A UDP socket that receives and sends in batches, straight from and into packet memory. */
import { type Family, familyOf, type IpAddress, ipToMappedBytes } from '@podlan/wire';
import { callError } from './call-error.js';
import * as libc from './libc.js';
import type { LinuxError } from './linux-error.js';
import { MessageVector } from './message-vector.js';
import { closeOnFailure, OwnedFd } from './owned-fd.js';
import type { SlotBatch } from './slot-batch.js';
import {
  AF_INET,
  AF_INET6,
  reachable,
  readSockaddr,
  SOCKADDR_BYTES,
  SOCKADDR_STRIDE,
  writeSockaddr,
} from './socket-address.js';
import { growBuffer, setOption } from './socket-options.js';

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
const IPV6_V6ONLY = 26;
/** The kernel may fragment, and learns no path MTU from an ICMP that anyone can send. */
const PMTUDISC_DONT = 0;
const MSG_TRUNC = 0x20;

const BUFFER_BYTES = 8 << 20;

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
 */
export class UdpSocket extends OwnedFd {
  readonly #family: Family;
  #vector = new MessageVector(0);
  #buffer: ArrayBuffer | undefined;
  #address = 0;

  private constructor(fd: number, family: Family) {
    super(fd);
    this.#family = family;
  }

  /**
   * `local` may be `0.0.0.0` or `::`; an IPv6 socket takes IPv6 only. Throws LinuxError: `EADDRINUSE`, `EADDRNOTAVAIL`.
   * What it overrides is the `bind` of every function, and so of every class.
   */
  static override bind(local: IpAddress, port: number): UdpSocket {
    const family = familyOf(local);
    const flags = libc.SOCK_DGRAM | libc.O_NONBLOCK | libc.O_CLOEXEC;
    const fd = libc.socket(family === 4 ? AF_INET : AF_INET6, flags, 0);
    if (fd < 0) throw socketError('socket', local, port);
    closeOnFailure(fd, () => {
      configure(fd, family);
      bind(fd, local, port);
    });
    return new UdpSocket(fd, family);
  }

  /**
   * Receives without blocking into slots 0…, with senders' addresses and ports; returns how many. A datagram that was
   * longer than its slot has length 0.
   */
  receive(batch: SlotBatch): number {
    this.#hold(batch);
    const { stride, starts, slots } = batch;
    for (let i = 0; i < slots; i++) {
      const start = starts[i]!;
      this.#vector.set(i, this.#slot(batch, i) + start, stride - start, SOCKADDR_STRIDE);
    }
    const count = libc.recvmmsg(this.fd, this.#vector.address, slots, 0, 0);
    // An ICMP error about an earlier datagram is told here once; it concerns nothing received.
    if (count < 0) return 0;
    for (let i = 0; i < count; i++) this.#take(batch, i);
    return count;
  }

  /**
   * Sends slots 0…count-1 whose length is not 0 to `addresses[i]`:`ports[i]`; returns how many the kernel took. One
   * that it refuses (no route, too long, of the other family) is dropped.
   */
  send(batch: SlotBatch, count: number): number {
    this.#hold(batch);
    let wanted = 0;
    for (let i = 0; i < count; i++) {
      if (batch.lengths[i]! > 0 && reachable(this.#family, batch.addresses, i * 16))
        this.#put(batch, i, wanted++);
    }
    let taken = 0;
    for (let next = 0; next < wanted; ) {
      const sent = libc.sendmmsg(this.fd, this.#vector.from(next), wanted - next, 0);
      if (sent > 0) taken += sent;
      else if (libc.errno() === libc.ERRNO.EAGAIN) break;
      // The first one was refused (no route, too long): the rest may go.
      next += sent > 0 ? sent : 1;
    }
    return taken;
  }

  #hold({ buffer, slots }: SlotBatch): void {
    if (this.#vector.slots < slots) this.#vector = new MessageVector(slots);
    if (this.#buffer === buffer) return;
    this.#buffer = buffer;
    this.#address = libc.addressOf(buffer);
  }

  #slot(batch: SlotBatch, i: number): number {
    return this.#address + batch.offset + i * batch.stride;
  }

  #take(batch: SlotBatch, i: number): void {
    const cut = (this.#vector.flags(i) & MSG_TRUNC) !== 0;
    batch.lengths[i] = cut ? 0 : this.#vector.length(i);
    batch.ports[i] = readSockaddr(this.#vector.view, this.#vector.sockaddr(i), batch.addresses, i * 16);
  }

  #put(batch: SlotBatch, i: number, message: number): void {
    const { addresses, ports, starts, lengths } = batch;
    const at = this.#vector.sockaddr(message);
    writeSockaddr(this.#vector.view, at, this.#family, addresses, i * 16, ports[i]!);
    this.#vector.set(message, this.#slot(batch, i) + starts[i]!, lengths[i]!, SOCKADDR_BYTES[this.#family]);
  }
}

function configure(fd: number, family: Family): void {
  if (family === 4) setOption(fd, IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT);
  else {
    setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    setOption(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DONT);
  }
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

function socketError(op: string, local: IpAddress, port: number): LinuxError {
  const reasons = {
    EADDRINUSE: `UDP port ${port} is in use: another agent, or a vxlan device, has it (ss -lunp; ip -d link)`,
    EADDRNOTAVAIL: 'no interface has this address',
  };
  return callError(op, [`${local} port ${port}`], reasons);
}
