/** Tables of the kernel that have a limit: connections it follows, and neighbors. */
import type { ConntrackSnapshot, NeighborTable } from '@podlan/simulator/snapshot';
import type { Check, Problem } from '../check.js';
import { type Scene, sysctlText } from '../scene.js';

/** Of a limit: from here on it is a matter of time. */
const NEARLY = 0.9;
/** Two packets of one new connection that race each other fail now and then on any host. */
const MOST_RACES = 100;

const conntrackTable: Check = {
  id: 'conntrack-table',
  title: 'the kernel has room for new connections',
  page: 'course/masquerade#snat',
  examine({ machine: { conntrack } }) {
    if (conntrack === undefined) return { skipped: 'the table of connections was not read' };
    return {
      looked: [
        'sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max',
        'cat /proc/net/stat/nf_conntrack',
      ],
      problems: [...fullness(conntrack), ...lostConnections(conntrack)],
    };
  },
};

const roomFor = (max: number): string[] => [
  `sysctl -w net.netfilter.nf_conntrack_max=${max * 2}`,
  'and keep it in a file of /etc/sysctl.d; kube-proxy sets it itself, by conntrack.maxPerCore',
];

function fullness({ count, max }: ConntrackSnapshot): Problem[] {
  // A limit of 0 is none.
  if (max === 0 || count < max * NEARLY) return [];
  return [
    {
      verdict: count >= max ? 'error' : 'warning',
      why: 'Where the table is full, the first packet of every new connection is dropped: "nf_conntrack: table full, dropping packet".',
      evidence: [
        sysctlText('net/netfilter/nf_conntrack_count', `${count}`),
        sysctlText('net/netfilter/nf_conntrack_max', `${max}`),
      ],
      mend: [
        ...roomFor(max),
        "see whose connections they are: conntrack -L | awk '{print $5}' | sort | uniq -c | sort -n | tail",
      ],
    },
  ];
}

function lostConnections({ max, dropped, insertFailed }: ConntrackSnapshot): Problem[] {
  const problems: Problem[] = [];
  if (dropped > 0)
    problems.push({
      verdict: 'warning',
      why: `${dropped} connections were dropped, or put out for others, because the table was full; whether it still is, its count tells.`,
      evidence: [`/proc/net/stat/nf_conntrack: drop and early_drop ${dropped}`],
      mend: roomFor(max),
    });
  if (insertFailed > MOST_RACES)
    problems.push({
      verdict: 'warning',
      why: `${insertFailed} packets were dropped because two connections were given one port, or the two packets of one raced each other: such as A and AAAA of one query for a name, which then takes 5 seconds.`,
      evidence: [`/proc/net/stat/nf_conntrack: insert_failed ${insertFailed}`],
      mend: [
        'see that rules that masquerade say random-fully: nft list ruleset | grep masquerade',
        'in pods: options single-request-reopen in resolv.conf; or a cache for names on each node',
      ],
    });
  return problems;
}

const neighborTable: Check = {
  id: 'neighbor-table',
  title: 'the neighbor table has room',
  page: 'course/arp-fdb-routes#who-fills',
  examine(scene) {
    const tables = (scene.machine.neighborTables ?? []).filter(({ thresholds }) => thresholds !== undefined);
    if (tables.length === 0)
      return {
        skipped:
          "the limits of the neighbor tables were not read: the machine's own namespace alone has them",
      };
    const looked = tables.flatMap(({ family }) => [
      `sysctl ${name(family, 3)}`,
      `head -2 /proc/net/stat/${family === 'inet' ? 'arp' : 'ndisc'}_cache`,
    ]);
    return { looked, problems: tables.flatMap((table) => tableProblems(scene, table)) };
  },
};

const key = (family: NeighborTable['family'], n: number): string =>
  `net/${family === 'inet' ? 'ipv4' : 'ipv6'}/neigh/default/gc_thresh${n}`;
const name = (family: NeighborTable['family'], n: number): string => key(family, n).replaceAll('/', '.');

/** Since 5.0 the kernel does not count permanent entries against the limit (neigh_alloc, net/core/neighbour.c). */
const countsPermanent = ({ snapshot }: Scene): boolean => Number(/^\d+/.exec(snapshot.kernel)?.[0] ?? 5) < 5;

function tableProblems(
  scene: Scene,
  { family, count, tableFulls = 0, thresholds }: NeighborTable,
): Problem[] {
  const [first, , most] = thresholds!;
  const permanent = countsPermanent(scene) ? 0 : permanentOf(scene, family);
  const counted = count - permanent;
  if (counted < most * NEARLY && tableFulls === 0) return [];
  const isFull = counted >= most;
  return [
    {
      verdict: isFull ? 'error' : 'warning',
      why: `Where the table is full, new neighbors are not found: "neighbour: arp_cache: neighbor table overflow!", and packets to them are lost. All pods and hosts of this machine share it, with all namespaces.${counted < most * NEARLY ? ' It was full, and is not now.' : ''}`,
      evidence: [
        `entries ${count}, ${permanent} of them permanent and not counted; table_fulls ${tableFulls}`,
        sysctlText(key(family, 3), `${most}`),
      ],
      mend: [
        `sysctl -w ${name(family, 1)}=${first * 8} ${name(family, 2)}=${most * 4} ${name(family, 3)}=${most * 8}`,
        'and keep it in a file of /etc/sysctl.d',
      ],
    },
  ];
}

const permanentOf = ({ snapshot }: Scene, family: NeighborTable['family']): number =>
  snapshot.namespaces
    .flatMap(({ neighbors }) => neighbors)
    .filter(({ dst, state }) => state.includes('PERMANENT') && dst.includes(':') === (family === 'inet6'))
    .length;

export const KERNEL_TABLE_CHECKS: readonly Check[] = [conntrackTable, neighborTable];
