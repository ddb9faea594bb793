/** Where the demo's story is played: on the lab's real hosts, or on simulated ones. The story knows only this much. */
import type { Tunnel } from '@podlan/linux/model';

export interface DemoHost {
  readonly name: string;
  readonly address: string;
}

export interface DemoPod {
  readonly name: string;
  readonly host: string;
  readonly address: string;
}

/** What came of a TCP connection: a transfer, or, where streams are not to be had, the handshake alone. */
export type TcpResult =
  | { readonly bytes: number; readonly seconds: number; readonly isWhole: boolean }
  | { readonly handshakeMs: number };

/** A packet as it was seen somewhere on its way. */
export interface Hop {
  readonly place: string;
  readonly frame: Uint8Array;
}

export interface PingChoice {
  readonly count: number;
  readonly intervalMs: number;
  /** Stop at the first reply. */
  readonly first?: boolean;
}

export interface DemoStage {
  /** Which words are true of it, and whose milliseconds it counts. */
  readonly kind: 'lab' | 'simulation';
  readonly hosts: readonly DemoHost[];
  readonly pods: readonly DemoPod[];
  nowMs(): number;
  /** An empty underlay. What an interrupted demo left behind goes first; rejects with nothing left standing. */
  open(): Promise<void>;
  /** One more host, with its agent ready and a pod attached. */
  join(): Promise<{ readonly host: DemoHost; readonly pod: DemoPod }>;
  leave(host: string): Promise<void>;
  /** Whatever stands goes. */
  clear(): Promise<void>;
  /** What `ip …` prints on a host. */
  output(host: string, command: readonly string[]): Promise<string>;
  /** What the WASM forwarder of a host knows. */
  tunnels(host: string): Promise<readonly Tunnel[]>;
  /** Milliseconds until each reply, in order of arrival. */
  ping(from: DemoPod, to: DemoPod, choice: PingChoice): Promise<number[]>;
  tcp(from: DemoPod, to: DemoPod): Promise<TcpResult>;
  /** One echo request at each of {@link placesBetween}. */
  way(from: DemoPod, to: DemoPod): Promise<Hop[]>;
}

/** Where a packet can be seen. */
export interface Place {
  readonly name: string;
  /** A host, a pod, or `underlay`. */
  readonly of: string;
  /** On the underlay: of the port to that host. */
  readonly device: string;
}

/** In the order in which a packet passes them. */
export function placesBetween(from: DemoPod, to: DemoPod): Place[] {
  const at = (of: string, device: string): Place => ({ name: `${of} ${device}`, of, device });
  return [
    at(from.name, 'eth0'),
    at(from.host, 'cni0'),
    at(from.host, 'flannel.1'),
    { name: 'underlay', of: 'underlay', device: from.host },
    at(to.host, 'flannel.1'),
    at(to.host, 'cni0'),
    at(to.name, 'eth0'),
  ];
}
