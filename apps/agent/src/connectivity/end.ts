/** An end of the conversations of a connectivity test. */
import type { Family, IpAddress } from '@podlan/wire';

export interface End {
  /** `pod-a1`. */
  readonly name: string;
  /** The host that it is, or is on. */
  readonly node: string;
  /** `peer`: a host that is known by its address alone. */
  readonly kind: 'pod' | 'host' | 'peer' | 'outside';
  /** One for each family at most. */
  readonly addresses: readonly IpAddress[];
  /** Where it sends from; not for those that are only talked to. Undefined: this process's own. */
  readonly netns?: string | undefined;
  /** Of a pod, in bytes. */
  readonly mtu?: number;
  /** Whether somebody there answers TCP and UDP; elsewhere that a port is closed is an answer. */
  readonly isTalker: boolean;
}

/** A device on the way, whose frames a capture keeps. */
export interface Lookout {
  /** Of a host: the bridge of its pods, the overlay, the way to other hosts. */
  readonly role: 'pod' | 'bridge' | 'overlay' | 'external';
  readonly node: string;
  /** The host or pod. */
  readonly name: string;
  readonly netns: string | undefined;
  readonly device: string;
  readonly linkType: 'ethernet' | 'raw';
}

export const familyName = (family: Family): string => `IPv${family}`;
