/** From what a reader asks for to a probe of the simulator. */
import { diagnose, doubtsOf, type PlacedNetwork, type ProbeOptions, probe } from '@podlan/simulator';
import { familyOf, type IpAddress, parseIpAddress } from '@podlan/wire';
import type { PacketShape } from '../state/playground-state';
import type { Walk } from './scene';

/** Throws RangeError where there is no such place, or it has no address of the family that is asked for. */
export function sendPacket(around: PlacedNetwork, packet: PacketShape): Walk {
  const { from, protocol, port, size, dontFragment } = packet;
  const netns = around.network.netns(from);
  if (netns === undefined) throw new RangeError(`from: ${noSuchPlace(around, from)}`);
  const options: ProbeOptions = {
    destination: destinationOf(around, packet),
    protocol,
    ...(port !== undefined && protocol !== 'icmp' && { destinationPort: port }),
    ...(size !== undefined && { size }),
    ...(dontFragment !== undefined && { dontFragment }),
  };
  const result = probe(netns, options);
  return { packet, result, findings: diagnose(result, around), doubts: doubtsOf(result, around) };
}

function destinationOf(around: PlacedNetwork, { to, family }: PacketShape): IpAddress {
  const address = parseIpAddress(to);
  if (address !== undefined) return address;
  const place = around.places.find(({ name }) => name === to);
  if (place === undefined) throw new RangeError(`to: ${noSuchPlace(around, to)}`);
  const ofFamily = place.addresses.find((one) => family === undefined || familyOf(one) === family);
  if (ofFamily === undefined) throw new RangeError(`to: ${to} has no address of IPv${family ?? 4}`);
  return ofFamily;
}

const noSuchPlace = ({ places }: PlacedNetwork, got: string): string =>
  `expected one of ${places.map(({ name }) => name).join(', ')}, got ${got}`;
