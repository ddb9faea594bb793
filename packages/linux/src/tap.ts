/**
 * An existing TAP or TUN, opened to carry its frames (Linux: Documentation/networking/tuntap.rst, if_tun.h).
 *
 * A TAP is opened with a virtio-net header, which lies right before the frame, in the headroom:
 *
 *     | … headroom | vnet_hdr 10 | frame … |
 *                                ^ starts[i]
 *
 * No offload is asked for, so the header of a frame that was read says nothing, and one that is written is zero.
 */

import { callError, type Reasons } from './call-error.js';
import * as libc from './libc.js';
import type { LinuxError } from './linux-error.js';
import { closeOnFailure, OwnedFd } from './owned-fd.js';
import type { SlotBatch } from './slot-batch.js';

const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
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
 * };
 *
 * // A datagram of three bytes to the peer, by way of the kernel: it comes out of the device as a frame.
 * using socket = UdpSocket.bind(parseIpAddress('10.9.0.1')!, 5000);
 * batch.lengths[0] = 3;
 * batch.addresses.set(ipToMappedBytes(peer.address));
 * batch.ports[0] = 53;
 * socket.send(batch, 1); // => 1
 * const isIpv4 = () => new DataView(batch.buffer).getUint16(64 + 12) === 0x0800;
 * do tap.read(batch);
 * while (!isIpv4());
 * batch.lengths[0]; // => 14 + 20 + 8 + 3
 *
 * // The other way: what is written to the device is received by the host.
 * tap.write(batch, 1); // => 1
 * ```
 */
export class TapDevice extends OwnedFd {
  readonly name: string;
  readonly #headerBytes: number;
  #bytes = new Uint8Array(0);
  #address = 0;

  private constructor(fd: number, name: string, headerBytes: number) {
    super(fd);
    this.name = name;
    this.#headerBytes = headerBytes;
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
    closeOnFailure(fd, () => attach(fd, name, type));
    return new TapDevice(fd, name, type === 'tap' ? VNET_HEADER_BYTES : 0);
  }

  /**
   * Reads frames without blocking into slots 0…, as many as there are; returns how many. Throws LinuxError `EBADFD`
   * once the device is deleted.
   */
  read(batch: SlotBatch): number {
    this.#hold(batch.buffer);
    for (let i = 0; i < batch.slots; i++) {
      const start = batch.starts[i]! - this.#headerBytes;
      const at = this.#address + batch.offset + i * batch.stride + start;
      const count = libc.read(this.fd, at, batch.stride - start);
      if (count < 0) {
        this.#expectAgain('read');
        return i;
      }
      batch.lengths[i] = Math.max(0, count - this.#headerBytes);
    }
    return batch.slots;
  }

  /**
   * Writes the frames of slots 0…count-1 whose length is not 0; returns how many the kernel took. One that it refuses
   * is dropped; throws LinuxError only where the device is gone.
   */
  write(batch: SlotBatch, count: number): number {
    this.#hold(batch.buffer);
    let taken = 0;
    for (let i = 0; i < count; i++) {
      const length = batch.lengths[i]!;
      if (length === 0) continue;
      const at = batch.offset + i * batch.stride + batch.starts[i]! - this.#headerBytes;
      this.#bytes.fill(0, at, at + this.#headerBytes);
      if (libc.write(this.fd, this.#address + at, length + this.#headerBytes) >= 0) taken++;
      else this.#expectDropped();
    }
    return taken;
  }

  #hold(buffer: ArrayBuffer): void {
    if (this.#bytes.buffer === buffer) return;
    this.#bytes = new Uint8Array(buffer);
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

function attach(fd: number, name: string, type: 'tap' | 'tun'): void {
  const ifreq = new Uint8Array(IFREQ_BYTES);
  const view = new DataView(ifreq.buffer);
  new TextEncoder().encodeInto(name.slice(0, IFREQ_FLAGS - 1), ifreq);
  view.setUint16(
    IFREQ_FLAGS,
    type === 'tap' ? IFF_TAP | IFF_NO_PI | IFF_VNET_HDR : IFF_TUN | IFF_NO_PI,
    true,
  );
  request(fd, name, 'ioctl(TUNSETIFF)', TUNSETIFF, ifreq);
  if (type === 'tun') return;
  view.setInt32(0, VNET_HEADER_BYTES, true);
  request(fd, name, 'ioctl(TUNSETVNETHDRSZ)', TUNSETVNETHDRSZ, ifreq);
  request(fd, name, 'ioctl(TUNSETOFFLOAD)', TUNSETOFFLOAD, 0);
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
