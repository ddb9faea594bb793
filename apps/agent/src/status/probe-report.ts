/** What the agent answers at `/probe`: the overlay tried, by echo requests to the tunnel device of each peer. */
import type { PeerState } from '@podlan/fabric';
import { type PingReply, pingEach } from '@podlan/linux';
import { type IpAddress, prefixAddress } from '@podlan/wire';

/** Short: somebody waits for it. Two requests tell loss from a first packet that waits for a neighbor. */
const PING = { count: 3, intervalMs: 150, timeoutMs: 500 };

export interface PeerProbe {
  readonly to: IpAddress;
  readonly sent: number;
  readonly received: number;
  /** The median; absent where nothing came back. */
  readonly rttMs?: number;
}

export interface ProbeReport {
  /** By lease key. */
  readonly peers: Readonly<Record<string, PeerProbe>>;
}

export async function probePeers(peers: readonly PeerState[], backend: string): Promise<ProbeReport> {
  const targets = peers.flatMap((peer) => {
    const to = targetOf(peer, backend);
    return to === undefined ? [] : [{ key: peer.key, to }];
  });
  const replies = await pingEach(
    targets.map(({ to }) => to),
    PING,
  );
  const probes = targets.map(({ key, to }, i) => [key, probeOf(to, replies[i]!)] as const);
  return { peers: Object.fromEntries(probes) };
}

/** A tunnel device has the first address of its node's subnet. With host-gw there is none: the next hop is all there is. */
function targetOf({ subnets, publicIps }: PeerState, backend: string): IpAddress | undefined {
  const [subnet] = subnets;
  if (backend === 'host-gw') return publicIps[0];
  return subnet && prefixAddress(subnet);
}

function probeOf(to: IpAddress, replies: readonly PingReply[]): PeerProbe {
  const times = replies.map(({ rttMs }) => rttMs).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  return {
    to,
    sent: PING.count,
    received: replies.length,
    ...(median !== undefined && { rttMs: Number(median.toFixed(3)) }),
  };
}
