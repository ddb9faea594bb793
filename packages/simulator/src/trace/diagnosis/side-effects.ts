/** What is wrong on a way that packets may go all the same. */
import { familyOf } from '@podlan/wire';
import { readIp } from '../../kernel/ip-packet.js';
import type { Finding } from './finding.js';
import { restart } from './route-faults.js';
import { nameOf, overlaysOf, type Scene } from './scene.js';

/** Two have the address: whoever answers first gets the packets. */
export function duplicateAddress(scene: Scene): Finding | undefined {
  const places = [...new Set(scene.owners.map(({ place }) => place))].filter(({ kind }) => kind === 'pod');
  if (places.length < 2) return undefined;
  const nodes = [...new Set(places.map(({ node }) => node))];
  return {
    ...{ code: 'duplicate-address', node: nodes[0]! },
    text: `${places.map(nameOf).join(' and ')} have the same address ${scene.destination}`,
    evidence: scene.owners.map(
      ({ place, device }) => `${nameOf(place)}: ${scene.destination} dev ${device.name}`,
    ),
    mend: ['delete one of the pods, and look for its address in the IPAM files of its host'],
  };
}

/** Between pods, sources are to stay what they are. */
export function masquerade(scene: Scene): Finding | undefined {
  const { result, isToPod } = scene;
  const hop = result.hops.find(({ leg, event }) => leg === 'request' && event === 'translate');
  const where = hop && scene.place(hop.netns);
  if (!isToPod || hop === undefined || where === undefined) return undefined;
  const before = readIp(hop.before)?.source;
  const after = hop.after && readIp(hop.after)?.source;
  if (before === after) return undefined;
  return {
    ...{ code: 'masquerade-without-exception', node: nameOf(where) },
    text: `${nameOf(where)} changes the source of packets between pods from ${before} to ${after}`,
    evidence: [hop.text, ...(hop.row ? [hop.row.text] : [])],
    mend: ['let the rule except the pod networks as destinations: nft list ruleset'],
  };
}

/** A host speaks to pods of others from its overlay device's address; without it, from one that may not be answered. */
export function vtepAddressMissing(scene: Scene): Finding | undefined {
  const [first] = scene.decisions;
  const { packet } = scene.result;
  const source = readIp(packet)?.source;
  if (scene.leg !== 'request' || first?.place.kind !== 'host' || source === undefined) return undefined;
  const overlay = overlaysOf(first.place).find(({ name }) => name === first.route.dev);
  if (overlay === undefined || !first.place.netns.fib.isLocal(source)) return undefined;
  const own = first.place.netns.addressesOf(overlay.name, familyOf(source));
  if (own.some(({ scope }) => scope === 'global')) return undefined;
  return {
    ...{
      code: 'vtep-address-missing',
      node: first.place.node,
      device: overlay.name,
      mend: restart(first.place),
    },
    text: `${overlay.name} has no address, and ${first.place.node} speaks to pods from ${source}`,
    evidence: [first.hop.text],
  };
}
