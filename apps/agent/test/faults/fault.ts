/** A cluster that is broken, made for real in a lab. */
import type { FindingCode } from '@podlan/simulator';
import type { LabBackend } from '../../dist/lab/lab-shape.js';
import type { Dataplane } from '../test-lab.js';

/**
 * Which lab a fault is made in. Agents put drift right within a second, so most faults need a lab whose agents were
 * stopped after they had set everything up; `wasm` and `udp` carry nothing without theirs.
 */
export interface FaultLab {
  readonly name: string;
  readonly backend: LabBackend;
  readonly dataplane: Dataplane;
  readonly family: 'ipv4' | 'dual';
  readonly hosts: 2 | 3;
  readonly agents: 'running' | 'stopped';
}

/** Where faults are made: a lab of namespaces, or a simulated cluster. */
export interface FaultGround {
  readonly name: string;
  readonly state: { readonly hosts: readonly { readonly name: string }[] };
  kill(host: string, signal: 'SIGTERM'): Promise<void>;
  restart(host: string): Promise<unknown>;
  /** Runs commands of a shell, and throws what the first that fails complains of. */
  sh?(place: string, commands: readonly string[]): Promise<string>;
}

export interface FaultProbe {
  /** A pod or a host. */
  readonly from: string;
  readonly to: string;
  /** Default: 4. */
  readonly family?: 4 | 6;
  /** Default: icmp. */
  readonly protocol?: 'icmp' | 'tcp' | 'udp';
  readonly dport?: number;
  /** Payload bytes. Default: 56. */
  readonly size?: number;
  /** Don't fragment. */
  readonly df?: boolean;
  readonly ttl?: number;
}

/** What a real probe shows, seen from its two ends. */
export type Symptom =
  /** It is seen nowhere, and nobody says why. */
  | 'lost'
  /** It gets there and is answered, but comes from an address that is not its sender's. */
  | 'arrives from another source'
  /** Another pod gets it. */
  | 'arrives elsewhere'
  /** It gets there; its sender hears nothing. */
  | 'arrives, no reply'
  /** The sender's own kernel does not send it. */
  | 'refused by the sender'
  /** It does not get there, and a router on the way says so. */
  | 'answered by an ICMP error'
  /** Nothing is wrong. */
  | 'none';

export interface Fault {
  readonly name: string;
  readonly lab: FaultLab;
  readonly make: (lab: FaultGround) => Promise<void>;
  readonly mend: (lab: FaultGround) => Promise<void>;
  readonly probe: FaultProbe;
  /** What gets through where nothing is wrong. Default: `probe`. */
  readonly sound?: FaultProbe;
  readonly symptom: Symptom;
  /** Where it lies and what it is, for a trace to name. `node`: a host, a pod or `underlay`. */
  readonly cause: { readonly node: string; readonly code: FindingCode };
}
