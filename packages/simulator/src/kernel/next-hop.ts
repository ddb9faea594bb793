/** Whether a route's next hop can be: what the kernel says before it takes the route (fib_check_nh, ip6_route_check_nh). */
import { familyOf, type IpAddress } from '@podlan/wire';
import type { Netns } from './netns.js';

export interface NextHop {
  readonly dev?: string | undefined;
  readonly via?: IpAddress | undefined;
  readonly onlink?: boolean | undefined;
}

/** Its device, which a gateway tells where none was named. Throws Error in the kernel's words. */
export function requireNextHop(netns: Netns, hop: NextHop): NextHop & { readonly dev: string } {
  const { via, onlink } = hop;
  const dev = hop.dev ?? deviceTowards(netns, via!);
  if (!netns.device(dev)!.up) throw new Error('Error: Device for nexthop is not up.');
  if (via !== undefined && !onlink && hop.dev !== undefined) requireOnLink(netns, via, dev);
  return { dev, ...(via !== undefined && { via }), ...(onlink && { onlink }) };
}

function deviceTowards(netns: Netns, via: IpAddress): string {
  if (via.startsWith('fe80:')) throw new Error('Error: Egress device not specified.');
  const route = netns.fib.lookup({ destination: via })?.route;
  const leads = route?.type === 'unicast' || (route?.type === 'local' && familyOf(via) === 4);
  if (leads && route.via === undefined && route.dev !== undefined) return route.dev;
  throw new Error('Error: Nexthop has invalid gateway.');
}

function requireOnLink(netns: Netns, via: IpAddress, dev: string): void {
  const route = netns.fib.lookup({ destination: via, oif: dev })?.route;
  if (route?.type === 'unicast' && route.via === undefined) return;
  throw new Error('Error: Nexthop has invalid gateway.');
}
