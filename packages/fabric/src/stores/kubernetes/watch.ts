/**
 * A watch of the cluster's nodes: a list, and from its version on what changes. Connections come and go; each goes on
 * where the last one ended, so nothing is missed. Where that can't be, it ends with LeaseError `watch-lost`.
 */

import type { Clock } from '../../clock.js';
import { LeaseError, type LeaseEvent } from '../../lease.js';
import type { KubernetesApi, WatchEvent } from './api.js';
import { type NodeObject, nameOf } from './node.js';
import type { KubernetesNodes } from './nodes.js';

export interface NodeWatch {
  readonly api: KubernetesApi;
  readonly nodes: KubernetesNodes;
  readonly clock: Clock;
  /** Sees each node as it comes; true where there is more to it than a change of its lease. */
  readonly see: (node: NodeObject) => boolean;
}

/** A server that ends two connections in a row sooner than this, without a word, is not asked again at once. */
const LEAST_CONNECTED_MS = 1000;

/** Batches as `LeaseStore.watch` has them. What `nodes` knows already is not listed again. */
export async function* watchNodes(
  watch: NodeWatch,
  signal: AbortSignal,
): AsyncGenerator<readonly LeaseEvent[]> {
  let connection = await connect(watch, signal);
  yield [{ type: 'snapshot', leases: watch.nodes.leases() }];
  if (watch.nodes.isSeen) yield [];
  watch.nodes.isSeen = false;
  for (let wasUseful = true; ; ) {
    const isUseful = yield* eventsOf(watch, connection);
    if (signal.aborted) return;
    if (!isUseful && !wasUseful) throw endedAtOnce();
    wasUseful = isUseful;
    connection = await watch.api.watchNodes(watch.nodes.version!, signal);
  }
}

/** A version of an earlier watch may be too old by now. */
async function connect(watch: NodeWatch, signal: AbortSignal) {
  const { api, nodes } = watch;
  const isOld = nodes.version !== undefined;
  try {
    if (!isOld) await list(watch, signal);
    return await api.watchNodes(nodes.version!, signal);
  } catch (error) {
    if (!isOld || !isExpired(error)) throw error;
    await list(watch, signal);
    return await api.watchNodes(nodes.version!, signal);
  }
}

/** Page by page: of a page nothing is kept but its leases, and a large cluster's nodes are many megabytes. */
async function list({ api, nodes, see }: NodeWatch, signal: AbortSignal): Promise<void> {
  nodes.version = undefined;
  const names = new Set<string>();
  let version = '';
  for await (const page of api.listNodes(signal)) {
    for (const node of page.nodes) {
      if (see(node)) nodes.isSeen = true;
      nodes.observe(node);
      names.add(nameOf(node));
    }
    version = page.version;
  }
  nodes.retain(names);
  nodes.version = version;
}

/** Returns whether it brought anything, or at least lasted. */
async function* eventsOf(
  watch: NodeWatch,
  connection: AsyncIterable<readonly WatchEvent[]>,
): AsyncGenerator<readonly LeaseEvent[], boolean> {
  const { clock } = watch;
  const openedMs = clock.nowMs();
  let isHeard = false;
  for await (const batch of connection) {
    isHeard = true;
    const changes = batch.map((event) => take(watch, event));
    const events = changes.flatMap(({ events }) => events);
    if (events.length > 0) yield events;
    if (changes.some(({ isSeen }) => isSeen)) yield [];
  }
  return isHeard || clock.nowMs() - openedMs >= LEAST_CONNECTED_MS;
}

function take(
  { nodes, see }: NodeWatch,
  { type, object }: WatchEvent,
): { events: LeaseEvent[]; isSeen: boolean } {
  const version = object?.metadata?.resourceVersion;
  const isKnown = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'].includes(type);
  if (!isKnown || !version) throw unexpected(type, object);
  nodes.version = version;
  if (type === 'BOOKMARK') return { events: [], isSeen: false };
  if (type === 'DELETED') return { events: nodes.remove(nameOf(object)), isSeen: false };
  return { events: nodes.observe(object), isSeen: see(object) };
}

const isExpired = (error: unknown) => error instanceof LeaseError && error.code === 'watch-lost';

/** An ERROR holds a Status; 410 is that of a version which the server no longer has. */
function unexpected(type: string, object: WatchEvent['object'] | undefined): LeaseError {
  const found = `${type} ${object?.code ?? ''} (${object?.message ?? 'no reason given'})`;
  const message = `kubernetes: watch nodes: expected a change of a node, found ${found}; list anew`;
  return new LeaseError('watch-lost', message);
}

function endedAtOnce(): LeaseError {
  return new LeaseError('unavailable', 'kubernetes: watch nodes: the API server ended it at once, twice');
}
