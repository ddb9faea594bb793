/** What the agent answers at `/status`. */
import type { ForwarderCounters } from '@podlan/dataplane';
import type { NodeState } from '@podlan/fabric';
import type { ExternalInterface } from '../agent/external/external-interface.js';
import type { Dataplane } from '../agent/flags/flag-values.js';

export interface AgentStatus extends NodeState {
  readonly name: string;
  readonly version: string;
  readonly pid: number;
  readonly dataplane: Dataplane;
  /** What `/readyz` says is missing; absent once nothing is. */
  readonly unready?: string;
  readonly interface: Omit<ExternalInterface, 'onLink'>;
  /** Counters of the WASM forwarder, by device. Empty on the kernel dataplane. */
  readonly forwarders: Readonly<Record<string, ForwarderCounters>>;
  readonly memory: { readonly residentBytes: number };
}
