/** `disable_ipv6` of a device: it has no addresses and routes of IPv6 then, and takes and sends nothing (net/ipv6/addrconf.c). */
import { familyOf } from '@podlan/wire';
import type { Device } from '../devices/device.js';
import type { Netns } from './netns.js';

export const isIpv6Off = ({ sysctls }: Netns, dev: string): boolean =>
  sysctls.device('ipv6', dev, 'disable_ipv6') > 0;

export const switchRow = (dev: string) =>
  ({ table: 'sysctl', text: `net.ipv6.conf.${dev}.disable_ipv6 = 1` }) as const;

/** With what the kernel does to devices whose IPv6 is switched. */
export function setSysctl(netns: Netns, key: string, value: string): void {
  const before = new Map([...netns.devices].map((device) => [device, isIpv6Off(netns, device.name)]));
  netns.sysctls.set(key, value);
  for (const [device, wasOff] of before) {
    const isOff = isIpv6Off(netns, device.name);
    if (isOff && !wasOff) forget(netns, device);
    if (wasOff && !isOff && device.up) netns.addLinkLocal(device);
  }
}

/** addrconf_ifdown, rt6_disable_ip: the neighbors too. */
function forget(netns: Netns, { name }: Device): void {
  for (const { address } of netns.addressesOf(name, 6)) netns.deleteAddress(name, address);
  netns.fib.deleteWhere(({ dev, prefix }) => dev === name && familyOf(prefix) === 6);
  for (const { address } of [...netns.neighbors.of(name)])
    if (familyOf(address) === 6) netns.neighbors.delete(name, address);
}
