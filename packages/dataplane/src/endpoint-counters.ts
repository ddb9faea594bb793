/** The module's counters of an endpoint, read. */
import { type IpAddress, ipFromMappedBytes } from '@podlan/wire';
import * as layout from './layout.js';

/** What went to a remote node and came from it. */
export interface EndpointCounters {
  readonly remote: IpAddress;
  readonly txPackets: number;
  /** Bytes of what the device reads and writes, in both directions. */
  readonly txBytes: number;
  readonly rxPackets: number;
  readonly rxBytes: number;
}

export function endpointCounters(record: DataView): EndpointCounters {
  const counter = (offset: number) => Number(record.getBigUint64(offset, true));
  const address = new Uint8Array(
    record.buffer,
    record.byteOffset + layout.ENDPOINT_ADDRESS,
    layout.KEY_BYTES,
  );
  return {
    remote: ipFromMappedBytes(address),
    txPackets: counter(layout.ENDPOINT_TX_PACKETS),
    txBytes: counter(layout.ENDPOINT_TX_BYTES),
    rxPackets: counter(layout.ENDPOINT_RX_PACKETS),
    rxBytes: counter(layout.ENDPOINT_RX_BYTES),
  };
}
