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
  /**
   * One per slot: 0, or the slot holds a train: datagrams of this many bytes one after the other, the last one perhaps
   * shorter. Unused by devices.
   */
  readonly segments: Uint32Array;
  /** One per slot: the outer traffic class (of IPv4 the TOS byte). Unused by devices. */
  readonly classes: Uint8Array;
  /**
   * One per slot: the UDP port to send from, a hash of the inner flow (RFC 7348 section 5). A socket that is bound to
   * one port can't heed it. 0: the socket's own. Set for sending only.
   */
  readonly sourcePorts: Uint16Array;
}

/**
 * Frames to be written, each in pieces. Frame `i` is made of pieces `headerWords[i * 4 + 3]` up to, not including, the
 * next frame's first one, which is told after the last frame too. Its vnet_hdr lies at `headers + i * 16`.
 */
export interface FrameBatch {
  readonly buffer: ArrayBuffer;
  /** Where in `buffer` the vnet_hdr of frame 0 lies; each has 10 bytes, and they are 16 apart. */
  readonly headers: number;
  /** The same memory in words: the fourth of each 16 bytes is the index of the frame's first piece. */
  readonly headerWords: Uint32Array;
  /** Two per piece: where in `buffer` it begins, and its bytes. */
  readonly pieces: Uint32Array;
}

/** What a device takes in one frame that stands for several. */
export interface Merged {
  readonly tcp: boolean;
  readonly udp: boolean;
}

/**
 * A TAP, whose frames are Ethernet's, or a TUN, whose frames are IP packets. A frame is behind a `struct virtio_net_hdr` of 10 bytes, which says what is still to be done to it: its
 * checksum, and the cutting of a super-packet (up to 64 KiB) into segments.
 */
export interface Device {
  /** What `write` takes merged; nothing unless said. */
  readonly merged?: Merged;
  /**
   * Reads frames without blocking into slots 0…, writing at `starts[i]`, the vnet_hdr right before it (zeros, where the
   * device has none), and setting `lengths[i]`; returns how many.
   */
  read(batch: SlotBatch): number;
  /** Writes frames 0…count-1. Returns how many the kernel took. */
  write(batch: FrameBatch, count: number): number;
}

/** Sends IPv4 packets that are whole, from whatever source they say, as the host's own. */
export interface PacketSender {
  /** Sends packets 0…count-1, each in one piece, and leaves their vnet_hdr aside. Returns how many the kernel took. */
  send(batch: FrameBatch, count: number): number;
}

/** A UDP socket. */
export interface Socket {
  /**
   * Receives datagrams, or trains of them, without blocking into slots 0…, writing at `starts[i]`; sets `lengths`,
   * `addresses`, `ports`, `segments` and `classes`; returns how many slots. A datagram cut off because it was longer
   * than its slot has length 0.
   */
  receive(batch: SlotBatch): number;
  /**
   * Sends slots 0…count-1 whose length is not 0 to `addresses[i]`:`ports[i]`, trains as the datagrams they are made of,
   * with the traffic class `classes[i]`. Returns how many datagrams the kernel took.
   */
  send(batch: SlotBatch, count: number): number;
}

/** Blocks until an edge is readable or someone calls `wake`. */
export interface Poller {
  /** Returns which are readable. The object is the poller's own, and the same each time. */
  wait(timeoutMs: number): { readonly device: boolean; readonly socket: boolean; readonly woken: boolean };
}
