/** What a capture is asked to take, checked, and what it takes. */
import type { Verdict } from '@podlan/dataplane';
import { type IpAddress, parseIpAddress } from '@podlan/wire';
import * as v from 'valibot';

export const CAPTURE_PATH = '/capture';

const Address = v.pipe(
  v.string(),
  v.transform((text) => parseIpAddress(text)),
  v.custom<IpAddress>((address) => address !== undefined, 'expected an IP address'),
);
const whole = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));

/** The first line of the request. All that is given must hold; inner packets are looked at. */
export const CaptureRequest = v.object({
  /** One of these is an end of the packet. */
  hosts: v.optional(v.array(Address)),
  peer: v.optional(Address),
  port: v.optional(whole(65535)),
  protocol: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
  count: v.optional(whole(Number.MAX_SAFE_INTEGER)),
});
export type CaptureRequest = v.InferOutput<typeof CaptureRequest>;

/** Shared words: bytes that wait to be written to whoever asked, and packets that found no room among them. */
export const WAITING = 0;
export const LOST = 1;
/** Of such bytes. */
export const MOST_WAITING = 16 << 20;

export interface CaptureOrder {
  readonly request: CaptureRequest;
  readonly state: Int32Array<SharedArrayBuffer>;
}

/** A packet at the forwarder. */
export interface CapturedPacket {
  readonly capture: number;
  readonly direction: 'tx' | 'rx';
  /** Of a train, that of its last datagram. */
  readonly verdict: Verdict;
  readonly timeMs: number;
  /** What is in the outer UDP datagram; of a frame that did not get so far, the frame. */
  readonly bytes: Uint8Array;
  /** Absent of a frame for which there is no datagram. */
  readonly outer?: {
    readonly remote: IpAddress;
    readonly remotePort: number;
    readonly trafficClass: number;
  };
}
