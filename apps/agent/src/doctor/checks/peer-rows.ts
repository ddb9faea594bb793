/** Whether routes, neighbors and forwarding entries are those that the leases ask for: none missing, none wrong, none left. */
import { contains } from '@podlan/linux/prefix';
import type { FdbSnapshot, NeighborSnapshot, RouteSnapshot } from '@podlan/simulator/snapshot';
import {
  type IpAddress,
  type IpPrefix,
  type MacAddress,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
} from '@podlan/wire';
import type { Check, Problem } from '../check.js';
import {
  deleteLines,
  isDirect,
  isMain,
  type PeerSide,
  peerSides,
  replaceLines,
  routesTo,
  rowsOf,
  vtepAddress,
} from '../peer-side.js';
import { fdbText, neighborText, routeText } from '../row-text.js';
import { NO_LEASES, type Scene } from '../scene.js';

type Look = (scene: Scene, side: PeerSide) => Problem | undefined;

const ofEachPeer = (scene: Scene, looked: readonly string[], look: Look) =>
  scene.leases === undefined
    ? { skipped: NO_LEASES }
    : {
        looked: [scene.leases.from, ...looked],
        problems: peerSides(scene).flatMap((side) => look(scene, side) ?? []),
      };

/** A TUN has one route for all of them, and no neighbors. */
const isTun = ({ overlay }: PeerSide): boolean => overlay?.kind === 'tun';

const peerRoutes: Check = {
  id: 'peer-routes',
  title: "every peer's subnet has its route",
  page: 'course/flannel#routes',
  examine: (scene) => ofEachPeer(scene, ['ip route', 'ip -6 route'], routeProblem),
};

function routeProblem(scene: Scene, side: PeerSide): Problem | undefined {
  const { subnet, publicIp, overlay } = side;
  if (isTun(side)) return undefined;
  const found = routesTo(scene, subnet);
  const isRight = (route: RouteSnapshot) =>
    isDirect(side, route) || (route.gateway === vtepAddress(side) && route.dev === overlay?.name);
  if (found.some(isRight)) return undefined;
  const what =
    found.length === 0
      ? 'packets for its pods leave by the default route, or are refused'
      : 'packets for its pods go somewhere else';
  return {
    verdict: 'error',
    why: `The node at ${publicIp} has ${subnet}, and there is no route that leads to it: ${what}.`,
    evidence: found.length === 0 ? [`${subnet}: no route`] : found.map(routeText),
    mend: replaceLines(rowsOf(scene, side).route),
    isOurs: true,
  };
}

/** Nothing is asked of the overlay where the route goes from host to host. */
const isTunnelled = (scene: Scene, side: PeerSide): boolean =>
  side.overlay !== undefined &&
  !isTun(side) &&
  side.mac !== undefined &&
  !routesTo(scene, side.subnet).some((route) => isDirect(side, route));

const peerNeighbors: Check = {
  id: 'peer-neighbors',
  title: "the neighbor table has every peer's tunnel device, by the MAC of its lease",
  page: 'course/arp-fdb-routes#missing',
  examine: (scene) => ofEachPeer(scene, ['ip neigh', 'ip -6 neigh'], neighborProblem),
};

function neighborProblem(scene: Scene, side: PeerSide): Problem | undefined {
  if (!isTunnelled(scene, side)) return undefined;
  const { overlay, mac, publicIp } = side;
  const address = vtepAddress(side);
  const found = scene.host.neighbors.find(({ dst, dev }) => dst === address && dev === overlay?.name);
  if (found?.lladdr === mac) return undefined;
  const has = found?.lladdr === undefined ? 'no MAC is known' : `another MAC than ${mac} is known`;
  return {
    verdict: 'error',
    why: `Of the tunnel device of ${publicIp} ${has}: its host takes no frame that is sent to it.`,
    evidence: [found === undefined ? `${address} dev ${overlay?.name}: no entry` : neighborText(found)],
    mend: replaceLines(rowsOf(scene, side).neighbor),
    isOurs: true,
  };
}

const peerFdb: Check = {
  id: 'peer-fdb',
  title: 'the FDB of the tunnel device knows behind which host each MAC is',
  page: 'course/arp-fdb-routes#missing',
  examine: (scene) => ofEachPeer(scene, ['bridge fdb'], fdbProblem),
};

function fdbProblem(scene: Scene, side: PeerSide): Problem | undefined {
  if (!isTunnelled(scene, side) || side.overlay?.kind !== 'vxlan') return undefined;
  const { overlay, mac, publicIp } = side;
  const found = scene.host.fdb.filter((entry) => entry.mac === mac && entry.ifname === overlay.name);
  if (found.length === 1 && found[0]!.dst === publicIp) return undefined;
  return {
    verdict: 'error',
    why: `Frames for ${mac}, the tunnel device of ${publicIp}, are sent ${found.length === 0 ? 'nowhere' : 'to another host'}.`,
    evidence: found.length === 0 ? [`${mac} dev ${overlay.name}: no entry`] : found.map(fdbText),
    mend: replaceLines(rowsOf(scene, side).fdb),
    isOurs: true,
  };
}

const leftOver: Check = {
  id: 'left-over',
  title: 'nothing is left of nodes that are gone',
  page: 'flannel#different',
  examine(scene) {
    if (!scene.leases?.areAll)
      return { skipped: 'not all leases are known, so that nobody can be said to be gone' };
    return {
      looked: [scene.leases.from, 'ip route', 'ip neigh', 'bridge fdb'],
      problems: [...staleRoutes(scene), ...staleNeighbors(scene), ...staleFdb(scene)],
    };
  },
};

const stale = (what: string, evidence: string, mend: string[]): Problem => ({
  verdict: 'warning',
  why: `${what} that no lease asks for: a node that left, or has another MAC now, was not forgotten; where its subnet or MAC comes back, packets are lost.`,
  evidence: [evidence],
  mend,
  isOurs: true,
});

const anyPeer = (scene: Scene) => scene.leases!.peers;

function staleRoutes(scene: Scene): Problem[] {
  const { host, control, overlays } = scene;
  const devices = new Set([...overlays.map(({ name }) => name), control.interface?.name]);
  const wanted = new Set<string>([...anyPeer(scene).flatMap(({ subnets }) => subnets), ...control.networks]);
  return host.routes.flatMap((route) => {
    const prefix = parseIpPrefix(route.dst);
    const { dev, gateway, protocol } = route;
    if (!isMain(route) || prefix === undefined || gateway === undefined || wanted.has(prefix)) return [];
    if (!devices.has(dev) || protocol === 'kernel' || !isInNetworks(scene, prefix)) return [];
    const row = { kind: 'route', prefix, dev: dev!, via: gateway } as const;
    return [stale('There is a route', routeText(route), deleteLines(withMetric(row, route)))];
  });
}

const withMetric = <T extends object>(row: T, { metric }: RouteSnapshot): T & { metric?: number } =>
  metric === undefined ? row : { ...row, metric };

const isInNetworks = ({ control }: Scene, inner: IpAddress | IpPrefix): boolean =>
  control.networks.some((network) => contains(network, inner));

const overlayNames = ({ overlays }: Scene): Set<string> => new Set(overlays.map(({ name }) => name));

function staleNeighbors(scene: Scene): Problem[] {
  const [devices, wanted] = [overlayNames(scene), new Set(peerSides(scene).map(vtepAddress))];
  const isStale = ({ dev, dst, state }: NeighborSnapshot) =>
    dev !== undefined && devices.has(dev) && state.includes('PERMANENT') && !wanted.has(dst);
  return scene.host.neighbors.filter(isStale).flatMap((entry) => {
    const mac = parseMacAddress(entry.lladdr ?? '');
    if (mac === undefined || !isInNetworks(scene, entry.dst)) return [];
    const row = { kind: 'neighbor', dev: entry.dev!, address: entry.dst, mac } as const;
    return [stale('There is a neighbor', neighborText(entry), deleteLines(row))];
  });
}

function staleFdb(scene: Scene): Problem[] {
  const [devices, wanted] = [
    overlayNames(scene),
    new Set<string>(peerSides(scene).map(({ mac = '' }) => mac)),
  ];
  const isStale = ({ ifname, dst, mac }: FdbSnapshot) =>
    devices.has(ifname) && dst !== undefined && !wanted.has(mac) && parseMacAddress(mac) !== undefined;
  return scene.host.fdb.filter(isStale).flatMap((entry) => {
    const dst = parseIpAddress(entry.dst!);
    if (dst === undefined || /^00(:00){5}$/.test(entry.mac)) return [];
    const row = { kind: 'fdb', dev: entry.ifname, mac: entry.mac as MacAddress, dst } as const;
    return [stale('There is a forwarding entry', fdbText(entry), deleteLines(row))];
  });
}

export const PEER_ROW_CHECKS: readonly Check[] = [peerRoutes, peerNeighbors, peerFdb, leftOver];
