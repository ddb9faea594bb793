/** Bare packets for the tests, made of frames and what goes with these. */

import { expect } from 'vitest';
import { type Forwarder, SUPER_SLOT_BYTES } from '../src/index.js';
import { BARE_CLUSTER, clusterForwarder } from './cluster.js';

export const bareForwarder = (slots = 4): Promise<Forwarder> =>
  clusterForwarder({ slots, slotBytes: SUPER_SLOT_BYTES }, BARE_CLUSTER);

/** The IP packet of a frame. */
export const bare = (ethernetFrame: Uint8Array): Uint8Array => ethernetFrame.subarray(14);

/** A vnet_hdr of a TAP as a TUN has it: header length and checksum start count from the IP header. */
export function bareHeader(header: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(header);
  const view = new DataView(copy.buffer);
  for (const at of [2, 6]) view.setUint16(at, Math.max(0, view.getUint16(at, true) - 14), true);
  return copy;
}

/** toEqual is slow on long arrays. */
export function expectSame(got: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  const same =
    got.length === expected.length && got.every((bytes, i) => !Buffer.compare(bytes, expected[i]!));
  if (!same) expect(got).toEqual(expected);
}
