/** Neighbor and forwarding entries that lead to a MAC or a host that is not the one meant. */
import { familyOf, type IpAddress, type MacAddress } from '@podlan/wire';
import type { NetworkPlace } from '../../network-place.js';
import type { Finding } from './finding.js';
import { restart } from './route-faults.js';
import { nameOf, type Owner, overlaysOf, type RowOf, type Scene } from './scene.js';

type NeighborHop = ReturnType<typeof neighborHops>[number];

const neighborHops = (scene: Scene) => scene.rows('neighbor').filter(({ hop }) => hop.event === 'neighbor');

/** A neighbor entry whose MAC is not that of the device with the address. */
export function neighborMacFault(scene: Scene): Finding | undefined {
  for (const seen of neighborHops(scene)) {
    const { row, hop } = seen;
    const owners = scene.ownersOf(row.address);
    const place = scene.place(hop.netns);
    if (place === undefined || owners.length === 0 || owners.some(({ device }) => device.mac === row.mac))
      continue;
    return macFault(scene, place, seen, owners[0]!);
  }
  return undefined;
}

function macFault(
  scene: Scene,
  place: NetworkPlace,
  { hop, row }: NeighborHop,
  { place: there, device }: Owner,
): Finding {
  const dev = hop.device!;
  const isOverlay = overlaysOf(place).some(({ name }) => name === dev);
  const isInFdb =
    isOverlay && scene.rows('fdb').some((one) => one.row.mac === row.mac && one.row.dst !== undefined);
  const right = `ip neigh replace ${row.address} lladdr ${device.mac} dev ${dev} nud permanent`;
  const evidence = [row.text, `${nameOf(there)}: ${device.name} link/ether ${device.mac}`];
  const base = { node: nameOf(place), device: dev, evidence };
  if (isInFdb) {
    const text = `${place.node} knows ${device.name} of ${there.node} by a MAC that it has no more`;
    return {
      ...base,
      code: 'vtep-mac-stale',
      text,
      mend: [right, ...mendFdb(scene, place, device.mac, dev)],
    };
  }
  const text = `the neighbor entry for ${row.address} has ${row.mac}; ${device.name} of ${nameOf(there)} has ${device.mac}`;
  const mend = isOverlay ? [right, ...restart(place)] : [`ip neigh delete ${row.address} dev ${dev}`];
  return { ...base, code: 'neighbor-mac-wrong', text, mend };
}

/** A tunnel that ends at another host than the one whose pod is meant. */
export function encapsulationFault(scene: Scene): Finding | undefined {
  if (scene.destinationNode === undefined) return undefined;
  const sent = [...scene.rows('fdb'), ...scene.rows('tunnel')].filter(
    ({ hop }) => hop.event === 'encapsulate',
  );
  const right = sent.filter(({ row }) =>
    endsOf(scene, row).some(({ node }) => node === scene.destinationNode),
  );
  for (const { hop, row } of sent) {
    const place = scene.place(hop.netns);
    // Of several copies one is enough.
    const isRight = right.some((one) => one.hop.netns === hop.netns && one.hop.device === hop.device);
    if (place === undefined || isRight || remoteOf(row) === undefined) continue;
    return wrongEnd(scene, place, hop.device!, row, endsOf(scene, row)[0]);
  }
  return undefined;
}

function endsOf(scene: Scene, row: RowOf<'fdb'> | RowOf<'tunnel'>): NetworkPlace[] {
  const remote = remoteOf(row);
  return remote === undefined ? [] : scene.placesBehind(remote);
}

const remoteOf = (row: RowOf<'fdb'> | RowOf<'tunnel'>) => (row.table === 'fdb' ? row.dst : row.remote);

function wrongEnd(
  scene: Scene,
  place: NetworkPlace,
  device: string,
  row: RowOf<'fdb'> | RowOf<'tunnel'>,
  other: NetworkPlace | undefined,
): Finding {
  const kind = row.table === 'fdb' ? 'fdb-entry' : 'tunnel';
  const code = other === undefined ? (`${kind}-stale` as const) : (`${kind}-wrong-host` as const);
  const end = other === undefined ? 'an address that no known host has' : other.node;
  const mend = row.table === 'fdb' ? mendFdb(scene, place, row.mac, device) : restart(place);
  return {
    ...{ code, node: place.node, device, mend },
    text: `${device} of ${place.node} sends what is for ${scene.destinationNode} to ${end}`,
    evidence: [row.text],
  };
}

/** The entry that the vxlan backend would make. */
export function mendFdb(scene: Scene, place: NetworkPlace, mac: MacAddress, device: string): string[] {
  const peer = scene.hostOf(scene.destinationNode);
  const remote = peer?.netns.device(device);
  const local = remote !== undefined && 'local' in remote ? `${remote.local}` : peer?.addresses[0];
  const isOfFamily = (one: IpAddress) =>
    local === undefined || familyOf(one) === familyOf(local as IpAddress);
  const dst = peer?.publicIps?.find(isOfFamily) ?? local;
  if (dst === undefined) return restart(place);
  return [`bridge fdb replace ${mac} dev ${device} dst ${dst} self permanent`, ...restart(place)];
}
