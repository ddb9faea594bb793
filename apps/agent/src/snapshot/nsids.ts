/** Which namespaces the numbers mean that one namespace has for others (`link_netnsid` of `ip link`). */
import { runIn } from '@podlan/linux';
import type { KnownNamespace } from './known-namespaces.js';
import { listOf, type Netns } from './tool-text.js';

export interface Nsid {
  readonly nsid: number;
  readonly netns: number;
}

/** What `ip -j netns list-id` prints. */
interface NamedId {
  readonly nsid: number;
  readonly name?: string;
}

export async function nsidsOf(netns: Netns, known: readonly KnownNamespace[]): Promise<Nsid[]> {
  const ids = (await listOf(netns, ['ip', '-j', 'netns', 'list-id'])) as NamedId[];
  const byName = new Map(known.map((one) => [one.name, one.netns]));
  const found = resolve(ids, (name) => byName.get(name));
  if (found.length === ids.length) return found;
  const nameless = await idsOfProcesses(netns, known);
  const taken = new Set(found.map(({ nsid }) => nsid));
  return [...found, ...nameless.filter(({ nsid }) => !taken.has(nsid))];
}

function resolve(ids: readonly NamedId[], numberOf: (name: string) => number | undefined): Nsid[] {
  return ids.flatMap(({ nsid, name }) => {
    const netns = name === undefined ? undefined : numberOf(name);
    return netns === undefined ? [] : [{ nsid, netns }];
  });
}

/**
 * iproute2 asks the kernel about files in /var/run/netns alone: in a mount namespace of its own it is shown one with the
 * namespaces of processes instead, each under the process's number. Nothing of it is seen outside.
 */
const LIST_IDS = `
mount -t tmpfs none /var/run && mkdir -p /var/run/netns && cd /var/run/netns || exit 0
for pid in $(cat); do : > $pid; mount --bind /proc/$pid/ns/net $pid 2>/dev/null || rm $pid; done
exec ip -j netns list-id`;

async function idsOfProcesses(netns: Netns, known: readonly KnownNamespace[]): Promise<Nsid[]> {
  const byPid = new Map(known.flatMap(({ pid, netns }) => (pid === undefined ? [] : [[`${pid}`, netns]])));
  if (byPid.size === 0) return [];
  const input = [...byPid.keys()].join(' ');
  // Where no mount namespace can be had, these stay unknown.
  const { code, stdout } = await runIn(netns, ['unshare', '-m', 'sh', '-c', LIST_IDS], { input });
  if (code !== 0 || stdout.trim() === '') return [];
  return resolve(JSON.parse(stdout) as NamedId[], (pid) => byPid.get(pid));
}
