/**
 * What a device leaves to others, and what it does for them (Linux: include/uapi/linux/ethtool.h). A veth pair hands
 * packets on with unfinished checksums and unsegmented, as no wire could, and joins none that come in, as every card's
 * driver does.
 */
import { callError } from './call-error.js';
import * as libc from './libc.js';
import { AF_INET } from './socket-address.js';

const SIOCETHTOOL = 0x8946;
/** With it go segmentation offloads, which need it. */
const ETHTOOL_STXCSUM = 0x17;
const ETHTOOL_SGRO = 0x2c;
/** struct ifreq: | name 16 | pointer to struct ethtool_value {u32 cmd, data} |; the value is kept right behind it. */
const IFREQ_DATA = 16;
const VALUE_AT = 40;

/**
 * Turns transmit checksum offload, and so segmentation offload, off for a device in the caller's network namespace.
 * Throws LinuxError: `ENODEV`, `EPERM`.
 * @example As root
 * ```ts
 * import { disableTransmitOffload, type Link, LinuxKernel } from '@podlan/linux';
 *
 * const eth0: Link = { kind: 'link', type: 'veth', name: 'eth0', mtu: 1500, up: true, peer: { name: 'wire' } };
 * await new LinuxKernel().apply([{ op: 'add', row: eth0 }]); // => []
 * disableTransmitOffload('eth0'); // from now on what leaves it is as on a wire
 * ```
 */
export function disableTransmitOffload(device: string): void {
  setOffload(device, ETHTOOL_STXCSUM, 0);
}

/**
 * Turns generic receive offload on for a device in the caller's network namespace: packets of a flow that come in a row
 * are joined. A veth does so only with what the other end has finished, so that one must have no transmit offloads.
 * Throws LinuxError: `ENODEV`, `EPERM`.
 * @example As root
 * ```ts
 * import { disableTransmitOffload, enableReceiveOffload, type Link, LinuxKernel } from '@podlan/linux';
 *
 * const card: Link = { kind: 'link', type: 'veth', name: 'card', mtu: 1500, up: true, peer: { name: 'port' } };
 * await new LinuxKernel().apply([{ op: 'add', row: card }]); // => []
 * disableTransmitOffload('port');
 * enableReceiveOffload('card'); // from now on it joins what the port sends, as a card's driver does
 * ```
 */
export function enableReceiveOffload(device: string): void {
  setOffload(device, ETHTOOL_SGRO, 1);
}

function setOffload(device: string, command: number, value: number): void {
  const request = new DataView(new ArrayBuffer(128));
  const address = libc.addressOf(request.buffer as ArrayBuffer);
  new TextEncoder().encodeInto(device.slice(0, 15), new Uint8Array(request.buffer, 0, 16));
  request.setBigUint64(IFREQ_DATA, BigInt(address + VALUE_AT), true);
  request.setUint32(VALUE_AT, command, true);
  request.setUint32(VALUE_AT + 4, value, true);
  const fd = libc.socket(AF_INET, libc.SOCK_DGRAM | libc.O_CLOEXEC, 0);
  try {
    if (libc.ioctl(fd, SIOCETHTOOL, address) === 0) return;
    throw callError('ioctl(SIOCETHTOOL)', [device]);
  } finally {
    libc.close(fd);
  }
}
