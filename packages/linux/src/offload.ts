/**
 * What a device leaves to others, and what it does for them (Linux: include/uapi/linux/ethtool.h). A veth pair hands
 * packets on with unfinished checksums and unsegmented, as no wire could, and joins none that come in, as every card's
 * driver does.
 */
import { ethtoolCall } from './ethtool-call.js';

/** With it go segmentation offloads, which need it. */
const ETHTOOL_STXCSUM = 0x17;
const ETHTOOL_SGRO = 0x2c;
/** struct ethtool_value: | cmd 4 | data 4 | */
const VALUE_BYTES = 8;

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
  const call = new DataView(new ArrayBuffer(VALUE_BYTES));
  call.setUint32(0, command, true);
  call.setUint32(4, value, true);
  ethtoolCall(device, call.buffer);
}
