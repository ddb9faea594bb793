/** A call of ethtool for a device in the caller's network namespace (Linux: include/uapi/linux/ethtool.h). */
import { callError } from './call-error.js';
import * as libc from './libc.js';
import { AF_INET } from './socket-address.js';

const SIOCETHTOOL = 0x8946;
/** struct ifreq: | name 16 | pointer to the command's structure 8 | … | */
const IFREQ_BYTES = 40;
const IFREQ_DATA = 16;

/** `data` begins with the command, and has its answer afterwards. Throws LinuxError: `ENODEV`, `EPERM`. */
export function ethtoolCall(device: string, data: ArrayBuffer): void {
  const request = new Uint8Array(IFREQ_BYTES);
  new TextEncoder().encodeInto(device.slice(0, 15), request);
  new DataView(request.buffer).setBigUint64(IFREQ_DATA, BigInt(libc.addressOf(data)), true);
  const fd = libc.socket(AF_INET, libc.SOCK_DGRAM | libc.O_CLOEXEC, 0);
  try {
    if (libc.ioctlOnStruct(fd, SIOCETHTOOL, request) === 0) return;
    throw callError('ioctl(SIOCETHTOOL)', [device]);
  } finally {
    libc.close(fd);
  }
}
