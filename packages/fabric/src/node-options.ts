/** What a node is run with, and what is had of it while it runs. */
import type { Kernel, Row } from '@podlan/linux/model';
import type { IpPrefix } from '@podlan/wire';
import type { Backend } from './backend.js';
import type { Clock } from './clock.js';
import type { Lease, LeaseStore } from './lease.js';
import type { DesiredState, NodeState, ReconcileReport } from './node-state.js';

/** Where a node says what happens to it, a line each. */
export interface NodeLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** The parts of a node, and its times in milliseconds. */
export interface NodeOptions {
  readonly kernel: Kernel;
  readonly store: LeaseStore;
  readonly backend: Backend;
  /** Rows beside the backend's: masquerade chains, forwarding sysctls. Given, podlan's nftables table is ours. */
  readonly hostRows?: (own: Lease) => readonly Row[];
  /** Subnets of an earlier run, from subnet.env: taken again where they are free, else the node's notices say so. */
  readonly previous?: readonly IpPrefix[];
  /** What an earlier node loop held by the same `store`: this one goes on with it, though the host's address changed. */
  readonly held?: Lease;
  readonly clock?: Clock;
  readonly log?: NodeLog;
  readonly signal: AbortSignal;
  /** How often the whole kernel state is compared though nothing changed; 30 s by default. */
  readonly resyncMs?: number;
  /** How long before its end a lease is renewed, an hour by default; at most half its time. */
  readonly renewMarginMs?: number;
  /** Called after each change; ask for the state there or later. */
  readonly onState?: (state: NodeState) => void;
  /** Called after each full comparison with the kernel. */
  readonly onReconcile?: (report: ReconcileReport) => void;
}

/** A node at work. */
export interface RunningNode {
  /** What it believes now. */
  state(): NodeState;
  /** The rows that it keeps the kernel to: the host's, then each peer's. None before the first lease. */
  desired(): DesiredState[];
  /**
   * The host's addresses, MTU or external interface changed, and the backend with them: the lease keeps its subnets
   * and is published anew, and all rows are derived anew.
   */
  rehost(backend: Backend): void;
  /**
   * Resolves once the signal aborted and the loops ended; the kernel's rows and the lease stay. Rejects where the first
   * lease can't be had and waiting won't help: `out-of-subnets`, `bad-config`, `corrupt`.
   */
  readonly finished: Promise<void>;
}
