/** Counters of a namespace's network stack, as files of /proc/net have them. */
import { runIn } from '@podlan/linux';
import type { ConntrackSnapshot, NeighborTable, UdpCounters } from '@podlan/simulator/snapshot';
import type { Netns } from '../tool-text.js';

/** Empty where there is no such file. `/proc/net` is that of the namespace `cat` runs in. */
async function textIn(netns: Netns, path: string): Promise<string> {
  const { code, stdout } = await runIn(netns, ['cat', path]);
  return code === 0 ? stdout : '';
}

/** `Udp: InDatagrams NoPorts` above `Udp: 5 0`: `UdpInDatagrams` is 5. */
export function parseSnmp(text: string): Map<string, number> {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/));
  const values = new Map<string, number>();
  for (const [at, names] of lines.entries()) {
    const numbers = lines[at + 1];
    if (numbers === undefined || names[0] !== numbers[0] || Number.isNaN(Number(numbers[1]))) continue;
    for (const [column, name] of names.entries())
      if (column > 0) values.set(`${names[0]!.slice(0, -1)}${name}`, Number(numbers[column]));
  }
  return values;
}

/** `Udp6InDatagrams 5`, one a line. */
const parseSnmp6 = (text: string): Map<string, number> =>
  new Map(text.split('\n').map((line) => [line.split(/\s+/)[0] ?? '', Number(line.split(/\s+/)[1])]));

export async function readUdpCounters(netns: Netns): Promise<UdpCounters | undefined> {
  const [snmp, snmp6] = await Promise.all([
    textIn(netns, '/proc/net/snmp'),
    textIn(netns, '/proc/net/snmp6'),
  ]);
  if (snmp === '') return undefined;
  const [inet, inet6] = [parseSnmp(snmp), parseSnmp6(snmp6)];
  const sum = (name: string) => (inet.get(`Udp${name}`) ?? 0) + (inet6.get(`Udp6${name}`) ?? 0);
  return {
    inDatagrams: sum('InDatagrams'),
    noPorts: sum('NoPorts'),
    inErrors: sum('InErrors'),
    inCsumErrors: sum('InCsumErrors'),
    rcvbufErrors: sum('RcvbufErrors'),
  };
}

/** Of a file of /proc/net/stat: names above a row of hexadecimal numbers for each processor. */
export function parseStat(text: string): readonly ReadonlyMap<string, number>[] {
  const [names = [], ...rows] = text
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.map((row) => new Map(row.map((word, at) => [names[at] ?? '', Number.parseInt(word, 16)])));
}

const total = (rows: readonly ReadonlyMap<string, number>[], name: string): number =>
  rows.reduce((sum, row) => sum + (row.get(name) ?? 0), 0);

const SYSCTLS = '/proc/sys/net/netfilter/nf_conntrack_';

export async function readConntrack(netns: Netns): Promise<ConntrackSnapshot | undefined> {
  const paths = ['/proc/net/stat/nf_conntrack', `${SYSCTLS}count`, `${SYSCTLS}max`];
  const [stat, count, max] = await Promise.all(paths.map((path) => textIn(netns, path)));
  if (!count || !max) return undefined;
  const rows = parseStat(stat ?? '');
  const dropped = total(rows, 'drop') + total(rows, 'early_drop');
  return { count: Number(count), max: Number(max), insertFailed: total(rows, 'insert_failed'), dropped };
}

/** Entries and overruns are counted for all namespaces of the machine together: the thresholds hold for them all. */
export async function readNeighborTables(netns: Netns): Promise<NeighborTable[] | undefined> {
  const families = [
    { family: 'inet', file: 'arp_cache', ip: 'ipv4' },
    { family: 'inet6', file: 'ndisc_cache', ip: 'ipv6' },
  ] as const;
  const tables = await Promise.all(
    families.map(async ({ family, file, ip }): Promise<NeighborTable[]> => {
      const rows = parseStat(await textIn(netns, `/proc/net/stat/${file}`));
      if (rows.length === 0) return [];
      const thresholds = await thresholdsOf(netns, ip);
      const count = rows[0]!.get('entries') ?? 0;
      return [{ family, count, tableFulls: total(rows, 'table_fulls'), ...(thresholds && { thresholds }) }];
    }),
  );
  return tables.flat().length === 0 ? undefined : tables.flat();
}

async function thresholdsOf(netns: Netns, ip: string): Promise<[number, number, number] | undefined> {
  const stem = `/proc/sys/net/${ip}/neigh/default/gc_thresh`;
  const texts = await Promise.all([1, 2, 3].map((n) => textIn(netns, stem + n)));
  return texts.includes('') ? undefined : (texts.map(Number) as [number, number, number]);
}
