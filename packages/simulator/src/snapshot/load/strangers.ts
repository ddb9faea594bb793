/** Nodes that the snapshots speak of, and that no snapshot is of. */
import type { IpAddress } from '@podlan/wire';
import type { SimNetwork } from '../../sim-network.js';
import type { NodeSnapshot } from '../types.js';

/** A line for each address. */
export function noteStrangers(
  network: SimNetwork,
  snapshots: readonly NodeSnapshot[],
  note: (text: string) => void,
): void {
  const publicIps = new Set(snapshots.flatMap(({ control }) => control?.interface?.publicIps ?? []));
  for (const address of new Set(snapshots.flatMap(mentioned))) {
    const isKnown = publicIps.has(address) || [...network.namespaces].some(({ fib }) => fib.isLocal(address));
    if (!isKnown) note(`no snapshot is of the node ${address}: what goes there cannot be told`);
  }
}

function mentioned({ control, namespaces }: NodeSnapshot): IpAddress[] {
  const peers = control?.peers.flatMap((peer) => peer.publicIps) ?? [];
  const remotes = control?.tunnels.map(({ remote }) => remote) ?? [];
  const tunnelEnds = namespaces.flatMap(({ fdb }) => fdb.flatMap(({ dst }) => dst ?? []));
  return [...peers, ...remotes, ...tunnelEnds] as IpAddress[];
}
