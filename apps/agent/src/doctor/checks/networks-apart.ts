/** Whether the pod networks are those of the pods alone: no device and no route of the host has a part of them. */
import { contains, overlaps, prefixOf } from '@podlan/linux/prefix';
import type { RouteSnapshot } from '@podlan/simulator/snapshot';
import { familyOf, type IpPrefix, parseInterfaceAddress, parseIpAddress, parseIpPrefix } from '@podlan/wire';
import type { Check, Problem } from '../check.js';
import { isMain } from '../peer-side.js';
import { routeText } from '../row-text.js';
import { linkOf, type Scene } from '../scene.js';

const BRIDGE = 'cni0';

const networksApart: Check = {
  id: 'networks-apart',
  title: "the pod networks overlap no other network of the host's",
  page: 'course/subnets#no-overlap',
  examine(scene) {
    if (scene.control.networks.length === 0) return { skipped: 'the pod networks are not known' };
    return {
      looked: ['ip address', 'ip route', 'ip -6 route'],
      problems: [...foreignAddresses(scene), ...foreignRoutes(scene)],
    };
  },
};

interface OnLink {
  readonly device: string;
  readonly text: string;
  readonly prefix: IpPrefix;
}

function onLinks({ host }: Scene): OnLink[] {
  return host.addresses.flatMap(({ ifname: device, addr_info }) =>
    addr_info.flatMap(({ local, prefixlen }): OnLink[] => {
      const address = parseInterfaceAddress(`${local}/${prefixlen}`);
      if (address === undefined) return [];
      return [{ device, text: `${address} dev ${device}`, prefix: prefixOf(address) }];
    }),
  );
}

/** The tunnel devices, the pods' bridge by whatever name, and the loopback device. */
function isOfPods({ host, overlays, control }: Scene, device: string, prefix?: IpPrefix): boolean {
  if (['lo', BRIDGE, ...overlays.map(({ name }) => name)].includes(device)) return true;
  const isBridge = linkOf(host, device)?.linkinfo?.info_kind === 'bridge';
  return isBridge && prefix !== undefined && control.subnets.includes(prefix);
}

function foreignAddresses(scene: Scene): Problem[] {
  const { networks } = scene.control;
  return onLinks(scene)
    .filter(({ device, prefix }) => !isOfPods(scene, device, prefix))
    .flatMap(({ text, prefix, device }): Problem[] => {
      const network = networks.find((one) => overlaps(one, prefix));
      if (network === undefined) return [];
      return [
        {
          // Of a network around that of the pods, only what is within both is lost.
          verdict: contains(network, prefix) ? 'error' : 'warning',
          why: `${device} is in ${prefix}, which overlaps the pod network ${network}: addresses that are in both lead to one of them alone.`,
          evidence: [text, `pod network ${network}`],
          mend: [
            device === 'docker0'
              ? 'give Docker another network: "bip" in /etc/docker/daemon.json'
              : `give ${device} another network, or`,
            'make the cluster anew with another pod network: Network of net-conf.json, --cluster-cidr, --pod-network-cidr',
          ],
        },
      ];
    });
}

const destinationOf = ({ dst }: RouteSnapshot): IpPrefix | undefined => {
  const address = parseIpAddress(dst);
  return address === undefined
    ? parseIpPrefix(dst)
    : parseIpPrefix(`${address}/${familyOf(address) === 4 ? 32 : 128}`);
};

/** Those to peers are known by the leases; what flannel has left over has a check of its own. */
function foreignRoutes(scene: Scene): Problem[] {
  const { control, leases, host } = scene;
  if (leases === undefined) return [];
  const known = new Set(leases.peers.flatMap(({ subnets }) => subnets));
  const within = (prefixes: readonly IpPrefix[], inner: IpPrefix): boolean =>
    prefixes.some((prefix) => contains(prefix, inner));
  const found = host.routes.filter((route) => {
    const destination = destinationOf(route);
    if (destination === undefined || !isMain(route) || route.protocol === 'kernel') return false;
    if (isOfPods(scene, route.dev ?? '') || route.dev === control.interface?.name) return false;
    if (known.has(destination) || control.networks.includes(destination)) return false;
    return within(control.networks, destination) && !within(control.subnets, destination);
  });
  return found.map((route) => ({
    verdict: 'error',
    why: `Addresses of the pod network lead out by ${route.dev ?? 'another way'}: longer prefixes come first, so that packets for pods of other nodes are lost there.`,
    evidence: [routeText(route)],
    mend: [
      `ip route delete ${route.dst}${route.dev === undefined ? '' : ` dev ${route.dev}`}`,
      'and have whoever made it route something else',
    ],
  }));
}

export const NETWORK_CHECKS: readonly Check[] = [networksApart];
