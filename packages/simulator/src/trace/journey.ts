/**
 * The way of one packet and of all that it gives rise to, as a list of hops. A packet carries its journey with it, as an
 * skb carries its marks; packets without one leave no trace and cost nothing.
 */
import type { Family, IpAddress, MacAddress } from '@podlan/wire';
import type { FibRoute } from '../kernel/fib.js';

/** Whose part of the conversation a hop belongs to. */
export type Leg = 'request' | 'reply' | 'error' | 'resolution';

/** What was matched: `text` in the words of the tool that shows it, `10.244.2.0/24 via 10.244.2.0 dev flannel.1`. */
export type MatchedRow = { readonly text: string } & (
  | { readonly table: 'route' | 'rule'; readonly route: FibRoute }
  /** `mac` is absent where nobody answered. */
  | { readonly table: 'neighbor'; readonly address: IpAddress; readonly mac?: MacAddress }
  /** `dst` of a vxlan device's. */
  | { readonly table: 'fdb'; readonly mac: MacAddress; readonly dst?: IpAddress }
  | { readonly table: 'tunnel'; readonly remote: IpAddress }
  | { readonly table: 'nftables'; readonly chain: string; readonly rule: string }
  | { readonly table: 'sysctl' | 'socket' | 'port' }
);

/** What happened to a packet. */
export type HopEvent =
  /** A program gave it to the kernel. */
  | 'send'
  | 'route'
  | 'neighbor'
  /** It left by a device, or came in by it: as tcpdump on that device shows it. */
  | 'transmit'
  | 'receive'
  | 'bridge'
  | 'flood'
  | 'encapsulate'
  | 'decapsulate'
  /** Netfilter: a rule decided, or an address was translated. */
  | 'filter'
  | 'translate'
  | 'forward'
  | 'fragment'
  | 'reassemble'
  /** From the kernel to a program that carries packets, and back. */
  | 'to-user'
  | 'from-user'
  /** At its destination. */
  | 'deliver'
  | 'drop';

/** Why a packet went no further; after the kernel's `SKB_DROP_REASON_*` and errno where there is one. */
export type DropReason =
  | 'other-host'
  | 'device-down'
  | 'no-carrier'
  | 'lost-on-link'
  | 'no-route'
  | 'blackhole-route'
  | 'unreachable-route'
  | 'prohibit-route'
  | 'not-forwarding'
  | 'martian-source'
  | 'reverse-path'
  | 'ipv6-disabled'
  | 'ttl-exceeded'
  | 'too-big'
  | 'filtered'
  | 'neighbor-unresolved'
  | 'no-fdb-entry'
  | 'bridge-port-isolated'
  | 'bridge-port-state'
  | 'no-hairpin'
  | 'no-tunnel'
  | 'forwarder-refused'
  | 'no-vni'
  | 'own-frame'
  | 'no-socket'
  | 'no-source-address'
  | 'echo-ignored'
  | 'malformed'
  | 'not-for-this-host'
  | 'fragment-missing'
  | 'forwarding-loop'
  /** A device of a kind that is not simulated, or a place that no snapshot tells of. */
  | 'not-simulated';

/** One step. `before` and `after` are a frame from its link header on, or a bare IP packet where there is none. */
export interface Hop {
  readonly atMs: number;
  /** Host or pod. */
  readonly netns: string;
  readonly device?: string;
  readonly leg: Leg;
  readonly event: HopEvent;
  readonly text: string;
  readonly row?: MatchedRow;
  readonly reason?: DropReason;
  /** The row has a say, is not modelled, and was passed over. */
  readonly isSkipped?: true;
  readonly before: Uint8Array;
  readonly after?: Uint8Array;
  /** Whether the bytes begin with an Ethernet header. */
  readonly isFrame: boolean;
  /** The border between user space and kernel was crossed. */
  readonly crossing?: 'to-kernel' | 'to-user';
}

/** What a place tells about a step; the journey adds whose it is. */
export type HopNote = Omit<Hop, 'leg' | 'atMs'>;

/**
 * The hops of one packet and of what came of it, in the order in which they happened.
 * @example
 * ```ts
 * import { Journey } from '@podlan/simulator';
 *
 * const journey = new Journey(() => 7);
 * const bytes = new Uint8Array(20);
 * journey.record('request', { netns: 'host-a', event: 'send', text: 'to itself', before: bytes, isFrame: false });
 * journey.hops.map(({ atMs, leg, event }) => `${atMs} ${leg} ${event}`); // => ['7 request send']
 * ```
 */
export class Journey {
  readonly hops: Hop[] = [];
  readonly #nowMs: () => number;
  /** A storm is seen from its beginning, and where it was stopped. */
  readonly #most: number;
  #endIsTold = false;

  constructor(nowMs: () => number, most = 10_000) {
    this.#nowMs = nowMs;
    this.#most = most;
  }

  /** Writes down one more. */
  record(leg: Leg, note: HopNote): void {
    const isEnd = note.reason === 'forwarding-loop' && !this.#endIsTold;
    if (this.hops.length >= this.#most && !isEnd) return;
    if (isEnd) this.#endIsTold = true;
    this.hops.push({ ...note, leg, atMs: this.#nowMs() });
  }
}

/** Of the IP packet in a frame. */
export const familyOfPacket = (packet: Uint8Array): Family | undefined => {
  const version = packet[0]! >> 4;
  return version === 4 || version === 6 ? version : undefined;
};
