/** What the agent answers at `/forwarders`: what its forwarders hold, which no table of the kernel shows. */
import type { ForwarderRow, Tunnel } from '@podlan/linux/model';
import type { IpPrefix } from '@podlan/wire';
import type { AgentOptions } from './options.js';
import type { Wiring } from './wiring.js';

export interface ForwardersReport {
  readonly backend: string;
  readonly networks: readonly IpPrefix[];
  readonly ipMasq: boolean;
  /** Empty on the kernel dataplane. */
  readonly forwarders: readonly ForwarderRow[];
  readonly tunnels: readonly Tunnel[];
}

export function forwardersReport({ rules }: AgentOptions, { store, forwarder }: Wiring): ForwardersReport {
  const { backend, networks } = store.config;
  const rows = forwarder.rows();
  return {
    backend: backend.type,
    networks: networks.map(({ network }) => network),
    ipMasq: rules.ipMasq,
    forwarders: rows.filter((row) => row.kind === 'forwarder'),
    tunnels: rows.filter((row) => row.kind === 'tunnel'),
  };
}
