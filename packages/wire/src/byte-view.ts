/**
 * The view form: one object that looks into bytes where they lie. Reading or writing a field allocates nothing; what
 * makes an object or a string says so. A view is placed over packet after packet by `reset` and, layer inside layer,
 * by `enter`.
 *
 *     const ethernet = new EthernetView();
 *     const ip = new Ipv4View();
 *     for (const frame of frames) if (ethernet.reset(frame) && ip.enter(ethernet)) use(ip.ttl);
 */

import { dataView } from './bytes.js';

const NOTHING = /* @__PURE__ */ new Uint8Array(0);

/**
 * What all views have. Fields of a view that was never placed read as zero.
 *
 * @example
 * ```ts
 * import { type ByteView, Ipv4View, UdpView } from '@podlan/wire';
 *
 * const ip: ByteView = new Ipv4View();
 * const udp: ByteView = new UdpView();
 *
 * const packet = new Uint8Array(37);
 * packet.set([0x45, 0, 0, 37, 0, 0, 0, 0, 64, 17]);
 * packet.set([0, 0, 0x21, 0x18, 0, 17], 20);
 * ip.reset(packet) && udp.enter(ip); // => true
 * [udp.offset, udp.payloadOffset, udp.payloadEnd]; // => [20, 28, 37]
 * udp.payload.length; // => 9
 * ```
 */
export abstract class ByteView {
  // Declared only: a field that is defined here is slow in every class that extends this one.
  /** What the view looks into. `offset`, `end` and all accessors in `...At` count from its first byte. */
  declare readonly bytes: Uint8Array;
  /** Where the header begins. */
  declare readonly offset: number;
  /** One past the last byte that may belong to header and payload. */
  declare readonly end: number;
  /** For sums of many bytes. @internal */
  declare words: DataView | undefined;

  constructor() {
    this.bytes = NOTHING;
    this.offset = 0;
    this.end = 0;
    this.words = undefined;
  }

  /**
   * Places the view over the header at `offset` of `bytes`, which `end` may cut short. False where no such header is
   * there, and then the view stays where it was.
   */
  abstract reset(bytes: Uint8Array, offset?: number, end?: number): boolean;

  /** Places the view over the payload of `outer`. As {@link reset}. */
  enter(outer: ByteView): boolean {
    return this.reset(outer.bytes, outer.payloadOffset, outer.payloadEnd);
  }

  /** Where the payload begins; never beyond `end`. */
  abstract get payloadOffset(): number;

  /** One past the last byte of the payload that is there. */
  get payloadEnd(): number {
    return this.end;
  }

  /** The payload as an array of its own on the same memory: makes that object. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.payloadOffset, this.payloadEnd);
  }

  protected place(bytes: Uint8Array, offset: number, end: number): true {
    const view = this as { bytes: Uint8Array; offset: number; end: number };
    if (bytes !== this.bytes) {
      view.bytes = bytes;
      this.words = undefined;
    }
    view.offset = offset;
    view.end = end;
    return true;
  }
}

/** Makes that object once for all packets in the same bytes. */
export function wordsOf(view: ByteView): DataView {
  view.words ??= dataView(view.bytes);
  return view.words;
}

/** Whether `needed` bytes lie from `offset` to `end`, and inside `bytes`. */
export function holds(bytes: Uint8Array, offset: number, end: number, needed: number): boolean {
  return offset >= 0 && end <= bytes.length && end - offset >= needed;
}
