/**
 * The name of the host's end of a pod's veth pair. It follows from who the pod is, so that DEL and GC find it when the
 * namespace, subnet.env and every record are gone:
 *
 *     veth xxx yyyyyyyy    three digits for the network, eight for container and interface, to base 36
 *
 * The bridge plugin's names have four digits less, so neither takes the other's.
 */
import { createHash } from 'node:crypto';
import type { ContainerInterface } from '@podlan/cni/protocol';

const digits = (count: number, ...texts: readonly string[]): string => {
  const hash = createHash('sha256').update(texts.join('\0')).digest();
  const room = 36n ** BigInt(count);
  return (hash.readBigUInt64BE() % room).toString(36).padStart(count, '0');
};

/** What the names of one network begin with. */
export const vethPrefix = (network: string): string => `veth${digits(3, network)}`;

export const hostVeth = (network: string, { containerId, interfaceName }: ContainerInterface): string =>
  vethPrefix(network) + digits(8, network, containerId, interfaceName);

/** Whether a device is the host's end of some pod of the network. */
export const isVethOf = (network: string, device: string): boolean =>
  device.startsWith(vethPrefix(network)) && /^veth[0-9a-z]{11}$/.test(device);
