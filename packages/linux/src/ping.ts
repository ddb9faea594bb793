/** ICMP and ICMPv6 echo from this process's own network namespace, through a raw socket (RFC 792, RFC 4443). */
import { setImmediate as turn } from 'node:timers/promises';
import { familyOf, type IpAddress, internetChecksum, ipToMappedBytes } from '@podlan/wire';
import { callError } from './call-error.js';
import * as libc from './libc.js';
import type { LinuxError } from './linux-error.js';
import { Poller } from './poller.js';
import { AF_INET, AF_INET6, SOCKADDR_BYTES, SOCKADDR_STRIDE, writeSockaddr } from './socket-address.js';

const PROTOCOL = { 4: 1, 6: 58 } as const;
const ECHO_REQUEST = { 4: 8, 6: 128 } as const;
const ECHO_REPLY = { 4: 0, 6: 129 } as const;
const HEADER_BYTES = 8;
const PAYLOAD_BYTES = 56;
const MOST_REQUESTS = 0xffff;
/** A round trip is timed by a thread that waits for nothing else; between waits this long it does other work. */
const WAIT_MS = 5;

/** One echo reply that came back. */
export interface PingReply {
  readonly sequence: number;
  readonly rttMs: number;
}

/** How many requests and how far apart; the defaults are those of ping(8), but one request. */
export interface PingOptions {
  readonly count?: number;
  readonly intervalMs?: number;
  /** How long to wait for replies after the last request. */
  readonly timeoutMs?: number;
  readonly payloadBytes?: number;
  readonly stopAtFirstReply?: boolean;
}

/**
 * The replies, in the order they came; a lost request has none. Rejects with LinuxError `EPERM` without CAP_NET_RAW.
 * @example As root
 * ```ts
 * import { ping } from '@podlan/linux';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const replies = await ping(parseIpAddress('127.0.0.1')!, { count: 2, intervalMs: 1 });
 * replies.map(({ sequence }) => sequence); // => [1, 2]
 * await ping(parseIpAddress('192.0.2.1')!, { timeoutMs: 1 }); // => []
 * ```
 */
export async function ping(to: IpAddress, options: PingOptions = {}): Promise<PingReply[]> {
  const { count = 1, intervalMs = 1000, timeoutMs = 1000, stopAtFirstReply = false } = options;
  const echo = new Echo(familyOf(to), options.payloadBytes);
  try {
    for (let sequence = 1; sequence <= count; sequence++) {
      echo.send(to, sequence);
      const isLast = sequence === count;
      const untilMs = performance.now() + (isLast ? timeoutMs : intervalMs);
      const isDone = () =>
        stopAtFirstReply ? echo.replies.length > 0 : isLast && echo.replies.length === count;
      await echo.listen(untilMs, isDone);
      if (stopAtFirstReply && echo.replies.length > 0) break;
    }
    return echo.replies;
  } finally {
    echo.close();
  }
}

/**
 * Pings many at once: to each in turn a request, `count` times. The replies of each, in the order of `targets`; a lost
 * request has none. Rejects with LinuxError `EPERM` without CAP_NET_RAW, and with RangeError for more than 65,535
 * requests, which sequence numbers can't tell apart.
 * @example As root
 * ```ts
 * import { pingEach } from '@podlan/linux';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const targets = ['127.0.0.1', '192.0.2.1', '::1'].map((text) => parseIpAddress(text)!);
 * const replies = await pingEach(targets, { count: 2, intervalMs: 1, timeoutMs: 50 });
 * replies.map((list) => list.map(({ sequence }) => sequence)); // => [[1, 2], [], [1, 2]]
 * ```
 */
export async function pingEach(
  targets: readonly IpAddress[],
  options: Omit<PingOptions, 'stopAtFirstReply'> = {},
): Promise<PingReply[][]> {
  if (targets.length * (options.count ?? 1) > MOST_REQUESTS)
    throw new RangeError(`pingEach: expected at most ${MOST_REQUESTS} requests, got more`);
  const replies = targets.map((): PingReply[] => []);
  // One family after the other: while one thread waits for one socket, it sees nothing of another.
  for (const family of [4, 6] as const) {
    const members = [...targets.entries()].filter(([, target]) => familyOf(target) === family);
    const addresses = members.map(([, target]) => target);
    if (members.length === 0) continue;
    for (const { sequence, rttMs } of await pingRounds(family, addresses, options)) {
      const round = Math.floor((sequence - 1) / members.length);
      const [index] = members[(sequence - 1) % members.length]!;
      replies[index]!.push({ sequence: round + 1, rttMs });
    }
  }
  return replies;
}

/** Each request has a number of its own, over all targets and rounds. */
async function pingRounds(family: 4 | 6, targets: readonly IpAddress[], options: PingOptions) {
  const { count = 1, intervalMs = 1000, timeoutMs = 1000 } = options;
  const echo = new Echo(family, options.payloadBytes);
  try {
    for (let round = 0; round < count; round++) {
      for (const [i, to] of targets.entries()) {
        echo.send(to, round * targets.length + i + 1);
        // Of thousands, the socket holds a few hundred.
        echo.drain();
      }
      const isLast = round === count - 1;
      const untilMs = performance.now() + (isLast ? timeoutMs : intervalMs);
      await echo.listen(untilMs, () => isLast && echo.replies.length === count * targets.length);
    }
    return echo.replies;
  } finally {
    echo.close();
  }
}

class Echo {
  readonly replies: PingReply[] = [];
  readonly #fd: number;
  readonly #family: 4 | 6;
  readonly #identifier = Math.floor(Math.random() * 0x10000);
  readonly #sentMs = new Map<number, number>();
  readonly #request: Uint8Array;
  readonly #packet = new Uint8Array(65_536);
  readonly #poller: Poller;

  constructor(family: 4 | 6, payloadBytes = PAYLOAD_BYTES) {
    this.#family = family;
    this.#request = new Uint8Array(HEADER_BYTES + payloadBytes);
    const domain = this.#family === 4 ? AF_INET : AF_INET6;
    this.#fd = libc.socket(domain, libc.SOCK_RAW | libc.O_NONBLOCK | libc.O_CLOEXEC, PROTOCOL[this.#family]);
    if (this.#fd < 0) throw this.#error('socket(SOCK_RAW)');
    this.#poller = new Poller({ device: -1, socket: this.#fd, wake: -1 });
  }

  /** A request that the kernel refuses (no route yet) is a request lost. */
  send(to: IpAddress, sequence: number): void {
    const view = new DataView(this.#request.buffer);
    view.setUint8(0, ECHO_REQUEST[this.#family]);
    view.setUint16(2, 0);
    view.setUint16(4, this.#identifier);
    view.setUint16(6, sequence & 0xffff);
    // For ICMPv6 the kernel fills the checksum in.
    if (this.#family === 4) view.setUint16(2, internetChecksum(this.#request));
    const sockaddr = new Uint8Array(SOCKADDR_STRIDE);
    writeSockaddr(new DataView(sockaddr.buffer), 0, this.#family, ipToMappedBytes(to), 0, 0);
    this.#sentMs.set(sequence & 0xffff, performance.now());
    libc.sendto(this.#fd, this.#request, this.#request.length, 0, sockaddr, SOCKADDR_BYTES[this.#family]);
  }

  /** Takes the replies that are there. */
  drain(): void {
    while (this.#receive());
  }

  async listen(untilMs: number, isDone: () => boolean): Promise<void> {
    while (!isDone() && performance.now() < untilMs) {
      if (this.#receive()) continue;
      await turn();
      this.#poller.wait(Math.min(WAIT_MS, Math.max(0, untilMs - performance.now())));
    }
  }

  close(): void {
    libc.close(this.#fd);
  }

  #receive(): boolean {
    const length = libc.recvfrom(
      this.#fd,
      this.#packet,
      this.#packet.length,
      0,
      null as never,
      null as never,
    );
    if (length < 0) return false;
    const nowMs = performance.now();
    // A raw IPv4 socket hands the IP header over, an IPv6 one does not.
    const start = this.#family === 4 ? (this.#packet[0]! & 0xf) * 4 : 0;
    if (length < start + HEADER_BYTES) return true;
    const view = new DataView(this.#packet.buffer, start, HEADER_BYTES);
    const sequence = view.getUint16(6);
    const sentMs = this.#sentMs.get(sequence);
    const ours = view.getUint8(0) === ECHO_REPLY[this.#family] && view.getUint16(4) === this.#identifier;
    if (!ours || sentMs === undefined) return true;
    this.#sentMs.delete(sequence);
    this.replies.push({ sequence, rttMs: nowMs - sentMs });
    return true;
  }

  #error(op: string): LinuxError {
    return callError(op, [], { EPERM: 'needs the right to send raw packets (CAP_NET_RAW)' });
  }
}
