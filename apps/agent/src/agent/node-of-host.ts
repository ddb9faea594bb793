/** The node loop on this host, and what follows it: subnet.env, and the external interface. */
import {
  type Lease,
  type NodeState,
  type ReconcileReport,
  type RunningNode,
  runNode,
  withForwarder,
} from '@podlan/fabric';
import type { Logger } from 'pino';
import type { ExternalInterface } from './external/external-interface.js';
import { InterfaceWatch } from './external/interface-watch.js';
import { forwardingNotices, hostRules } from './host-rules.js';
import type { AgentOptions } from './options.js';
import { SubnetFile } from './subnet-file.js';
import { ReadyNotice } from './systemd.js';
import type { Wiring } from './wiring.js';

export interface NodeOfHost extends Pick<RunningNode, 'state' | 'desired' | 'finished'> {
  /** As it is now. */
  external(): ExternalInterface;
  /** Undefined once subnet.env and the host's rows are there and the kernel takes changes; else what is missing. */
  unready(): string | undefined;
}

/** Of one node loop. */
export interface LoopOptions {
  readonly signal: AbortSignal;
  /** Called when the kernel is as it should be, and then again and again. */
  readonly ready: () => void;
  /** At its start. */
  readonly external: ExternalInterface;
  /** What an earlier loop held. */
  readonly held: Lease | undefined;
  readonly reconciled: (report: ReconcileReport) => void;
}

export function startNode(
  options: AgentOptions,
  wiring: Wiring,
  log: Logger,
  { signal, ready, external, held, reconciled }: LoopOptions,
): NodeOfHost {
  const { store, nftProblem } = wiring;
  if (nftProblem !== undefined) log.warn({ reason: nftProblem }, 'nftables rules are not kept');
  const networks = store.config.networks.map(({ network }) => network);
  const subnetFile = new SubnetFile(options.subnetFile, { networks, ipMasq: options.rules.ipMasq });
  const notice = new ReadyNotice((message) => log.warn(message));
  const watch = new InterfaceWatch({
    current: external,
    find: wiring.findExternal,
    changed: (now, before) => {
      const backend = wiring.backendFor(now);
      store.reconnect?.();
      running.rehost(backend);
      log.warn({ now, before }, 'the external interface changed; the lease and all rows follow');
    },
    warn: (message) => log.warn(message),
  });
  const running = runNode({
    kernel: withForwarder(watch.overhear(wiring.kernel), wiring.forwarder),
    store,
    backend: wiring.backendFor(external),
    previous: wiring.previous,
    ...(held && { held }),
    signal,
    resyncMs: options.resyncSeconds * 1000,
    renewMarginMs: options.renewMarginMinutes * 60_000,
    log: logOf(log),
    onReconcile: reconciled,
    onState: (state) => {
      subnetFile.follow(state, log);
      if (state.ready) ready();
      if (unreadyReason(state, subnetFile) === undefined) notice.send();
    },
    ...hostRules(options.rules, networks, nftProblem),
  });
  return {
    state: () => withNotices(running.state(), options, wiring),
    desired: () => running.desired(),
    external: () => watch.current,
    unready: () => unreadyReason(running.state(), subnetFile),
    finished: running.finished.finally(() => watch.close()),
  };
}

function withNotices(
  state: NodeState,
  { rules }: AgentOptions,
  { store, nftProblem, kernel }: Wiring,
): NodeState {
  const networks = store.config.networks.map(({ network }) => network);
  const obstacles = { nftProblem, closedChains: kernel.closedChains };
  return { ...state, notices: [...state.notices, ...forwardingNotices(rules, networks, obstacles)] };
}

/** A peer that can't be programmed leaves the node ready: all others are reached. */
function unreadyReason(
  { lease, ready, kernel, failures }: NodeState,
  subnetFile: SubnetFile,
): string | undefined {
  if (lease === undefined) return 'no lease yet';
  if (kernel.error !== undefined) return `the kernel's state can't be read: ${kernel.error}`;
  const failure = failures.find(({ owner }) => owner === 'host');
  if (failure !== undefined) return `${failure.change} failed: ${failure.message}`;
  if (!ready) return "the host's devices and rules are being made";
  return subnetFile.isWritten ? undefined : 'subnet.env is not written';
}

const logOf = (log: Logger) => ({
  info: (message: string) => log.info(message),
  warn: (message: string) => log.warn(message),
  error: (message: string) => log.error(message),
});
