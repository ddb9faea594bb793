/** The packet memory that devices and sockets read into and write from; the shape of dataplane's `SlotBatch`. */
export interface SlotBatch {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly stride: number;
  readonly slots: number;
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  readonly addresses: Uint8Array;
  readonly ports: Uint16Array;
}
