/**
 * An existing TAP or TUN, opened to carry its frames (Linux: Documentation/networking/tuntap.rst, if_tun.h).
 *
 * It is opened with a virtio-net header. That of a frame that was read lies right before it, in the headroom; a frame of
 * a TUN is an IP packet:
 *
 *     | … headroom | vnet_hdr 10 | frame … |
 *                                ^ starts[i]
 *
 * All offloads are asked for that the kernel has, so frames come without their checksums, and up to 64 KiB long, to be
 * cut into segments; and such may be written. One queue: with IFF_MULTI_QUEUE a device may be opened several times, a
 * thread to each, and the kernel keeps every flow on one queue.
 */

import { callError, type Reasons } from './call-error.js';
import { IOVEC_BYTES, setIovec } from './io-vector.js';
import * as libc from './libc.js';
import type { LinuxError } from './linux-error.js';
import { closeOnFailure, OwnedFd } from './owned-fd.js';
import {
  FIRST_PIECE_WORD,
  FRAME_BYTES,
  type FrameBatch,
  type SlotBatch,
  WORDS_PER_FRAME,
} from './slot-batch.js';

const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const TUNGETIFF = 0x800454d2;
const TUNSETVNETHDRSZ = 0x400454d8;
const IFF_TUN = 0x0001;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
/** struct ifreq: | name 16 | flags 2 … | */
const IFREQ_FLAGS = 16;
const IFREQ_BYTES = 40;
/** struct virtio_net_hdr without num_buffers. */
export const VNET_HEADER_BYTES = 10;

// TUNSETOFFLOAD
const TUN_F_CSUM = 0x01;
const TUN_F_TSO = 0x02 | 0x04 | 0x08; // IPv4, IPv6, and both with ECN
const TUN_F_USO = 0x20 | 0x40; // since Linux 6.2
/** From the most a kernel may have to nothing. */
const OFFLOADS = [TUN_F_CSUM | TUN_F_TSO | TUN_F_USO, TUN_F_CSUM | TUN_F_TSO, 0];

/** Super-packets of one read: the other direction waits for all of them to be cut and sent. */
const MAX_READ_BYTES = 1 << 19;
/** IOV_MAX of Linux: more pieces are not written in one call. */
const MAX_IOVECS = 1024;

/** Of which type the device is: `tap`, the default, or `tun`. */
export interface TapOptions {
  readonly type?: 'tap' | 'tun';
}

/**
 * An open TAP or TUN, read and written in batches; closed by `close` or by the end of a `using` block.
 * @example As root
 * ```ts
 * import { LinuxKernel, type Row, type SlotBatch, TapDevice, UdpSocket } from '@podlan/linux';
 * import { ipToMappedBytes, parseInterfaceAddress, parseIpAddress, parseMacAddress } from '@podlan/wire';
 *
 * const dev = 'flannel.1';
 * const peer = { address: parseIpAddress('10.9.0.2')!, mac: parseMacAddress('02:00:00:00:00:02')! };
 * const rows: Row[] = [
 *   { kind: 'link', type: 'tap', name: dev, mtu: 1450, up: true },
 *   { kind: 'address', dev, address: parseInterfaceAddress('10.9.0.1/24')! },
 *   { kind: 'neighbor', dev, ...peer },
 * ];
 * await new LinuxKernel().apply(rows.map((row) => ({ op: 'add', row }))); // => []
 * using tap = TapDevice.open(dev);
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
 * // A datagram of three bytes to the peer, by way of the kernel: it comes out of the device as a frame. A device that was
 * // just opened drops what comes in its first moment.
 * using socket = UdpSocket.bind(parseIpAddress('10.9.0.1')!, 5000);
 * const send = () => {
 *   batch.lengths[0] = 3;
 *   batch.addresses.set(ipToMappedBytes(peer.address));
 *   batch.ports[0] = 53;
 *   return socket.send(batch, 1);
 * };
 * const isIpv4 = () => new DataView(batch.buffer).getUint16(64 + 12) === 0x0800;
 * do send();
 * while (tap.read(batch) === 0 || !isIpv4());
 * batch.lengths[0]; // => 14 + 20 + 8 + 3
 *
 * // The other way: what is written to the device is received by the host. One frame of one piece, the one just read;
 * // its vnet_hdr, all zeros, lies at the start of the buffer, and words 3 and 7 say where its pieces begin and end.
 * const headerWords = new Uint32Array(batch.buffer, 0, 8);
 * headerWords[7] = 1;
 * const pieces = Uint32Array.of(64, batch.lengths[0]!);
 * tap.write({ buffer: batch.buffer, headers: 0, headerWords, pieces }, 1); // => 1
 * ```
 * @example As root, handed on
 * ```ts
 * import { FdReceiver, LinuxKernel, sendFds, TapDevice } from '@podlan/linux';
 *
 * const link = { kind: 'link', type: 'tap', name: 'flannel.1', mtu: 1450, up: true } as const;
 * await new LinuxKernel().apply([{ op: 'add', row: link }]); // => []
 * const tap = TapDevice.open(link.name);
 *
 * // The other process would be the one that receives.
 * using receiver = FdReceiver.bind(`/tmp/tap-${process.pid}.sock`);
 * sendFds(receiver.path, { text: link.name, fds: [tap.fd] });
 * const { text, fds } = receiver.receive()!;
 * using same = TapDevice.adopt(fds[0]!, text);
 * tap.close();
 * same.merged.tcp; // => true
 * ```
 */
export class TapDevice extends OwnedFd {
  readonly name: string;
  /** Whether several segments of a flow may be written as one super-packet. */
  readonly merged: { readonly tcp: boolean; readonly udp: boolean };
  readonly #iovecs = new Uint32Array((MAX_IOVECS * IOVEC_BYTES) / 4);
  readonly #iovecsAddress = libc.addressOf(this.#iovecs.buffer);
  #buffer = new ArrayBuffer(0);
  #address = 0;

  private constructor(fd: number, name: string, offloads: number) {
    super(fd);
    this.name = name;
    this.merged = { tcp: (offloads & TUN_F_TSO) !== 0, udp: (offloads & TUN_F_USO) !== 0 };
  }

  /**
   * Takes the device over; it must exist, be of this type, and be held by nobody. Throws LinuxError: `ENODEV`,
   * `EINVAL`, `EBUSY`, or `EPERM` and `EACCES` where the right is missing.
   */
  static open(name: string, { type = 'tap' }: TapOptions = {}): TapDevice {
    // TUNSETIFF would make a device of this name that goes with the process.
    if (libc.ifNameToIndex(name) === 0) throw tapError(name, 'if_nametoindex', libc.ERRNO.ENODEV);
    const fd = libc.open('/dev/net/tun', libc.O_RDWR | libc.O_NONBLOCK | libc.O_CLOEXEC, 0);
    if (fd < 0) throw tapError(name, 'open(/dev/net/tun)', libc.errno());
    const offloads = closeOnFailure(fd, () => attach(fd, name, type));
    return new TapDevice(fd, name, offloads);
  }

  /**
   * Takes over an open device that another process handed on: `fd` is its to close, also where it is not this device.
   * What waits in it stays there. Throws LinuxError: `ENODEV` for another device, `EBADFD`, `ENOTTY`, `EBADF`.
   */
  static adopt(fd: number, name: string, { type = 'tap' }: TapOptions = {}): TapDevice {
    const offloads = closeOnFailure(fd, () => {
      expectDevice(fd, name, type);
      return askOffloads(fd, name);
    });
    return new TapDevice(fd, name, offloads);
  }

  /**
   * Reads frames without blocking into slots 0…, as many as there are, but no more after half a megabyte; returns how
   * many. Throws LinuxError `EBADFD` once the device is deleted.
   */
  read(batch: SlotBatch): number {
    this.#hold(batch.buffer);
    let bytes = 0;
    for (let i = 0; i < batch.slots; i++) {
      if (bytes >= MAX_READ_BYTES) return i;
      const start = batch.starts[i]! - VNET_HEADER_BYTES;
      const at = this.#address + batch.offset + i * batch.stride + start;
      const count = libc.read(this.fd, at, batch.stride - start);
      if (count < 0) {
        this.#expectAgain('read');
        return i;
      }
      batch.lengths[i] = Math.max(0, count - VNET_HEADER_BYTES);
      bytes += count;
    }
    return batch.slots;
  }

  /**
   * Writes frames 0…count-1, each one write(2) of its vnet_hdr and pieces; returns how many the kernel took. One that it
   * refuses is dropped; throws LinuxError only where the device is gone.
   */
  write(batch: FrameBatch, count: number): number {
    this.#hold(batch.buffer);
    let taken = 0;
    for (let frame = 0; frame < count; frame++) {
      if (libc.writev(this.fd, this.#iovecsAddress, this.#gather(batch, frame)) >= 0) taken++;
      else this.#expectDropped();
    }
    return taken;
  }

  /** Lays out the vnet_hdr and the pieces of a frame; returns how many iovecs that takes. */
  #gather({ headers, headerWords, pieces }: FrameBatch, frame: number): number {
    let count = 0;
    setIovec(this.#iovecs, 0, count++, this.#address + headers + frame * FRAME_BYTES, VNET_HEADER_BYTES);
    const at = frame * WORDS_PER_FRAME + FIRST_PIECE_WORD;
    const end = headerWords[at + WORDS_PER_FRAME]!;
    for (let piece = headerWords[at]!; piece < end; piece++) {
      setIovec(this.#iovecs, 0, count++, this.#address + pieces[piece * 2]!, pieces[piece * 2 + 1]!);
    }
    return count;
  }

  #hold(buffer: ArrayBuffer): void {
    if (this.#buffer === buffer) return;
    this.#buffer = buffer;
    this.#address = libc.addressOf(buffer);
  }

  #expectAgain(op: string): void {
    const number = libc.errno();
    if (number !== libc.ERRNO.EAGAIN && number !== libc.ERRNO.EINTR) throw tapError(this.name, op, number);
  }

  /**
   * A frame may be refused for many reasons (the device is down, the frame is too short); only a lost device ends it.
   */
  #expectDropped(): void {
    const number = libc.errno();
    const { EBADFD, ENODEV } = libc.ERRNO;
    if (number === EBADFD || number === ENODEV) throw tapError(this.name, 'write', number);
  }
}

const flagsOf = (type: 'tap' | 'tun'): number =>
  (type === 'tap' ? IFF_TAP : IFF_TUN) | IFF_NO_PI | IFF_VNET_HDR;

/** Returns the offloads the device has now. */
function attach(fd: number, name: string, type: 'tap' | 'tun'): number {
  const ifreq = new Uint8Array(IFREQ_BYTES);
  const view = new DataView(ifreq.buffer);
  new TextEncoder().encodeInto(name.slice(0, IFREQ_FLAGS - 1), ifreq);
  view.setUint16(IFREQ_FLAGS, flagsOf(type), true);
  request(fd, name, 'ioctl(TUNSETIFF)', TUNSETIFF, ifreq);
  view.setInt32(0, VNET_HEADER_BYTES, true);
  request(fd, name, 'ioctl(TUNSETVNETHDRSZ)', TUNSETVNETHDRSZ, ifreq);
  return askOffloads(fd, name);
}

/** That an open file is this device, in this way. */
function expectDevice(fd: number, name: string, type: 'tap' | 'tun'): void {
  const ifreq = new Uint8Array(IFREQ_BYTES);
  request(fd, name, 'ioctl(TUNGETIFF)', TUNGETIFF, ifreq);
  const found = new TextDecoder().decode(ifreq.subarray(0, ifreq.indexOf(0)));
  const flags = new DataView(ifreq.buffer).getUint16(IFREQ_FLAGS, true);
  if (found !== name || (flags & flagsOf(type)) !== flagsOf(type))
    throw tapError(name, 'ioctl(TUNGETIFF)', libc.ERRNO.ENODEV);
}

function askOffloads(fd: number, name: string): number {
  const taken = OFFLOADS.find((offloads) => libc.ioctl(fd, TUNSETOFFLOAD, offloads) >= 0);
  if (taken === undefined) throw tapError(name, 'ioctl(TUNSETOFFLOAD)', libc.errno());
  return taken;
}

function request(fd: number, name: string, op: string, code: number, argument: number | Uint8Array): void {
  const call = typeof argument === 'number' ? libc.ioctl : libc.ioctlOnStruct;
  if (call(fd, code, argument) < 0) throw tapError(name, op, libc.errno());
}

const REASONS: Reasons = {
  ENODEV: 'there is no such device',
  EBADFD: 'the device was deleted',
  EBUSY: 'another process holds the device',
  EINVAL: 'the device is of another type, or has no vnet_hdr',
  EPERM: 'needs the right to administer the network (CAP_NET_ADMIN)',
  EACCES: 'needs read and write access to /dev/net/tun',
  ENOENT: '/dev/net/tun is missing (modprobe tun)',
};

function tapError(name: string, op: string, number: number): LinuxError {
  return callError(op, [name], REASONS, number);
}
