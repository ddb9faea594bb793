/** What came of packets that were sent to a peer. Plain data: who sends them is `probe-peers.ts`. */
import type { IpAddress, IpPrefix } from '@podlan/wire';

export interface PeerProbe {
  /** Whose subnet. */
  readonly subnet: IpPrefix;
  readonly publicIp: IpAddress;
  /** Sent to: the address of the peer's overlay device or, where packets are routed directly, of its host. */
  readonly to: IpAddress;
  /** By which they leave. */
  readonly device: string;
  readonly small: ProbeOutcome;
  /** As large as a pod may send, not to be cut; absent where the small one was lost. */
  readonly full?: ProbeOutcome;
}

export interface ProbeOutcome {
  /** Of the IP packet. */
  readonly bytes: number;
  readonly replied: boolean;
  /** The errno with which the kernel did not send it. */
  readonly refused?: string;
  /** What routers said, and what the kernel knew: `icmp EMSGSIZE from 192.0.2.1`. */
  readonly errors: readonly string[];
  /**
   * The addresses, of the outermost header, for which it left the external interface; none: it did not. Of datagrams that
   * do not say what they carry, those to the peer are believed to be it.
   */
  readonly leftFor: readonly string[];
  /** Something came in from the peer at the external interface meanwhile. */
  readonly cameBack: boolean;
}
