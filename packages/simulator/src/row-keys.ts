/** The keys of rows: a row has the same as the hops that it decided. */
import type { Hop } from './trace/journey.js';

/**
 * The key of the row that decided a hop; undefined where none did. It may be of a row that is not there: of the neighbor
 * entry that was missing.
 * @example
 * ```ts
 * import { decidingRow, SimCluster, tablesOf } from '@podlan/simulator';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * const [a, b] = [await cluster.join(), await cluster.join()];
 * const { hops } = cluster.probe('host-a', { destination: b.addresses[0]! });
 * const keys = new Set(tablesOf(a.netns).map(({ key }) => key));
 * hops.filter((hop) => hop.netns === 'host-a' && hop.event === 'route').map((hop) => keys.has(decidingRow(hop)!))[0]; // => true
 * await cluster.stop();
 * ```
 */
export function decidingRow({ row, device }: Hop): string | undefined {
  if (row === undefined) return undefined;
  if (row.table === 'neighbor') return `neighbor ${row.address} ${device}`;
  if (row.table === 'fdb') return `fdb ${row.mac} ${device}`;
  if (row.table === 'sysctl') return sysctlKey(row.text.replace(/ = .*$/, ''));
  if (row.table === 'socket') return socketKey(row.text);
  return `${row.table} ${row.text}`;
}

export const sysctlKey = (name: string) => `sysctl ${name}`;

/** Whoever listens on any address has no other key than who listens on one. */
export const socketKey = (text: string) => `socket ${text.replace(/ .*:(\d+).*$/, ' $1')}`;
