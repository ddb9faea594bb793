/**
 * The lab's wiring, every box a network namespace:
 *
 *     NAME-host-a            NAME-host-b               NAME-underlay
 *       cni0 10.244.1.1/24     cni0 10.244.2.1/24        br0 192.168.77.1/24
 *       flannel.1              flannel.1                  |        |
 *       eth0 192.168.77.11     eth0 192.168.77.12         |        |
 *         `----------------------`------------------------ host-a   host-b   (veth pairs)
 *
 *     NAME-pod-a1: eth0 10.244.1.2/24, a veth pair to host-a's cni0
 */
import { fileURLToPath } from 'node:url';
import { addNetns, deleteNetns, LinuxKernel, listNetns, runIn } from '@podlan/linux';
import type { Change, Kernel, Row } from '@podlan/linux/model';
import {
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
} from '@podlan/wire';

export const UNDERLAY_MTU = 1500;
/** 192.168.77.11 for the first: the last byte must stay below 255. */
export const MAX_HOSTS = 240;

const must = <T>(value: T | undefined): T => value!;
const UNDERLAY_GATEWAY = must(parseIpAddress('192.168.77.1'));

export const underlayNetns = (lab: string) => `${lab}-underlay`;
export const hostNetns = (lab: string, host: string) => `${lab}-${host}`;
export const podNetns = (lab: string, pod: string) => `${lab}-${pod}`;

/** 0 -> `a`, 25 -> `z`, 26 -> `aa`. */
export function hostLetter(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest > 0 ? hostLetter(rest - 1) : '') + String.fromCharCode(97 + (index % 26));
}

export function underlayAddress(index: number): IpAddress {
  return must(parseIpAddress(`192.168.77.${11 + index}`));
}

const onUnderlay = (address: IpAddress): InterfaceAddress => must(parseInterfaceAddress(`${address}/24`));
const DEFAULT_ROUTE: IpPrefix = must(parseIpPrefix('0.0.0.0/0'));

/** Every namespace of this lab that stands, whether or not its state file knows it. */
export async function labNamespaces(lab: string): Promise<string[]> {
  const ours = new RegExp(`^${lab}-(underlay|host-[a-z]+|pod-[a-z]+[0-9]+)$`);
  return (await listNetns()).filter((name) => ours.test(name));
}

export async function makeNamespace(netns: string): Promise<void> {
  await addNetns(netns);
  const { code, stderr } = await runIn(netns, ['ip', 'link', 'set', 'dev', 'lo', 'up']);
  if (code !== 0) throw new Error(`cannot bring lo up in ${netns}: ${stderr.trim()}`);
}

/** Processes that run inside a namespace. */
export async function processesIn(netns: string): Promise<number[]> {
  const { stdout } = await runIn(undefined, ['ip', 'netns', 'pids', netns]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

export async function removeNamespace(netns: string): Promise<void> {
  await deleteNetns(netns);
}

export async function makeUnderlay(lab: string): Promise<void> {
  await makeNamespace(underlayNetns(lab));
  await add(new LinuxKernel({ netns: underlayNetns(lab) }), [
    { kind: 'link', type: 'bridge', name: 'br0', mtu: UNDERLAY_MTU, up: true },
    { kind: 'address', dev: 'br0', address: onUnderlay(UNDERLAY_GATEWAY) },
  ]);
}

const AS_A_WIRE = fileURLToPath(new URL('./as-a-wire.js', import.meta.url));

/** A host: its namespace, and `eth0` on the underlay. */
export async function makeHost(
  lab: string,
  host: string,
  address: IpAddress,
  underlayOffloads: boolean,
): Promise<void> {
  const netns = hostNetns(lab, host);
  await makeNamespace(netns);
  await add(new LinuxKernel({ netns: underlayNetns(lab) }), [
    {
      kind: 'link',
      type: 'veth',
      name: host,
      mtu: UNDERLAY_MTU,
      up: true,
      master: 'br0',
      peer: { name: 'eth0', netns },
    },
  ]);
  await add(new LinuxKernel({ netns }), [
    { kind: 'link', type: 'veth', name: 'eth0', mtu: UNDERLAY_MTU, up: true },
    { kind: 'address', dev: 'eth0', address: onUnderlay(address) },
    { kind: 'route', prefix: DEFAULT_ROUTE, via: UNDERLAY_GATEWAY, dev: 'eth0' },
  ]);
  if (underlayOffloads) return;
  await Promise.all([
    actAsAWire(underlayNetns(lab), 'port', host),
    actAsAWire(hostNetns(lab, host), 'card', 'eth0'),
  ]);
}

/**
 * A veth pair passes on packets whose checksums nobody has made and which nobody has segmented; the kernel's vxlan
 * knows what to do with these, a UDP socket can't.
 */
async function actAsAWire(netns: string, kind: 'card' | 'port', device: string): Promise<void> {
  const { code, stderr } = await runIn(netns, [process.execPath, AS_A_WIRE, kind, device]);
  if (code !== 0) throw new Error(`cannot set offloads of ${device} in ${netns}: ${stderr.trim()}`);
}

async function add(kernel: Kernel, rows: readonly Row[]): Promise<void> {
  const changes = rows.map(
    (row): Change => ({ op: row.kind === 'link' && !isMade(row) ? 'replace' : 'add', row }),
  );
  const [failure] = await kernel.apply(changes);
  if (failure) throw failure.error;
}

/** The far end of a veth pair exists already: it only has to be set. */
const isMade = (row: Row) => !(row.kind === 'link' && row.type === 'veth' && row.peer === undefined);
