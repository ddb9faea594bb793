/** Routing decisions that lead a packet to a pod elsewhere than to its host, and on its host elsewhere than to it. */
import { addressBits, prefixAround } from '@podlan/linux/prefix';
import { type Family, familyOf, type IpPrefix, prefixAddress, prefixLength } from '@podlan/wire';
import type { NetworkPlace } from '../../network-place.js';
import type { Finding } from './finding.js';
import { type Decision, nameOf, overlaysOf, type Scene } from './scene.js';

/** The first decision that leads astray. */
export function decisionFault(scene: Scene): Finding | undefined {
  const { destinationNode, isToPod } = scene;
  if (!isToPod || destinationNode === undefined) return undefined;
  const decisions = scene.decisions.filter(({ route }) => route.type === 'unicast');
  const loop = routingLoop(scene, decisions);
  if (loop !== undefined) return loop;
  for (const decision of decisions) {
    if (decision.place.kind === 'pod') continue;
    const isThere = decision.place.node === destinationNode;
    const fault = isThere ? atDestination(scene, decision) : onTheWay(scene, decision);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function routingLoop(scene: Scene, decisions: readonly Decision[]): Finding | undefined {
  const twice = decisions.find((one, i) => decisions.findIndex(({ place }) => place === one.place) < i);
  if (twice === undefined || scene.lost?.reason !== 'ttl-exceeded') return undefined;
  const { place } = twice;
  const hosts = [...new Set(decisions.map((one) => one.place.node))];
  return {
    ...{ code: 'routing-loop', node: place.node },
    text: `${hosts.join(' and ')} send packets for ${scene.destination} to one another until their time to live ends`,
    evidence: hosts.map((host) => `${host}: ${decisions.find((one) => one.place.node === host)!.hop.text}`),
    mend: mendRoute(scene, place),
  };
}

/** On a host that the packet only passes. */
function onTheWay(scene: Scene, { place, route, hop }: Decision): Finding | undefined {
  const base = { node: place.node, evidence: [hop.text], ...(route.dev && { device: route.dev }) };
  if (prefixLength(route.prefix) === 0) return withoutRoute(scene, place, base);
  if (route.via === undefined) return undefined;
  const owners = scene.ownersOf(route.via);
  if (owners.some((owner) => owner.place.node === scene.destinationNode)) return undefined;
  const mend = mendRoute(scene, place);
  const wrong = `${place.node} sends packets for ${scene.destination} to ${route.via}`;
  const [owner] = owners;
  if (owner !== undefined) return toAnother(scene, owner.place, { ...base, mend }, wrong);
  const isOverlay = overlaysOf(place).some(({ name }) => name === route.dev);
  const isOnLink = isOverlay || scene.places.some(({ netns }) => netns.fib.isLocal(route.via!));
  const code = isOnLink ? 'peer-route-wrong-via' : 'next-hop-unreachable';
  return { ...base, code, mend, text: `${wrong}, which nobody has` };
}

function withoutRoute(scene: Scene, place: NetworkPlace, base: Pick<Finding, 'node' | 'evidence'>): Finding {
  const family = familyOf(scene.destination);
  const peer = scene.hostOf(scene.destinationNode);
  const name = peer && overlayOf(peer, family)?.name;
  if (name !== undefined && overlayOf(place, family) === undefined) {
    const text = `${place.node} has no ${name}, which leads to the pods of other hosts`;
    return { ...base, code: 'vtep-missing', device: name, text, mend: restart(place) };
  }
  const text = `${place.node} has no route to ${subnetOf(scene)}; packets for it leave by the default route`;
  return { ...base, code: 'peer-route-missing', text, mend: mendRoute(scene, place) };
}

function toAnother(
  scene: Scene,
  other: NetworkPlace,
  base: Omit<Finding, 'code' | 'text'>,
  wrong: string,
): Finding {
  const claim = other.netns.addresses.find(({ dev }) => dev !== 'lo' && scene.hasSubnet(other, dev));
  if (claim === undefined || other.node === base.node) {
    const right = scene.destinationNode;
    return {
      ...base,
      code: 'peer-route-wrong-via',
      text: `${wrong}, which is ${other.node}; the pod is on ${right}`,
    };
  }
  return {
    ...{ code: 'duplicate-subnet', node: other.node, device: claim.dev },
    text: `${other.node} has the subnet of ${scene.destination}, which is ${scene.destinationNode}'s`,
    evidence: [...base.evidence, `${other.node}: inet ${claim.address} dev ${claim.dev}`],
    mend: [`give ${other.node} a subnet of its own: podlan leases`, ...base.mend],
  };
}

/** On the host whose pod it is. */
function atDestination(scene: Scene, { place, route, hop }: Decision): Finding | undefined {
  const bridge = scene.bridgeFor(place);
  if (bridge === undefined || route.dev === bridge.name) return undefined;
  const { name: device } = bridge;
  const base = { node: place.node, device, evidence: [hop.text] };
  if (!bridge.up) {
    const mend = [`ip link set ${device} up`];
    return { ...base, code: 'bridge-down', text: `${device} is down, and its routes are gone`, mend };
  }
  if (!scene.hasSubnet(place, device)) {
    const gateway = gatewayOf(scene);
    const mend = [
      gateway === undefined ? `restart a pod of ${place.node}` : `ip address add ${gateway} dev ${device}`,
    ];
    const text = `${device} has no address in the subnet of ${scene.destination}`;
    return { ...base, code: 'gateway-address-missing', text, mend };
  }
  const mend = [`ip route delete ${route.prefix} dev ${route.dev}`];
  const text = `a route leads packets for ${scene.destination}, which is behind ${device}, out by ${route.dev}`;
  return { ...base, code: 'rogue-route', device: route.dev!, text, mend };
}

/** The next hop of the pod itself: its host's address on the bridge. */
function gatewayOf(scene: Scene): string | undefined {
  const pod = scene.owners[0]?.place;
  const own = pod?.netns.addresses.find((one) => prefixAddress(one.address) === scene.destination);
  const family = familyOf(scene.destination);
  const via = [...(pod?.netns.fib.routes(family, 254) ?? [])].find((route) => route.via !== undefined)?.via;
  return own === undefined || via === undefined ? undefined : `${via}/${prefixLength(own.address)}`;
}

/** flannel's of IPv6 are named for it. */
const overlayOf = (place: NetworkPlace, family: Family) =>
  overlaysOf(place).find(({ name }) => name.includes('-v6') === (family === 6));

/** Of the destination: as its host's addresses have it, else as the pod's own does. */
export function subnetOf(scene: Scene): IpPrefix {
  const { destination, owners } = scene;
  const host = scene.hostOf(scene.destinationNode);
  const among = [...(host?.netns.addresses ?? []), ...(owners[0]?.place.netns.addresses ?? [])];
  const lengths = among
    .filter(
      ({ address }) =>
        familyOf(address) === familyOf(destination) && prefixLength(address) < addressBits(destination),
    )
    .map(({ address }) => prefixAround(prefixAddress(address), prefixLength(address)));
  const around = (prefix: IpPrefix) => prefixAround(destination, prefixLength(prefix));
  return (
    lengths.find((prefix) => around(prefix) === prefix) ?? prefixAround(destination, addressBits(destination))
  );
}

/** The route that the backend would make on this host. */
export function mendRoute(scene: Scene, place: NetworkPlace): string[] {
  const peer = scene.hostOf(scene.destinationNode);
  const family = familyOf(scene.destination);
  const ip = family === 4 ? 'ip' : 'ip -6';
  const overlay = overlayOf(place, family);
  const remote = overlay && peer?.netns.device(overlay.name);
  const vtep = remote?.netns.addressesOf(remote.name, family).find(({ scope }) => scope === 'global');
  if (overlay?.hasLinkLayer && vtep !== undefined) {
    const via = prefixAddress(vtep.address);
    return [
      `${ip} route replace ${subnetOf(scene)} via ${via} dev ${overlay.name} onlink`,
      ...restart(place),
    ];
  }
  const direct = peer && !overlay ? directRoute(scene, place, peer) : undefined;
  return direct === undefined ? restart(place) : [`${ip} route replace ${direct}`, ...restart(place)];
}

function directRoute(scene: Scene, place: NetworkPlace, peer: NetworkPlace): string | undefined {
  for (const via of peer.addresses) {
    if (familyOf(via) !== familyOf(scene.destination)) continue;
    const match = place.netns.fib.lookup({ destination: via });
    if (
      match?.route.dev !== undefined &&
      match.route.via === undefined &&
      prefixLength(match.route.prefix) > 0
    )
      return `${subnetOf(scene)} via ${via} dev ${match.route.dev}`;
  }
  return undefined;
}

/** Agents put their rows right as long as they run. */
export const restart = (place: NetworkPlace): string[] => [
  `start the agent of ${nameOf(place)}: it puts its rows right`,
];
