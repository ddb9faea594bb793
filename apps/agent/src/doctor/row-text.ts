/** Rows of a snapshot as iproute2 prints them: the evidence. */
import type {
  FdbSnapshot,
  LinkSnapshot,
  NamespaceSnapshot,
  NeighborSnapshot,
  RouteSnapshot,
} from '@podlan/simulator/snapshot';

const words = (...parts: (string | undefined | false)[]): string =>
  parts.filter((part) => part !== undefined && part !== false && part !== '').join(' ');

const named = (key: string, value: string | number | undefined): string | undefined =>
  value === undefined ? undefined : `${key} ${value}`;

export const routeText = (route: RouteSnapshot): string =>
  words(
    route.dst,
    named('via', route.gateway ?? route.via?.host),
    named('dev', route.dev),
    named('proto', route.protocol),
    named('metric', route.metric),
    route.flags.filter((flag) => flag !== '').join(' '),
  );

export const neighborText = ({ dst, dev, lladdr, state }: NeighborSnapshot): string =>
  words(dst, named('dev', dev), named('lladdr', lladdr), state.join(' '));

export const fdbText = ({ mac, ifname, dst, state, flags }: FdbSnapshot): string =>
  words(mac, `dev ${ifname}`, named('dst', dst), flags.join(' '), state);

export function linkText({ ifname, mtu, flags, address, linkinfo }: LinkSnapshot): string {
  const { info_kind: kind, info_data: data } = linkinfo ?? {};
  const local = data?.local ?? data?.local6;
  const vxlan =
    kind === 'vxlan' &&
    words(
      'vxlan',
      named('id', data?.id),
      named('local', local),
      named('dev', data?.link),
      named('dstport', data?.port),
    );
  return words(`${ifname}: <${flags.join(',')}> mtu ${mtu}`, named('link/ether', address), vxlan);
}

/** `inet 10.244.1.1/24 dev cni0`, one for each of a device. */
export const addressTexts = ({ addresses }: NamespaceSnapshot, device: string): string[] =>
  addresses
    .filter(({ ifname }) => ifname === device)
    .flatMap(({ addr_info }) =>
      addr_info.map(({ family, local, prefixlen }) => `${family} ${local}/${prefixlen} dev ${device}`),
    );
