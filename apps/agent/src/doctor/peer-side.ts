/** What a node must have for each of its peers, by the peers' leases: one side for each family. */
import { commandLines, ROUTE_PROTOCOL, type Row } from '@podlan/linux/model';
import type { LeaseSnapshot, RouteSnapshot } from '@podlan/simulator/snapshot';
import {
  type Family,
  familyOf,
  type IpAddress,
  type IpPrefix,
  type MacAddress,
  prefixAddress,
} from '@podlan/wire';
import { type Overlay, ofFamily, type Scene } from './scene.js';

export interface PeerSide {
  readonly lease: LeaseSnapshot;
  readonly family: Family;
  readonly subnet: IpPrefix;
  readonly publicIp: IpAddress;
  /** Of its overlay device, where the lease tells. */
  readonly mac?: MacAddress;
  /** This node's, of that family; absent where packets are routed from host to host. */
  readonly overlay?: Overlay;
}

/** Peers of another backend are nobody's peers; nor are reservations, which have none. */
export function peerSides(scene: Scene): PeerSide[] {
  const { leases, control, overlays } = scene;
  const backend = control.backend ?? leases?.own?.backendType;
  const peers = (leases?.peers ?? []).filter(
    ({ backendType }) => backend === undefined || typeOf(backendType) === typeOf(backend),
  );
  // A device is there for its family's peers, whatever has become of subnet.env and of this node's lease.
  const families = new Set([...control.subnets.map(familyOf), ...overlays.map(({ family }) => family)]);
  return peers.flatMap((lease) => [...families].flatMap((family) => sideOf(scene, lease, family) ?? []));
}

/** flannel's udp backend writes no type. */
const typeOf = (backend: string): string => backend || 'udp';

function sideOf({ overlays, control }: Scene, lease: LeaseSnapshot, family: Family): PeerSide | undefined {
  const subnet = ofFamily(lease.subnets, family);
  const endpoint = lease.endpoints.find(({ publicIp }) => familyOf(publicIp) === family);
  const overlay = overlays.find((one) => one.family === family);
  // Whoever claims this node's own subnet (leases-apart tells) is no way for anything.
  if (subnet === undefined || endpoint === undefined || control.subnets.includes(subnet)) return undefined;
  const { publicIp, vtepMac: mac } = endpoint;
  return { lease, family, subnet, publicIp, ...(mac && { mac }), ...(overlay && { overlay }) };
}

/** By which the overlay device is spoken to. */
export const vtepAddress = ({ subnet }: Pick<PeerSide, 'subnet'>): IpAddress => prefixAddress(subnet);

export const isMain = ({ table, type }: RouteSnapshot): boolean =>
  (table === undefined || table === 'main') && (type === undefined || type === 'unicast');

/** Packets go from host to host as they are: host-gw, or vxlan with DirectRouting. */
export const isDirect = ({ publicIp }: PeerSide, route: RouteSnapshot | undefined): boolean =>
  route?.gateway === publicIp;

export const routesTo = ({ host }: Scene, subnet: string): RouteSnapshot[] =>
  host.routes.filter((route) => isMain(route) && route.dst === subnet);

const IPV6_METRIC = 1024;

/** flannel's rows, or podlan's, whose routes bear its number. */
export function rowsOf({ control }: Scene, side: PeerSide): { route: Row; neighbor?: Row; fdb?: Row } {
  const { subnet: prefix, publicIp, mac, overlay, family } = side;
  const own = control.source === 'podlan' ? { protocol: ROUTE_PROTOCOL } : {};
  const via = vtepAddress(side);
  if (overlay === undefined)
    return { route: { kind: 'route', prefix, via: publicIp, dev: control.interface?.name ?? '', ...own } };
  const dev = overlay.name;
  const metric = family === 6 ? { metric: IPV6_METRIC } : {};
  return {
    route: { kind: 'route', prefix, via, dev, onlink: true, ...metric, ...own },
    ...(mac && { neighbor: { kind: 'neighbor', dev, address: via, mac } }),
    ...(mac && overlay.kind === 'vxlan' && { fdb: { kind: 'fdb', dev, mac, dst: publicIp } }),
  };
}

export const replaceLines = (...rows: (Row | undefined)[]): string[] =>
  rows.flatMap((row) => (row === undefined ? [] : commandLines([{ op: 'add', row }])));

export const deleteLines = (row: Row): string[] => commandLines([{ op: 'delete', row }]);
