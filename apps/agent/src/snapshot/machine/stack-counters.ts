/** Counters of a namespace's network stack, as files of /proc/net have them. */
import type {
  ConntrackSnapshot,
  NamespaceSnapshot,
  NeighborTable,
  UdpCounters,
} from '@podlan/simulator/snapshot';
import { readProcFiles } from '../proc-files.js';
import type { Netns } from '../tool-text.js';

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

function udpCounters({ snmp, snmp6 }: CounterTexts): UdpCounters | undefined {
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

function conntrackOf(texts: CounterTexts, sysctls: Sysctls): ConntrackSnapshot | undefined {
  const [count, max] = ['count', 'max'].map((name) => sysctls[`net/netfilter/nf_conntrack_${name}`]);
  if (!count || !max) return undefined;
  const rows = parseStat(texts['stat/nf_conntrack']);
  const dropped = total(rows, 'drop') + total(rows, 'early_drop');
  return { count: Number(count), max: Number(max), insertFailed: total(rows, 'insert_failed'), dropped };
}

const FAMILIES = [
  { family: 'inet', file: 'stat/arp_cache', ip: 'ipv4' },
  { family: 'inet6', file: 'stat/ndisc_cache', ip: 'ipv6' },
] as const;

/** Entries and overruns are counted for all namespaces of the machine together: the thresholds hold for them all. */
function neighborTables(texts: CounterTexts, sysctls: Sysctls): NeighborTable[] | undefined {
  const tables = FAMILIES.flatMap(({ family, file, ip }): NeighborTable[] => {
    const rows = parseStat(texts[file]);
    if (rows.length === 0) return [];
    const thresholds = thresholdsOf(sysctls, ip);
    const count = rows[0]!.get('entries') ?? 0;
    return [{ family, count, tableFulls: total(rows, 'table_fulls'), ...(thresholds && { thresholds }) }];
  });
  return tables.length === 0 ? undefined : tables;
}

function thresholdsOf(sysctls: Sysctls, ip: string): [number, number, number] | undefined {
  const values = [1, 2, 3].map((n) => sysctls[`net/${ip}/neigh/default/gc_thresh${n}`]);
  return values.every(Boolean) ? (values.map(Number) as [number, number, number]) : undefined;
}

type Sysctls = NamespaceSnapshot['sysctls'];

const FILES = ['snmp', 'snmp6', 'stat/nf_conntrack', 'stat/arp_cache', 'stat/ndisc_cache'] as const;
/** Empty where there is no such file. */
type CounterTexts = Readonly<Record<(typeof FILES)[number], string>>;

interface StackCounters {
  readonly udp: UdpCounters | undefined;
  readonly conntrack: ConntrackSnapshot | undefined;
  readonly neighborTables: NeighborTable[] | undefined;
}

/** What the kernel counts in a namespace whose sysctls have been read; undefined: it does not. */
export async function readStackCounters(netns: Netns, sysctls: Sysctls): Promise<StackCounters> {
  const path = (file: string) => `/proc/net/${file}`;
  const read = await readProcFiles(netns, FILES.map(path));
  const texts = Object.fromEntries(FILES.map((file) => [file, read.get(path(file)) ?? ''])) as CounterTexts;
  return {
    udp: udpCounters(texts),
    conntrack: conntrackOf(texts, sysctls),
    neighborTables: neighborTables(texts, sysctls),
  };
}
