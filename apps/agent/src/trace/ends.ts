/** Who sends and who is sent to, by the names and addresses that a person types. */
import type { NetworkPlace } from '@podlan/simulator';
import type { SnapshotCluster } from '@podlan/simulator/snapshot';
import { type Family, familyOf, type IpAddress, parseIpAddress } from '@podlan/wire';
import { UsageError } from '../usage-error.js';

/** A name, or a name with its node: `pod-a1`, `pod-a1@host-a`. Throws UsageError that lists what there is. */
export function placeOf(cluster: SnapshotCluster, text: string): NetworkPlace {
  const found = cluster.places.find(({ name, node }) => name === text || `${name}@${node}` === text);
  if (found !== undefined) return found;
  const names = cluster.places.map(({ name }) => name).join(', ') || 'none';
  throw new UsageError(`expected a host or pod, found ${text}; there are: ${names}`);
}

/** Throws UsageError for a name that nobody has, and for an address of the other family than was asked for. */
export function destinationOf(cluster: SnapshotCluster, text: string, family?: Family): IpAddress {
  const address = parseIpAddress(text);
  if (address === undefined) return addressOf(placeOf(cluster, text), family);
  if (isForMany(address))
    throw new UsageError(
      `expected the address of one host or pod, found ${text}: what is for many goes more ways than one`,
    );
  if (family === undefined || familyOf(address) === family) return address;
  throw new UsageError(`--family: expected ipv${familyOf(address)} for ${text}, found ipv${family}`);
}

const isForMany = (address: IpAddress): boolean =>
  /^(ff|22[4-9]\.|23\d\.)/.test(address) || address === '255.255.255.255';

function addressOf(place: NetworkPlace, family?: Family): IpAddress {
  // A host has addresses of bridges and tunnels beside those that other nodes know it by.
  const all = [...(place.publicIps ?? []), ...place.addresses];
  const found = all.find((address) => family === undefined || familyOf(address) === family);
  if (found !== undefined) return found;
  const has = place.addresses.join(', ') || 'none';
  throw new UsageError(
    `expected ${place.name} to have an ${family === undefined ? 'IP' : `IPv${family}`} address, found: ${has}`,
  );
}
