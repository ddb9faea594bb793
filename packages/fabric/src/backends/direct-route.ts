/** Direct routes: to the pods of a peer that the external interface reaches without a gateway. */
import { ROUTE_PROTOCOL, type Route } from '@podlan/linux/model';
import { contains } from '@podlan/linux/prefix';
import type { IpAddress, IpPrefix } from '@podlan/wire';
import type { HostNode } from '../backend.js';

export function isOnLink({ onLink = [] }: HostNode, address: IpAddress): boolean {
  return onLink.some((prefix) => contains(prefix, address));
}

/** The peer forwards to its pods what it is sent to its own address. */
export function directRoute({ externalInterface }: HostNode, prefix: IpPrefix, via: IpAddress): Route {
  return { kind: 'route', prefix, via, dev: externalInterface.name, protocol: ROUTE_PROTOCOL };
}
