/**
 * The flows that a forwarder has seen, by the records that the module keeps of them (layout.ts). A flow here is packets
 * of one inner 5-tuple that went one way, to or from one node, and had one verdict: one of which some were dropped is
 * two.
 */
import { type Flow, parseFlowRecords } from './flow-records.js';
import * as layout from './layout.js';
import type { Dataplane } from './wasm.js';

/** How many flows ended, and what did not get out of the table. */
export interface FlowCounters {
  /** Flows there are places for; 0: none are kept. */
  readonly capacity: number;
  readonly ended: number;
  /** Flows that ended when as many as `capacity` waited to be drained already. */
  readonly lost: { readonly flows: number; readonly packets: number; readonly bytes: number };
}

/**
 * A forwarder's `flows`. Its memory is laid out at creation: a flow that finds no place ends one that was seen longer
 * ago, and flows that ended wait to be drained, so that no packet goes uncounted.
 * @example
 * ```ts
 * import { Forwarder, slotRoom } from '@podlan/dataplane';
 *
 * const forwarder = await Forwarder.create({ slots: 1, flows: 1024 });
 * forwarder.configure({
 *   type: 'udp',
 *   address: '10.244.1.0',
 *   networks: ['10.244.0.0/16'],
 *   subnets: ['10.244.1.0/24'],
 * });
 * forwarder.setTunnel('10.244.2.0/24', '192.168.77.12', 8285);
 *
 * // IPv4 from 10.244.1.2 to 10.244.2.2, a header and nothing in it: twice, a second apart.
 * const packet = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0x61, 0x02, 10, 244, 1, 2, 10, 244, 2, 2];
 * for (const nowMs of [1000, 2000]) {
 *   slotRoom(forwarder.tx, 0).set(packet);
 *   forwarder.tx.lengths[0] = packet.length;
 *   forwarder.encap(1, nowMs); // => 1
 * }
 * const flow = forwarder.flows.list()[0]!;
 * flow.inner; // => { source: '10.244.1.2', destination: '10.244.2.2', protocol: 253 }
 * `${flow.direction} ${flow.peer}: ${flow.packets} packets, ${flow.bytes} bytes`;
 * // => 'tx 192.168.77.12: 2 packets, 40 bytes'
 * forwarder.flows.records().length; // => 96
 *
 * // Those that were not seen since then end, and are no longer in the list.
 * forwarder.flows.drain(2001).length; // => 1
 * forwarder.flows.list(); // => []
 * forwarder.flows.drainRecords(); // => new Uint8Array()
 * forwarder.flows.counters().lost.flows; // => 0
 * ```
 */
export class FlowTable {
  readonly #module: Dataplane;
  readonly #capacity: number;
  readonly #records: Uint8Array;
  readonly #ended: Uint8Array;
  readonly #counters: BigUint64Array;

  /**
   * Made by `Forwarder.create`.
   * @hidden
   */
  constructor(module: Dataplane, capacity: number) {
    const { buffer } = module;
    const bytes = capacity * layout.FLOW_BYTES;
    this.#module = module;
    this.#capacity = capacity;
    this.#records = new Uint8Array(buffer, module.areaOffset(layout.AREA_FLOWS), bytes);
    this.#ended = new Uint8Array(buffer, module.areaOffset(layout.AREA_FLOWS_ENDED), bytes);
    const counters = module.areaOffset(layout.AREA_FLOW_COUNTERS);
    this.#counters = new BigUint64Array(buffer, counters, layout.FLOW_COUNTERS);
  }

  /** The flows that have not ended, in no order. */
  list(): Flow[] {
    return parseFlowRecords(this.records());
  }

  /**
   * The flows that ended since it was called last; before that, those last seen before `idleSinceMs` end. `Infinity`
   * ends all.
   */
  drain(idleSinceMs = 0): Flow[] {
    return parseFlowRecords(this.drainRecords(idleSinceMs));
  }

  /** As `list`, but bytes for `parseFlowRecords`, perhaps in another thread. */
  records(): Uint8Array<ArrayBuffer> {
    const found: Uint8Array[] = [];
    for (let at = 0; at < this.#records.length; at += layout.FLOW_BYTES) {
      if (this.#records[at + layout.FLOW_KIND] !== 0)
        found.push(this.#records.subarray(at, at + layout.FLOW_BYTES));
    }
    return joined(found);
  }

  /** As `drain`, but bytes for `parseFlowRecords`, perhaps in another thread. */
  drainRecords(idleSinceMs = 0): Uint8Array<ArrayBuffer> {
    const parts: Uint8Array[] = [];
    do {
      parts.push(this.#takeEnded());
    } while (this.#module.calls.endFlows(idleSinceMs) > 0);
    return joined(parts);
  }

  /** Empties the ring. */
  #takeEnded(): Uint8Array {
    const ended = this.#counters[layout.FLOWS_ENDED]!;
    const parts: Uint8Array[] = [];
    for (let next = this.#counters[layout.FLOWS_DRAINED]!; next < ended; next++) {
      const at = Number(next % BigInt(this.#capacity)) * layout.FLOW_BYTES;
      parts.push(this.#ended.subarray(at, at + layout.FLOW_BYTES));
    }
    this.#counters[layout.FLOWS_DRAINED] = ended;
    return joined(parts);
  }

  /** Since creation. */
  counters(): FlowCounters {
    const [flows, packets, bytes] = Array.from(this.#counters.subarray(layout.FLOWS_LOST), Number);
    return {
      capacity: this.#capacity,
      ended: Number(this.#counters[layout.FLOWS_ENDED]),
      lost: { flows: flows!, packets: packets!, bytes: bytes! },
    };
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Places for at least `flows` flows: 0, or a power of two from FLOW_WAYS on. */
export function flowPlaces(flows: number): number {
  return flows === 0 ? 0 : Math.max(layout.FLOW_WAYS, 2 ** Math.ceil(Math.log2(flows)));
}
