/** What `podlan status` reports: the agent's status, and what was read and tried when it was asked. */
import type { EndpointCounters } from '@podlan/dataplane';
import type { PeerState } from '@podlan/fabric';
import { askAgent } from '../agent/control-socket.js';
import type { AgentStatus } from './agent-status.js';
import type { LiveReport, RowsRead } from './live-report.js';
import type { PeerProbe, ProbeReport } from './probe-report.js';

/** For so long this node's agents and flanneld lease; neither can be told another time. */
const LEASE_MS = 24 * 60 * 60 * 1000;

export interface PeerReport extends PeerState {
  /** Its rows as they are in the kernel and the forwarder. */
  readonly kernel?: RowsRead;
  /** When it last renewed its lease, in milliseconds since the epoch; absent where leases do not end. */
  readonly renewedAtMs?: number;
  /** Of the wasm dataplane: the kernel does not count by peer. */
  readonly traffic?: Omit<EndpointCounters, 'remote'>;
  /** Where it was asked for. */
  readonly probe?: PeerProbe;
}

export interface StatusReport extends AgentStatus {
  readonly peers: readonly PeerReport[];
  /** Absent where the kernel could not be read, which `liveError` has the reason of. */
  readonly live?: Pick<LiveReport, 'host' | 'devices'>;
  readonly liveError?: string;
  /** Why the overlay could not be tried. */
  readonly probeError?: string;
}

export async function statusReport(socket: string, { probe }: { probe: boolean }): Promise<StatusReport> {
  const status = (await askAgent(socket, '/status')) as AgentStatus;
  const [live, probed] = await Promise.all([
    answerTo<LiveReport>(socket, '/live'),
    probe ? answerTo<ProbeReport>(socket, '/probe') : { answer: undefined },
  ]);
  const peers = status.peers.map((peer) => peerReport(peer, status, live.answer, probed.answer));
  return {
    ...status,
    peers,
    ...(live.answer && { live: { host: live.answer.host, devices: live.answer.devices } }),
    ...('error' in live && { liveError: live.error }),
    ...('error' in probed && { probeError: probed.error }),
  };
}

const NOTHING = { txPackets: 0, txBytes: 0, rxPackets: 0, rxBytes: 0 };

type Answer<T> = { readonly answer: T | undefined } | { readonly answer: undefined; readonly error: string };

/** An agent that has no answer to this has one to the rest. */
async function answerTo<T>(socket: string, path: string): Promise<Answer<T>> {
  try {
    return { answer: (await askAgent(socket, path)) as T };
  } catch (error) {
    return { answer: undefined, error: (error as Error).message };
  }
}

function peerReport(
  peer: PeerState,
  { forwarders }: AgentStatus,
  live: LiveReport | undefined,
  probed: ProbeReport | undefined,
): PeerReport {
  const kernel = live?.peers[peer.key];
  const probe = probed?.peers[peer.key];
  const { expiresAtMs } = peer;
  const endpoints = Object.values(forwarders).flatMap((one) => one.endpoints);
  const mine = endpoints.filter(({ remote }) => peer.publicIps.includes(remote));
  return {
    ...peer,
    ...(kernel && { kernel }),
    ...(expiresAtMs !== undefined && { renewedAtMs: expiresAtMs - LEASE_MS }),
    ...(mine.length > 0 && { traffic: mine.reduce(sumOf, NOTHING) }),
    ...(probe && { probe }),
  };
}

function sumOf(
  a: Omit<EndpointCounters, 'remote'>,
  b: Omit<EndpointCounters, 'remote'>,
): Omit<EndpointCounters, 'remote'> {
  return {
    txPackets: a.txPackets + b.txPackets,
    txBytes: a.txBytes + b.txBytes,
    rxPackets: a.rxPackets + b.rxPackets,
    rxBytes: a.rxBytes + b.rxBytes,
  };
}
