/** Whether routes, neighbors and forwarding entries are left of nodes that are gone. */
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
import { deleteLines, isMain, peerSides, vtepAddress } from '../peer-side.js';
import { fdbText, neighborText, routeText } from '../row-text.js';
import type { Scene } from '../scene.js';

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

export const LEFT_OVER_CHECKS: readonly Check[] = [leftOver];
