/** The rows that each peer's lease asks for: which of them this node lacks, or has otherwise. */
import type { Row } from '@podlan/linux/model';
import type { RouteSnapshot } from '@podlan/simulator/snapshot';
import type { Problem } from './check.js';
import { isDirect, type PeerSide, replaceLines, routesTo, rowsOf, vtepAddress } from './peer-side.js';
import { fdbText, neighborText, routeText } from './row-text.js';
import type { Scene } from './scene.js';

/** One of the tables that a packet to a peer is sent by. */
export interface PeerTable {
  /** Of the check. */
  readonly id: string;
  readonly title: string;
  readonly page: string;
  readonly looked: readonly string[];
  /** Undefined: all is well, or nothing is asked of this table. */
  fault(scene: Scene, side: PeerSide): RowFault | undefined;
}

interface RowFault {
  readonly why: string;
  /** What is there in its place, as iproute2 prints it. */
  readonly found: readonly string[];
  /** How it is said that nothing is. */
  readonly absent: string;
  readonly row: Row | undefined;
}

/** Undefined: all is well. */
export function rowProblem({ fault }: PeerTable, scene: Scene, side: PeerSide): Problem | undefined {
  const found = fault(scene, side);
  return (
    found && {
      verdict: 'error',
      why: found.why,
      evidence: found.found.length === 0 ? [found.absent] : found.found,
      mend: replaceLines(found.row),
      isOurs: true,
    }
  );
}

/** A TUN has one route for all of them, and no neighbors. */
const isTun = ({ overlay }: PeerSide): boolean => overlay?.kind === 'tun';

const routes: PeerTable = {
  id: 'peer-routes',
  title: "every peer's subnet has its route",
  page: 'course/flannel#routes',
  looked: ['ip route', 'ip -6 route'],
  fault(scene, side) {
    const { subnet, publicIp, overlay } = side;
    const found = routesTo(scene, subnet);
    const isRight = (route: RouteSnapshot) =>
      isDirect(side, route) || (route.gateway === vtepAddress(side) && route.dev === overlay?.name);
    if (isTun(side) || found.some(isRight)) return undefined;
    const what =
      found.length === 0
        ? 'packets for its pods leave by the default route, or are refused'
        : 'packets for its pods go somewhere else';
    return {
      why: `The node at ${publicIp} has ${subnet}, and there is no route that leads to it: ${what}.`,
      found: found.map(routeText),
      absent: `${subnet}: no route`,
      row: rowsOf(scene, side).route,
    };
  },
};

/** Nothing is asked of the overlay where the route goes from host to host. */
const isTunnelled = (scene: Scene, side: PeerSide): boolean =>
  side.overlay !== undefined &&
  !isTun(side) &&
  side.mac !== undefined &&
  !routesTo(scene, side.subnet).some((route) => isDirect(side, route));

const neighbors: PeerTable = {
  id: 'peer-neighbors',
  title: "the neighbor table has every peer's tunnel device, by the MAC of its lease",
  page: 'course/arp-fdb-routes#missing',
  looked: ['ip neigh', 'ip -6 neigh'],
  fault(scene, side) {
    const { overlay, mac, publicIp } = side;
    const address = vtepAddress(side);
    const found = scene.host.neighbors.find(({ dst, dev }) => dst === address && dev === overlay?.name);
    if (!isTunnelled(scene, side) || found?.lladdr === mac) return undefined;
    const has = found?.lladdr === undefined ? 'no MAC is known' : `another MAC than ${mac} is known`;
    return {
      why: `Of the tunnel device of ${publicIp} ${has}: its host takes no frame that is sent to it.`,
      found: found === undefined ? [] : [neighborText(found)],
      absent: `${address} dev ${overlay?.name}: no entry`,
      row: rowsOf(scene, side).neighbor,
    };
  },
};

const fdb: PeerTable = {
  id: 'peer-fdb',
  title: 'the FDB of the tunnel device knows behind which host each MAC is',
  page: 'course/arp-fdb-routes#missing',
  looked: ['bridge fdb'],
  fault(scene, side) {
    const { overlay, mac, publicIp } = side;
    if (!isTunnelled(scene, side) || overlay?.kind !== 'vxlan') return undefined;
    const found = scene.host.fdb.filter((entry) => entry.mac === mac && entry.ifname === overlay.name);
    if (found.length === 1 && found[0]!.dst === publicIp) return undefined;
    return {
      why: `Frames for ${mac}, the tunnel device of ${publicIp}, are sent ${found.length === 0 ? 'nowhere' : 'to another host'}.`,
      found: found.map(fdbText),
      absent: `${mac} dev ${overlay.name}: no entry`,
      row: rowsOf(scene, side).fdb,
    };
  },
};

/** In the order in which a packet meets them. */
export const PEER_TABLES: readonly PeerTable[] = [routes, neighbors, fdb];
