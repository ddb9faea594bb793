/** Which links of a host lead to pods. */
import type { AddressSnapshot, LinkSnapshot, RouteSnapshot } from '@podlan/simulator/snapshot';

export interface HostTables {
  readonly links: readonly LinkSnapshot[];
  readonly addresses: readonly AddressSnapshot[];
  readonly routes: readonly RouteSnapshot[];
}

/** Says of a veth whose other end is in another namespace whether a pod is there. */
export type IsPodLink = (link: LinkSnapshot, host: HostTables) => boolean;

/**
 * A port of a bridge of this host, one with a route for a single address, as CNI plugins without a bridge make it, or one
 * that has nothing, as a port that was taken off its bridge: what leads to other hosts has an address.
 */
export const leadsToPod: IsPodLink = (link, host) =>
  link.linkinfo?.info_slave_kind === 'bridge' ||
  (!isUplink(link, host) && (hasHostRoute(link, host) || !hasAddress(link, host)));

const hasAddress = ({ ifname }: LinkSnapshot, { addresses }: HostTables): boolean =>
  addresses.some((one) => one.ifname === ifname && one.addr_info.some(({ scope }) => scope === 'global'));

/** Of a node that is a bridge between hosts: none of them is its pod. */
export const leadsNowhere: IsPodLink = () => false;

export const vethsOutside = ({ links }: HostTables): LinkSnapshot[] =>
  links.filter((link) => link.linkinfo?.info_kind === 'veth' && link.link_netnsid !== undefined);

const isUnicast = ({ type = 'unicast' }: RouteSnapshot) => type === 'unicast';

const hasHostRoute = ({ ifname }: LinkSnapshot, { routes }: HostTables): boolean =>
  routes.some(
    (route) =>
      route.dev === ifname &&
      isUnicast(route) &&
      route.protocol !== 'kernel' &&
      route.dst !== 'default' &&
      !route.dst.includes('/'),
  );

/** Where packets go on to a router there, pods are not. */
const isUplink = ({ ifname }: LinkSnapshot, { routes }: HostTables): boolean =>
  routes.some(({ dev, gateway, via }) => dev === ifname && (gateway !== undefined || via !== undefined));
