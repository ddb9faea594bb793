/** The UDP socket that all VXLAN devices of a port share; it is there while one of them is up. */
import { familyOf, parseVxlan } from '@podlan/wire';
import type { Netns } from '../kernel/netns.js';
import type { Received } from '../kernel/sockets.js';
import { Vxlan } from './vxlan.js';

/** Those that are up. */
export function vxlansOn(netns: Netns, port: number): Vxlan[] {
  const found: Vxlan[] = [];
  for (const device of netns.devices)
    if (device instanceof Vxlan && device.port === port && device.up) found.push(device);
  return found;
}

/** Returns whether there is such a socket, whatever became of the datagram. */
export function deliverToVxlan(netns: Netns, port: number, received: Received): boolean {
  const devices = vxlansOn(netns, port).filter(({ local }) => familyOf(local) === received.ip.family);
  if (devices.length === 0) return false;
  const { packet, payload } = received;
  const vxlan = parseVxlan(payload);
  const device = devices.find(({ vni }) => vni === vxlan?.vni);
  if (vxlan === undefined) netns.drop(packet, 'malformed', 'no VXLAN header');
  else if (device !== undefined) device.decapsulate(received, vxlan.payload);
  else {
    const here = devices.map(({ name, vni }) => `${name} has ${vni}`).join(', ');
    netns.drop(packet, 'no-vni', `VNI ${vxlan.vni} is no network of this host: ${here}`);
  }
  return true;
}
