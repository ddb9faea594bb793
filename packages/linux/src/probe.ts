/**
 * One packet to an address, from any namespace, and everything that comes back of it: the reply, what routers said (ICMP),
 * what the kernel refused. In a thread of its own, as a thread can't leave a namespace again.
 */
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { familyOf, type IpAddress } from '@podlan/wire';
import type { SendError } from './error-queue.js';
import { LinuxError, type LinuxErrorOptions } from './linux-error.js';
import { netnsPath } from './netns.js';

/** What the packet is. */
export interface ProbeOptions {
  /** A name or a path; default: this process's own. */
  readonly netns?: string | undefined;
  readonly to: IpAddress;
  /** Default: the one the kernel chooses. */
  readonly from?: IpAddress | undefined;
  /** Default: icmp, which is ICMPv6 to an IPv6 address. */
  readonly protocol?: 'icmp' | 'tcp' | 'udp' | undefined;
  /** Where to, of tcp and udp. */
  readonly port?: number | undefined;
  /** The source port of tcp and udp, the identifier of an echo request. Default: one by chance. */
  readonly sourcePort?: number | undefined;
  /** Of icmp and udp. Default: 56. */
  readonly payloadBytes?: number | undefined;
  /** Sent whole or not at all, whatever has been learned of the path's MTU. */
  readonly dontFragment?: boolean | undefined;
  /** Hop limit, in IPv6. Default: the kernel's. */
  readonly ttl?: number | undefined;
  /** How long to wait for an answer. Default: 1000. */
  readonly timeoutMs?: number | undefined;
}

/** `echo` to icmp, `datagram` to udp, `accepted` (SYN, ACK) or `reset` to tcp. */
export type ProbeReply = {
  readonly kind: 'echo' | 'datagram' | 'accepted' | 'reset';
  readonly from: IpAddress;
  readonly rttMs: number;
};

/** What came of it; neither reply nor errors: nothing came back in time. */
export interface ProbeAnswer {
  /** The errno with which the kernel did not send it, such as `ENETUNREACH`, `EMSGSIZE`, `EPERM` (a rule drops it). */
  readonly refused?: string;
  readonly reply?: ProbeReply;
  readonly errors: readonly SendError[];
}

/** As ProbeOptions, with nothing left open. */
export interface ProbeOrder {
  readonly netnsFile: string | undefined;
  readonly to: IpAddress;
  readonly from: IpAddress | undefined;
  readonly protocol: 'icmp' | 'tcp' | 'udp';
  readonly port: number;
  readonly sourcePort: number;
  readonly payloadBytes: number;
  readonly dontFragment: boolean;
  readonly ttl: number | undefined;
  readonly timeoutMs: number;
}
export type ProbeMessage = { readonly answer: ProbeAnswer } | { readonly failure: LinuxErrorOptions };

/** The worker is a built file also where this one runs from its source, as in tests. */
const WORKER = new URL('../dist/probe-worker.js', import.meta.url);
/** An identifier, or a port that no service is likely to have. */
const LOWEST_CHANCE = 0x8000;

/**
 * Sends one packet and waits for what comes of it. Throws RangeError for numbers that no packet can have, and rejects
 * with LinuxError where the namespace is not there, the source is not an address of it, or CAP_NET_RAW is missing.
 * @example As root
 * ```ts
 * import { probe } from '@podlan/linux';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const to = parseIpAddress('127.0.0.1')!;
 * const { reply } = await probe({ to });
 * [reply?.kind, reply?.from]; // => ['echo', '127.0.0.1']
 *
 * // Nobody listens there: the kernel says so by ICMP, port unreachable.
 * const { errors } = await probe({ to, protocol: 'udp', port: 9 });
 * errors; // => [{ origin: 'icmp', errno: 'ECONNREFUSED', type: 3, code: 3, from: '127.0.0.1' }]
 * ```
 */
export async function probe(options: ProbeOptions): Promise<ProbeAnswer> {
  const order = orderOf(options);
  // libuv's threads are born at the first use, in the namespace of whichever thread that is: let it be this one.
  await stat('/');
  const worker = new Worker(WORKER, { workerData: order });
  const message = await new Promise<ProbeMessage>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the probe's thread ended with ${code} and no answer`)));
  });
  if ('failure' in message) throw new LinuxError(message.failure);
  return message.answer;
}

function orderOf(options: ProbeOptions): ProbeOrder {
  const { netns, to, from, protocol = 'icmp', ttl } = options;
  const payloadMost = familyOf(to) === 4 ? 65_507 : 65_527;
  const payloadBytes = options.payloadBytes ?? 56;
  const sourcePort =
    options.sourcePort ?? LOWEST_CHANCE + Math.floor(Math.random() * (0xffff - LOWEST_CHANCE));
  if (from !== undefined && familyOf(from) !== familyOf(to))
    throw new TypeError(`from: expected an address of the family of ${to}, got ${from}`);
  if (protocol !== 'icmp') requireWithin('port', options.port, 1, 0xffff);
  requireWithin('payloadBytes', payloadBytes, 0, payloadMost);
  requireWithin('sourcePort', sourcePort, 1, 0xffff);
  requireWithin('ttl', ttl ?? 1, 1, 255);
  requireWithin('timeoutMs', options.timeoutMs ?? 1, 1, 3_600_000);
  return {
    netnsFile: netns === undefined ? undefined : netnsPath(netns),
    to,
    from,
    protocol,
    ttl,
    payloadBytes,
    sourcePort,
    port: options.port ?? 0,
    dontFragment: options.dontFragment ?? false,
    timeoutMs: options.timeoutMs ?? 1000,
  };
}

function requireWithin(name: string, value: number | undefined, least: number, most: number): void {
  if (Number.isInteger(value) && value! >= least && value! <= most) return;
  throw new RangeError(`${name}: expected a whole number from ${least} to ${most}, got ${value}`);
}
