/** In the forwarder's thread: copies the packets that captures ask for out of the batches. */
import { isForwarded, type JudgedBatch, type PumpObserver, slotDatagrams, VERDICTS } from '@podlan/dataplane';
import { ipFromMappedBytes } from '@podlan/wire';
import { isWanted } from './capture-match.js';
import { type CapturedPacket, type CaptureOrder, LOST, MOST_WAITING, WAITING } from './capture-order.js';

type Taken = Omit<CapturedPacket, 'verdict' | 'capture'>;
type Send = (packets: readonly CapturedPacket[]) => void;

/** Before the verdict of its slot is known. */
interface Pending {
  readonly slot: number;
  readonly taken: Taken;
}

export class CaptureTap implements PumpObserver {
  readonly #orders = new Map<number, CaptureOrder>();
  readonly #isBare: boolean;
  readonly #send: Send;
  #lengths = new Uint32Array();
  #pending: Pending[] = [];

  constructor(isBare: boolean, send: Send) {
    this.#isBare = isBare;
    this.#send = send;
  }

  get isIdle(): boolean {
    return this.#orders.size === 0;
  }

  set(capture: number, order: CaptureOrder | undefined): void {
    if (order) this.#orders.set(capture, order);
    else this.#orders.delete(capture);
  }

  beforeEncap({ lengths }: JudgedBatch, count: number): void {
    this.#lengths = lengths.slice(0, count);
  }

  afterEncap(batch: JudgedBatch, count: number): void {
    const timeMs = performance.timeOrigin + performance.now();
    const packets: CapturedPacket[] = [];
    for (let slot = 0; slot < count; slot++) {
      const verdict = VERDICTS[batch.verdicts[slot]!]!;
      const taken = isForwarded(verdict)
        ? this.#sent(batch, slot, timeMs)
        : this.#unsent(batch, slot, timeMs);
      for (const one of taken) this.#choose({ ...one, verdict }, packets);
    }
    if (packets.length > 0) this.#send(packets);
  }

  beforeDecap(batch: JudgedBatch, count: number): void {
    const timeMs = performance.timeOrigin + performance.now();
    this.#pending = [];
    for (let slot = 0; slot < count; slot++) {
      const outer = outerOf(batch, slot);
      for (const bytes of slotDatagrams(batch, slot))
        this.#pending.push({ slot, taken: { direction: 'rx', timeMs, bytes: bytes.slice(), outer } });
    }
  }

  afterDecap({ verdicts }: JudgedBatch, _count: number): void {
    const packets: CapturedPacket[] = [];
    for (const { slot, taken } of this.#pending)
      this.#choose({ ...taken, verdict: VERDICTS[verdicts[slot]!]! }, packets);
    this.#pending = [];
    if (packets.length > 0) this.#send(packets);
  }

  #sent(batch: JudgedBatch, slot: number, timeMs: number): Taken[] {
    const outer = outerOf(batch, slot);
    return slotDatagrams(batch, slot).map((bytes) => ({ direction: 'tx', timeMs, bytes, outer }));
  }

  /** Where it lay, its bytes still are. */
  #unsent({ buffer, offset, stride, starts, verdicts }: JudgedBatch, slot: number, timeMs: number): Taken[] {
    const [start, length] = [starts[slot]!, this.#lengths[slot]!];
    if (VERDICTS[verdicts[slot]!] === 'tx-bad-slot') return [];
    return [
      { direction: 'tx', timeMs, bytes: new Uint8Array(buffer, offset + slot * stride + start, length) },
    ];
  }

  /** Its bytes are copied where somebody wants it. */
  #choose(packet: Omit<CapturedPacket, 'capture'>, packets: CapturedPacket[]): void {
    for (const [capture, { request, state }] of this.#orders) {
      if (!isWanted(request, packet, this.#isBare)) continue;
      const { length } = packet.bytes;
      if (Atomics.load(state, WAITING) + length > MOST_WAITING) {
        Atomics.add(state, LOST, 1);
        continue;
      }
      Atomics.add(state, WAITING, length);
      packets.push({ ...packet, capture, bytes: packet.bytes.slice() });
    }
  }
}

function outerOf({ addresses, ports, classes }: JudgedBatch, slot: number) {
  return {
    remote: ipFromMappedBytes(addresses.subarray(slot * 16, slot * 16 + 16)),
    remotePort: ports[slot]!,
    trafficClass: classes[slot]!,
  };
}
