/**
 * The cluster most tests stand in, from host A's side:
 *
 *   A 192.168.77.11 (us)   10.244.1.0/24   fd00:244:0:1::/64
 *   B 192.168.77.12        10.244.2.0/24   fd00:244:0:2::/64
 *   C fd00:77::13          10.244.3.0/24   fd00:244:0:3::/64
 */
import { Forwarder, type ForwarderOptions, VERDICTS, type Verdict } from '../src/index.js';
import { slotRoom } from '../src/slot-batch.js';
import type { OracleSettings } from './oracle/tunnels.js';

export const CLUSTER = {
  vni: 1,
  mac: '02:00:00:00:00:0a',
  networks: ['10.244.0.0/16', 'fd00:244::/48'],
  subnets: ['10.244.1.0/24', 'fd00:244:0:1::/64'],
  tunnels: [
    { prefix: '10.244.2.0/24', remote: '192.168.77.12', port: 8472 },
    { prefix: 'fd00:244:0:2::/64', remote: '192.168.77.12', port: 8472 },
    { prefix: '10.244.3.0/24', remote: 'fd00:77::13', port: 4789 },
    { prefix: 'fd00:244:0:3::/64', remote: 'fd00:77::13', port: 4789 },
  ],
} satisfies OracleSettings;

/** The same nodes with bare tunnels, IPv4 only. */
export const BARE_CLUSTER = {
  type: 'udp',
  address: '10.244.1.0',
  networks: ['10.244.0.0/16'],
  subnets: ['10.244.1.0/24'],
  tunnels: [
    { prefix: '10.244.2.0/24', remote: '192.168.77.12', port: 8285 },
    { prefix: '10.244.3.0/24', remote: 'fd00:77::13', port: 8286 },
  ],
} satisfies OracleSettings;

export async function clusterForwarder(
  options: ForwarderOptions = {},
  settings: OracleSettings = CLUSTER,
): Promise<Forwarder> {
  const forwarder = await Forwarder.create({ slots: 4, capacity: 16, ...options });
  forwarder.configure(settings);
  for (const { prefix, remote, port } of settings.tunnels) forwarder.setTunnel(prefix, remote, port);
  return forwarder;
}

type Batch = Forwarder['tx'];

export function put(batch: Batch, slot: number, bytes: Uint8Array): void {
  slotRoom(batch, slot).set(bytes);
  batch.lengths[slot] = bytes.length;
}

export function verdictOf(batch: Batch, slot: number): Verdict {
  return VERDICTS[batch.verdicts[slot]!]!;
}

/** The counters that are not 0. */
export function counted(forwarder: Forwarder): Partial<Record<Verdict, number>> {
  return Object.fromEntries(Object.entries(forwarder.counters().byVerdict).filter(([, count]) => count > 0));
}
