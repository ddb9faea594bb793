/**
 * Which connection a packet belongs to, and in what state: known when it comes in or is sent (prerouting, output), and
 * remembered for the hooks that it meets later, as the kernel's socket buffer does.
 */
import { IpProtocol } from '@podlan/wire';
import { type Connection, ConnectionTable, type Direction, newConnection } from './connection-table.js';
import {
  addressBytes,
  destinationAt,
  hasTransport,
  type PacketHead,
  readHead,
  sourceAt,
} from './packet-head.js';
import type { Hook } from './passage.js';
import { tcpStep } from './tcp-state.js';
import { addressAt, inverse, mayBegin, type Tuple, tupleKey, tupleOf } from './tuple.js';

export type ConnectionState = 'new' | 'established' | 'related' | 'invalid' | 'untracked';

/** What is known of the packet that passes. */
export interface Tracked {
  readonly state: ConnectionState;
  readonly direction: Direction;
  readonly connection?: Connection;
  /** Of an ICMP error: the packet it quotes. */
  readonly quote?: PacketHead;
}

const INVALID: Tracked = { state: 'invalid', direction: 'original' };
const UNTRACKED: Tracked = { state: 'untracked', direction: 'original' };

/** Unreachable, source quench, redirect, time exceeded, parameter problem. */
const ICMP_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
/** MLD and neighbor discovery: nobody's connection (nf_conntrack_proto_icmpv6.c, noct_valid_new). */
const ICMPV6_UNTRACKED: ReadonlySet<number> = new Set([130, 131, 132, 133, 134, 135, 136, 143]);
const TCP_FLAGS = 13;
/** Both memories drop their oldest beyond this: packets on their way through, not connections. */
const MOST_REMEMBERED = 4096;

/** What a first fragment lends to those that follow: its ports, and what is known of it. */
interface FirstFragment {
  readonly head: PacketHead;
  readonly tracked: Tracked;
}

export class Tracker {
  readonly table: ConnectionTable;
  readonly #nowMs: () => number;
  /** What was last known of a packet with this tuple, which is on its way from the first hook to the last. */
  readonly #passing = new Map<string, Tracked>();
  readonly #fragments = new Map<string, FirstFragment>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.table = new ConnectionTable(nowMs);
  }

  /** At the first hook. */
  track(head: PacketHead, isLooped: boolean): Tracked {
    if (isUntracked(head)) return UNTRACKED;
    const looped = isLooped ? this.recall(head) : INVALID;
    if (looped.connection !== undefined) return looped;
    const quote = quotedBy(head);
    if (quote !== undefined) return this.#ofError(head, quote);
    const tuple = tupleOf(head);
    if (tuple === undefined) return INVALID;
    const tracked = this.#ofTuple(head, tuple);
    if (tracked.connection === undefined) this.#passing.delete(tupleKey(tuple));
    return tracked;
  }

  /** At later hooks: what was remembered of it. */
  recall(head: PacketHead): Tracked {
    if (isUntracked(head)) return UNTRACKED;
    const quote = quotedBy(head);
    const key = keyOf(head, quote);
    const known = key === undefined ? undefined : this.#passing.get(key);
    if (known === undefined) return INVALID;
    return quote === undefined ? known : { ...known, quote };
  }

  /** Under the tuple it leaves the hook with. */
  remember(head: PacketHead, tracked: Tracked): void {
    const key = keyOf(head, quotedBy(head));
    if (key === undefined || tracked.connection === undefined) return;
    this.#passing.delete(key);
    this.#passing.set(key, tracked);
    forgetOldest(this.#passing);
  }

  rememberFragment(hook: Hook, head: PacketHead, tracked: Tracked): void {
    if (!head.fragment?.isFirst) return;
    this.#fragments.set(fragmentKey(hook, head), { head, tracked });
    forgetOldest(this.#fragments);
  }

  firstFragment(hook: Hook, head: PacketHead): FirstFragment | undefined {
    return this.#fragments.get(fragmentKey(hook, head));
  }

  #ofError(head: PacketHead, quote: PacketHead): Tracked {
    const inner = tupleOf(quote);
    const found = inner && this.table.find(inverse(inner));
    if (found === undefined) return INVALID;
    // Who is told must be who sent what is quoted.
    const { connection, direction } = found;
    const tuple = direction === 'original' ? connection.original : connection.reply;
    if (tuple.destination.address !== addressAt(head, destinationAt(head))) return INVALID;
    return { state: 'related', direction, connection, quote };
  }

  #ofTuple(head: PacketHead, tuple: Tuple): Tracked {
    const found = this.table.find(tuple);
    if (found === undefined) return this.#begin(head, tuple);
    const { connection, direction } = found;
    if (tuple.protocol === IpProtocol.tcp) {
      const step = this.#stepTcp(head, connection, direction);
      if (step === 'reopened') return this.#begin(head, tuple);
      if (step === 'invalid') return INVALID;
    } else this.table.refresh(connection);
    if (direction === 'reply') connection.seenReply = true;
    return { state: connection.seenReply ? 'established' : 'new', direction, connection };
  }

  #begin(head: PacketHead, tuple: Tuple): Tracked {
    if (!mayBegin(tuple)) return INVALID;
    const connection = newConnection(tuple, this.#nowMs());
    if (tuple.protocol === IpProtocol.tcp) {
      const state = tcpStep('none', flagsOf(head), 'original');
      if (state === 'invalid' || state === 'ignored') return INVALID;
      connection.tcp = state;
    }
    return { state: 'new', direction: 'original', connection };
  }

  #stepTcp(head: PacketHead, connection: Connection, direction: Direction): 'reopened' | 'invalid' | 'known' {
    const before = connection.tcp;
    const after = tcpStep(before, flagsOf(head), direction);
    if (after === 'invalid') return 'invalid';
    const isOver = before === 'time-wait' || before === 'close';
    if (after === 'syn-sent' && isOver) {
      this.table.remove(connection);
      return 'reopened';
    }
    if (after === 'ignored') return 'known';
    connection.tcp = after;
    if (after === 'established' && (before === 'syn-recv' || before === 'established'))
      connection.assured = true;
    this.table.refresh(connection);
    // Refused before it was answered: gone, though this answer still finds back.
    if (after === 'close' && !connection.seenReply) connection.expiresMs = this.#nowMs();
    return 'known';
  }
}

const flagsOf = (head: PacketHead): number =>
  hasTransport(head, TCP_FLAGS + 1) ? head.bytes[head.transportAt! + TCP_FLAGS]! : 0;

const isUntracked = (head: PacketHead): boolean =>
  head.protocol === IpProtocol.icmpv6 &&
  hasTransport(head) &&
  ICMPV6_UNTRACKED.has(head.bytes[head.transportAt!]!);

function quotedBy(head: PacketHead): PacketHead | undefined {
  const { bytes, protocol, transportAt } = head;
  if (!hasTransport(head)) return undefined;
  const type = bytes[transportAt!]!;
  const isError =
    protocol === IpProtocol.icmp ? ICMP_ERRORS.has(type) : protocol === IpProtocol.icmpv6 && type < 128;
  if (!isError) return undefined;
  const quote = readHead(bytes, transportAt! + 8);
  return quote?.family === head.family ? quote : undefined;
}

/** An error goes by what it quotes, seen from the side of who is told. */
function keyOf(head: PacketHead, quote: PacketHead | undefined): string | undefined {
  const tuple = tupleOf(quote ?? head);
  if (tuple === undefined) return undefined;
  return quote === undefined ? tupleKey(tuple) : `error ${tupleKey(tuple)}`;
}

function fragmentKey(hook: Hook, head: PacketHead): string {
  const length = 2 * addressBytes(head.family);
  const addresses = head.bytes.subarray(sourceAt(head), sourceAt(head) + length);
  return `${hook} ${head.protocol} ${head.fragment?.id} ${addresses}`;
}

function forgetOldest(map: Map<string, unknown>): void {
  if (map.size <= MOST_REMEMBERED) return;
  const oldest = map.keys().next().value;
  if (oldest !== undefined) map.delete(oldest);
}
