/** What netfilter is asked about a packet, and what it answers. */
import type { IpAddress } from '@podlan/wire';

/** Where a packet meets the rules (`nft`'s hooks of the families ip, ip6 and inet). */
export type Hook = 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting';

/** A packet at a hook. */
export interface Traversal {
  /** The whole IP packet, from its header on. Never written to. */
  readonly packet: Uint8Array;
  /** The device it came in by; none for what this host sends. */
  readonly iif?: string;
  /** The device it leaves by, once it is routed. */
  readonly oif?: string;
  readonly mark: number;
  /** How many rules it may still meet: counted down. Without end where there is none. */
  readonly budget?: { rules: number };
  /** The address that masquerading takes: of `oif`, in the packet's family. */
  readonly masqueradeSource?: IpAddress;
  /** On prerouting: whether the destination is an address of this host. */
  readonly toLocal?: boolean;
}

/** A rule that decided, changed or counted. */
export interface RuleMatch {
  /** `ip filter`, `inet podlan`. */
  readonly table: string;
  readonly chain: string;
  /** In nft's words: `ip saddr 10.244.0.0/16 accept`; or `policy drop`. */
  readonly rule: string;
}

/** How a packet left a hook. */
export interface Passage {
  readonly verdict: 'accept' | 'drop' | 'reject';
  /** Another array than the one that came in where an address or port was translated. */
  readonly packet: Uint8Array;
  readonly mark: number;
  /** In the order in which they matched: the last one decided. */
  readonly matches: readonly RuleMatch[];
  /** Rules whose expressions are not modelled, and which were taken not to match. */
  readonly notUnderstood: readonly RuleMatch[];
  /** On output: the packet is routed anew, by this mark; absent where its first route stays. */
  readonly rerouteMark?: number;
  /** What was translated: `source 10.244.1.2:5000 -> 192.168.77.11:5000`. */
  readonly translation?: string;
  /** Dropped for the number of rules alone that it met. */
  readonly isEndless?: boolean;
  /** Of a `reject`: the ICMP or TCP answer that it asks for, as nft names it; `icmp port-unreachable` unless it says. */
  readonly rejectWith?: string;
}
