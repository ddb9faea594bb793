/**
 * The two edges of the pump, in batches. Frames lie in the module's memory, in slots with headroom, so that headers
 * are written in place and system calls read and write WASM memory directly.
 */

/** A run of slots in one ArrayBuffer: slot `i` begins at `offset + i * stride`. */
export interface SlotBatch {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly stride: number;
  readonly slots: number;
  /**
   * Where data begins inside each slot: bytes before it are headroom (64 bytes before a read or a receive, which write
   * at `starts[i]`, at most `stride - starts[i]` bytes, and leave `starts` as it is).
   */
  readonly starts: Uint32Array;
  /** Bytes of data in each slot. 0: nothing to send. */
  readonly lengths: Uint32Array;
  /** One per slot: the other end's address as 16 bytes (IPv4 mapped, RFC 4291 section 2.5.5.2), `slots * 16` bytes. */
  readonly addresses: Uint8Array;
  /** One per slot: the other end's UDP port. Unused by devices. */
  readonly ports: Uint16Array;
}

/**
 * A TAP or TUN. Where it has a `vnet_hdr`, that header lies in the headroom, right before the frame: `starts[i]` is
 * always the first byte of the frame itself.
 */
export interface Device {
  /** Reads frames without blocking into slots 0…, writing at `starts[i]` and setting `lengths[i]`; returns how many. */
  read(batch: SlotBatch): number;
  /** Writes the frames of slots 0…count-1 whose length is not 0. Returns how many the kernel took. */
  write(batch: SlotBatch, count: number): number;
}

/** A UDP socket. */
export interface Socket {
  /**
   * Receives datagrams without blocking into slots 0…, writing at `starts[i]`; sets `lengths`, `addresses`, `ports`;
   * returns how many. A datagram cut off because it was longer than its slot has length 0.
   */
  receive(batch: SlotBatch): number;
  /** Sends slots 0…count-1 whose length is not 0 to `addresses[i]`:`ports[i]`. Returns how many the kernel took. */
  send(batch: SlotBatch, count: number): number;
}

/** Blocks until an edge is readable or someone calls `wake`. */
export interface Poller {
  /** Returns which are readable. */
  wait(timeoutMs: number): { readonly device: boolean; readonly socket: boolean; readonly woken: boolean };
}
