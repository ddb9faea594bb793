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

export interface TapOptions {
  readonly type?: 'tap' | 'tun';
}

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

  /** Takes the device over; it must exist, be of this type, and be held by nobody. */
  static open(name: string, { type = 'tap' }: TapOptions = {}): TapDevice {
    // TUNSETIFF would make a device of this name that goes with the process.
    if (libc.ifNameToIndex(name) === 0) throw tapError(name, 'if_nametoindex', libc.ERRNO.ENODEV);
    const fd = libc.open('/dev/net/tun', libc.O_RDWR | libc.O_NONBLOCK | libc.O_CLOEXEC, 0);
    if (fd < 0) throw tapError(name, 'open(/dev/net/tun)', libc.errno());
    closeOnFailure(fd, () => attach(fd, name, type));
    return new TapDevice(fd, name, type === 'tap' ? VNET_HEADER_BYTES : 0);
  }

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

  /** A frame may be refused for many reasons (the device is down, the frame is too short); only a lost device ends it. */
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
