/** The address that a device of podlan's should have, and the lines that give it. */
import { addressBits } from '@podlan/linux/prefix';
import { type Family, type InterfaceAddress, parseInterfaceAddress, prefixAddress } from '@podlan/wire';
import { replaceLines } from './peer-side.js';
import { leasedSubnets, ofFamily, type Scene, sysctl, sysctlName } from './scene.js';

/** Of a tunnel device: the subnet's own. */
export function overlayAddress(scene: Scene, family: Family): string | undefined {
  const subnet = ofFamily(leasedSubnets(scene), family);
  return subnet && `${prefixAddress(subnet)}/${addressBits(subnet)}`;
}

const disableKey = (dev: string): string => `net/ipv6/conf/${dev}/disable_ipv6`;

/** A device on which IPv6 is off takes no address of it, and has lost those that it had. */
const isRefused = ({ host }: Scene, dev: string, address: InterfaceAddress): boolean =>
  address.includes(':') && sysctl(host, disableKey(dev)) === '1';

/** None for what is no address. */
export function addressLines(scene: Scene, dev: string, text: string | undefined): string[] {
  const address = parseInterfaceAddress(text ?? '');
  if (address === undefined) return [];
  const allow = isRefused(scene, dev, address) ? [`sysctl -w ${sysctlName(disableKey(dev))}=0`] : [];
  return [...allow, ...replaceLines({ kind: 'address', dev, address })];
}
