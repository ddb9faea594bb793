/** How a bridge treats a port: STP's state and the flags of `bridge -d link` (net/bridge/br_input.c, br_forward.c). */

export type PortState = 'disabled' | 'blocking' | 'listening' | 'learning' | 'forwarding';

/** What the bridge does with frames by where they are to: to a MAC that it does not know, to several, to all. */
export type FrameKind = 'unicast' | 'multicast' | 'broadcast';

export interface PortSettings {
  readonly state: PortState;
  /** Whether MACs that frames come from are learned. */
  readonly learning: boolean;
  /** `flood`, `mcast_flood`, `bcast_flood`. */
  readonly floods: Readonly<Record<FrameKind, boolean>>;
}

/** As ports are made. */
export const OPEN_PORT: PortSettings = {
  state: 'forwarding',
  learning: true,
  floods: { unicast: true, multicast: true, broadcast: true },
};

/** Of a frame that goes to more ports than one. */
export function frameKindOf(frame: Uint8Array): FrameKind {
  if ((frame[0]! & 1) === 0) return 'unicast';
  return frame.subarray(0, 6).every((byte) => byte === 0xff) ? 'broadcast' : 'multicast';
}

/** What the host itself sends to several leaves by every port (br_flood). */
export const isFloodedTo = (port: PortSettings, kind: FrameKind, isOfHost: boolean): boolean =>
  port.floods[kind] || (isOfHost && kind !== 'unicast');
