/** Tunnels: routes whose value is the endpoint's index and the UDP port. */
import { DONE, FULL, TABLE_ROUTES } from '../src/layout';
import { clearEndpoints, dropEndpoint, holdEndpoint } from './endpoints';
import { valueOf } from './fib';
import { findLeaf } from './rib';
import { clearRoutes, putRoute, removeRoute } from './routes';

// @ts-ignore: decorator
@inline
export function endpointOfTunnel(tunnel: u32): u32 {
  return tunnel >> 16;
}

// @ts-ignore: decorator
@inline
export function portOfTunnel(tunnel: u32): u16 {
  return <u16>tunnel;
}

/** Leads a prefix to the mapped address at `address`: DONE, or FULL with nothing changed. */
export function replaceTunnel(family: i32, high: u64, low: u64, length: u32, address: usize, port: u32): i32 {
  const present = findLeaf(TABLE_ROUTES, family, high, low, length);
  const previous = valueOf(present);
  // Held before the old one is dropped: where they are the same, its counters go on.
  const index = holdEndpoint(address);
  if (putRoute(family, high, low, length, (index << 16) | (port & 0xffff)) == FULL) {
    dropEndpoint(index);
    return FULL;
  }
  if (present != 0) dropEndpoint(endpointOfTunnel(previous));
  return DONE;
}

/** DONE, ABSENT, or FULL as removeRoute. */
export function removeTunnel(family: i32, high: u64, low: u64, length: u32): i32 {
  const tunnel = valueOf(findLeaf(TABLE_ROUTES, family, high, low, length));
  const answer = removeRoute(family, high, low, length);
  if (answer == DONE) dropEndpoint(endpointOfTunnel(tunnel));
  return answer;
}

export function removeAllTunnels(): void {
  clearRoutes();
  clearEndpoints();
}
