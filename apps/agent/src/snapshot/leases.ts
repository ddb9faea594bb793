/** The leases of a cluster, as an agent or a lease store has them. */
import type { DesiredState, Lease } from '@podlan/fabric';
import type { LeaseEndpoint, LeaseSnapshot } from '@podlan/simulator/snapshot';
import { familyOf, type IpAddress, parseMacAddress } from '@podlan/wire';
import type { AgentStatus } from '../status/agent-status.js';

/** An agent tells of a peer's MAC by the row that it makes of it. */
export function leasesOf({ lease, peers }: AgentStatus, desired: readonly DesiredState[]): LeaseSnapshot[] {
  const rowsOf = new Map(desired.map(({ owner, rows }) => [owner, rows]));
  const ofPeers = peers.map(({ key, subnets, publicIps, backendType }): LeaseSnapshot => {
    const neighbors = (rowsOf.get(key) ?? []).filter((row) => row.kind === 'neighbor');
    const endpoints = publicIps.map((publicIp): LeaseEndpoint => {
      const neighbor = neighbors.find(({ address }) => familyOf(address) === familyOf(publicIp));
      return { publicIp, ...(neighbor && { vtepMac: neighbor.mac }) };
    });
    return { subnets, backendType, endpoints };
  });
  return [...(lease === undefined ? [] : [leaseSnapshot(lease, true)]), ...ofPeers];
}

/** As of a lease store; `own` of this node. */
export function leaseSnapshot({ subnets, attributes, expiresAtMs }: Lease, own: boolean): LeaseSnapshot {
  return {
    subnets,
    backendType: attributes.backendType,
    endpoints: attributes.endpoints.map(({ publicIp, data }) => endpointOf(publicIp, data)),
    ...(own && { own }),
    ...(expiresAtMs !== undefined && { expiresAt: new Date(expiresAtMs).toISOString() }),
  };
}

const VNI_MOST = 0xffffff;

/** Anybody may have written the data: what is none is left out. */
function endpointOf(publicIp: IpAddress, data: unknown): LeaseEndpoint {
  const { VNI, VtepMAC } = (data ?? {}) as { VNI?: unknown; VtepMAC?: unknown };
  const vtepMac = typeof VtepMAC === 'string' ? parseMacAddress(VtepMAC) : undefined;
  const isVni = typeof VNI === 'number' && Number.isInteger(VNI) && VNI >= 0 && VNI <= VNI_MOST;
  return { publicIp, ...(isVni && { vni: VNI }), ...(vtepMac && { vtepMac }) };
}
