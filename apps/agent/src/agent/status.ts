/** What the agent answers at `/status`, as data and for people. */
import type { ForwarderCounters } from '@podlan/dataplane';
import type { NodeState } from '@podlan/fabric';
import { table } from '../table.js';
import type { ExternalInterface } from './external/external-interface.js';
import type { Dataplane } from './flags/flag-values.js';

export interface AgentStatus extends NodeState {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly dataplane: Dataplane;
  readonly interface: Omit<ExternalInterface, 'onLink'>;
  /** Counters of the WASM forwarder, by device. Empty on the kernel dataplane. */
  readonly forwarders: Readonly<Record<string, ForwarderCounters>>;
  readonly memory: { readonly residentBytes: number };
}

export function statusText(status: AgentStatus): string {
  const { lease, peers, failures, notices, interface: external } = status;
  const lines = [
    `node       ${status.name} (pid ${status.pid}), ${status.ready ? 'ready' : 'not ready'}`,
    `interface  ${external.name} ${external.addresses.join(', ')}, MTU ${external.mtu}`,
    `lease      ${lease ? lease.subnets.join(', ') : 'none'}${expiry(lease?.expiresAtMs)}`,
    `dataplane  ${status.dataplane}, pod MTU ${status.mtu}`,
    `store      ${storeText(status.store)}`,
    '',
    table(
      ['PEER', 'SUBNET', 'BACKEND', 'STATE'],
      peers.map((peer) => [
        peer.publicIps.join(','),
        peer.subnets.join(','),
        peer.backendType,
        peer.reason ? `${peer.status}: ${peer.reason}` : peer.status,
      ]),
    ),
    ...failures.map(({ change, message, attempts }) => `failed ${attempts} times: ${change}: ${message}`),
    ...notices.map((notice) => `note: ${notice}`),
    ...Object.entries(status.forwarders).flatMap(([dev, counters]) => ['', counterText(dev, counters)]),
  ];
  return lines.join('\n');
}

function storeText({ watching, error, entriesIgnored = 0 }: AgentStatus['store']): string {
  const ignored = entriesIgnored > 0 ? `, ${entriesIgnored} entries ignored` : '';
  return watching ? `watching${ignored}` : `not reached: ${error ?? 'connecting'}`;
}

function expiry(expiresAtMs: number | undefined): string {
  return expiresAtMs === undefined ? '' : `, until ${new Date(expiresAtMs).toISOString()}`;
}

function counterText(dev: string, { byVerdict }: ForwarderCounters): string {
  const seen = Object.entries(byVerdict).filter(([, count]) => count > 0);
  return table(
    [dev.toUpperCase(), 'PACKETS'],
    seen.map(([verdict, count]) => [verdict, String(count)]),
  );
}
