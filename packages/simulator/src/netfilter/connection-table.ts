/** The connections of a host (conntrack): told by the tuples of both directions, forgotten after Linux's timeouts. */
import { IpProtocol } from '@podlan/wire';
import { TCP_TIMEOUT_SECONDS, type TcpState } from './tcp-state.js';
import type { Side } from './translate.js';
import { inverse, isIcmp, isSame, type Tuple, tupleKey } from './tuple.js';

export type Direction = 'original' | 'reply';

export interface Connection {
  /** As its first packet came. */
  readonly original: Tuple;
  /** As answers come: the inverse of what the first packet left as, after translation. */
  reply: Tuple;
  /** What was decided about each side; only `true` there translates. */
  readonly translated: Record<Side, boolean>;
  /** Whether that was decided, be it to leave it. */
  readonly decided: Record<Side, boolean>;
  seenReply: boolean;
  assured: boolean;
  /** In the table: a packet of it left this host, or reached it. */
  confirmed: boolean;
  mark: number;
  tcp: TcpState;
  readonly bornMs: number;
  expiresMs: number;
}

/** nf_conntrack_udp_timeout, _udp_timeout_stream, _icmp_timeout, _generic_timeout. */
const UDP_SECONDS = 30;
const UDP_STREAM_SECONDS = 120;
const ICMP_SECONDS = 30;
const GENERIC_SECONDS = 600;
/** A UDP flow that still answers after this is a stream. */
const STREAM_AFTER_MS = 2000;
const SWEEP_MS = 10_000;

export const newConnection = (original: Tuple, nowMs: number): Connection => ({
  original,
  reply: inverse(original),
  translated: { source: false, destination: false },
  decided: { source: false, destination: false },
  seenReply: false,
  assured: false,
  confirmed: false,
  mark: 0,
  tcp: 'none',
  bornMs: nowMs,
  expiresMs: nowMs,
});

export interface Found {
  readonly connection: Connection;
  readonly direction: Direction;
}

export class ConnectionTable {
  readonly #nowMs: () => number;
  readonly #byTuple = new Map<string, Found>();
  /** By the source that the first packet came with: one that was translated is translated alike. */
  readonly #bySource = new Map<string, Set<Connection>>();
  readonly #translated = new Set<Connection>();
  #sweptMs = Number.NEGATIVE_INFINITY;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Whether answers to somebody would have to be translated back. */
  get hasMappings(): boolean {
    for (const connection of this.#translated) if (this.#isOver(connection)) this.remove(connection);
    return this.#translated.size > 0;
  }

  find(tuple: Tuple): Found | undefined {
    const found = this.#byTuple.get(tupleKey(tuple));
    if (found === undefined || !this.#isOver(found.connection)) return found;
    this.remove(found.connection);
    return undefined;
  }

  /** Whether packets that look like `tuple` belong to another connection. */
  isTaken(tuple: Tuple, except: Connection): boolean {
    const found = this.find(tuple);
    return found !== undefined && found.connection !== except;
  }

  /** The connections whose first packet came from the same place. */
  withSource(tuple: Tuple): Connection[] {
    const all = [...(this.#bySource.get(sourceKey(tuple)) ?? [])];
    return all.filter((connection) => !this.#isOver(connection));
  }

  /**
   * False where what its answers would look like is another's: then none of its packets may leave. Where the other is
   * the same, begun by a packet on the way at the same time, that one stands for both.
   */
  confirm(connection: Connection): boolean {
    this.#sweep();
    const { original, reply } = connection;
    if (this.isTaken(original, connection) || this.isTaken(reply, connection)) {
      const other = this.find(original)?.connection;
      return other !== undefined && isSame(other.original, original) && isSame(other.reply, reply);
    }
    connection.confirmed = true;
    this.refresh(connection);
    this.#byTuple.set(tupleKey(connection.reply), { connection, direction: 'reply' });
    this.#byTuple.set(tupleKey(connection.original), { connection, direction: 'original' });
    const key = sourceKey(connection.original);
    this.#bySource.set(key, (this.#bySource.get(key) ?? new Set()).add(connection));
    if (connection.translated.source || connection.translated.destination) this.#translated.add(connection);
    return true;
  }

  /** Its time begins anew. */
  refresh(connection: Connection): void {
    connection.expiresMs = this.#nowMs() + secondsOf(connection, this.#nowMs()) * 1000;
  }

  remove(connection: Connection): void {
    for (const tuple of [connection.original, connection.reply]) {
      if (this.#byTuple.get(tupleKey(tuple))?.connection === connection)
        this.#byTuple.delete(tupleKey(tuple));
    }
    const key = sourceKey(connection.original);
    const same = this.#bySource.get(key);
    same?.delete(connection);
    if (same?.size === 0) this.#bySource.delete(key);
    this.#translated.delete(connection);
  }

  #isOver({ expiresMs }: Connection): boolean {
    return expiresMs <= this.#nowMs();
  }

  /** Now and then, lest those that nobody asks for stay. */
  #sweep(): void {
    if (this.#nowMs() - this.#sweptMs < SWEEP_MS) return;
    this.#sweptMs = this.#nowMs();
    for (const { connection } of this.#byTuple.values()) {
      if (this.#isOver(connection)) this.remove(connection);
    }
  }
}

const sourceKey = ({ protocol, source }: Tuple): string => `${protocol} ${source.address} ${source.port}`;

function secondsOf(connection: Connection, nowMs: number): number {
  const { protocol } = connection.original;
  if (protocol === IpProtocol.tcp) return TCP_TIMEOUT_SECONDS[connection.tcp];
  if (isIcmp(protocol)) return ICMP_SECONDS;
  if (protocol !== IpProtocol.udp) return GENERIC_SECONDS;
  const isStream = connection.seenReply && nowMs - connection.bornMs > STREAM_AFTER_MS;
  if (isStream) connection.assured = true;
  return isStream ? UDP_STREAM_SECONDS : UDP_SECONDS;
}
