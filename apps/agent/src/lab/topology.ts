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
 *
 * In IPv6: fd00:77::11 and so on in place of 192.168.77.11, fd00:244:0:1::/64 in place of 10.244.1.0/24.
 */
import { fileURLToPath } from 'node:url';
import { addNetns, deleteNetns, LinuxKernel, listNetns, runIn } from '@podlan/linux';
import type { Change, Kernel, Row } from '@podlan/linux/model';
import {
  type Family,
  familyOf,
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

/** What the underlay is in one family. */
interface Underlay {
  readonly start: string;
  readonly length: number;
  readonly anywhere: IpPrefix;
}

const UNDERLAYS: Readonly<Record<Family, Underlay>> = {
  4: { start: '192.168.77.', length: 24, anywhere: must(parseIpPrefix('0.0.0.0/0')) },
  6: { start: 'fd00:77::', length: 64, anywhere: must(parseIpPrefix('::/0')) },
};
const GATEWAY_NUMBER = 1;
const FIRST_HOST_NUMBER = 11;

export const underlayNetns = (lab: string) => `${lab}-underlay`;
export const hostNetns = (lab: string, host: string) => `${lab}-${host}`;
export const podNetns = (lab: string, pod: string) => `${lab}-${pod}`;

/** 0 -> `a`, 25 -> `z`, 26 -> `aa`. */
export function hostLetter(index: number): string {
  const rest = Math.floor(index / 26);
  return (rest > 0 ? hostLetter(rest - 1) : '') + String.fromCharCode(97 + (index % 26));
}

/** Of the host with this index, counted from 0. */
export function underlayAddress(family: Family, index: number): IpAddress {
  return addressAt(family, FIRST_HOST_NUMBER + index);
}

/** Of the bridge that joins the hosts, and of what runs beside it. */
export function underlayGateway(family: Family): IpAddress {
  return addressAt(family, GATEWAY_NUMBER);
}

const addressAt = (family: Family, number: number): IpAddress =>
  must(parseIpAddress(`${UNDERLAYS[family].start}${number}`));

const onUnderlay = (address: IpAddress): InterfaceAddress =>
  must(parseInterfaceAddress(`${address}/${UNDERLAYS[familyOf(address)].length}`));

/** Every namespace of this lab that stands, whether or not its state file knows it. */
export async function labNamespaces(lab: string): Promise<string[]> {
  const ours = new RegExp(`^${lab}-(underlay|host-[a-z]+|pod-[a-z]+[0-9]+)$`);
  return (await listNetns()).filter((name) => ours.test(name));
}

export async function makeNamespace(netns: string): Promise<void> {
  await addNetns(netns);
  const { code, stderr } = await runIn(netns, ['ip', 'link', 'set', 'dev', 'lo', 'up']);
  if (code !== 0) throw new Error(`cannot bring lo up in ${netns}: ${stderr.trim()}`);
  // Nobody else has these addresses, and looking whether somebody has takes a second for each.
  await add(new LinuxKernel({ netns }), [
    { kind: 'sysctl', key: 'net/ipv6/conf/default/accept_dad', value: '0' },
  ]);
}

/** Processes that run inside a namespace. */
export async function processesIn(netns: string): Promise<number[]> {
  const { stdout } = await runIn(undefined, ['ip', 'netns', 'pids', netns]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

export async function removeNamespace(netns: string): Promise<void> {
  await deleteNetns(netns);
}

export async function makeUnderlay(lab: string, families: readonly Family[]): Promise<void> {
  await makeNamespace(underlayNetns(lab));
  await add(new LinuxKernel({ netns: underlayNetns(lab) }), [
    { kind: 'link', type: 'bridge', name: 'br0', mtu: UNDERLAY_MTU, up: true },
    ...families.map(underlayGateway).map((address) => onDevice('br0', address)),
  ]);
}

const onDevice = (dev: string, address: IpAddress): Row => ({
  kind: 'address',
  dev,
  address: onUnderlay(address),
});

const defaultRoute = (dev: string, family: Family): Row => ({
  kind: 'route',
  prefix: UNDERLAYS[family].anywhere,
  via: underlayGateway(family),
  dev,
});

const AS_A_WIRE = fileURLToPath(new URL('./as-a-wire.js', import.meta.url));

/** A host: its namespace, and `eth0` on the underlay. */
export async function makeHost(
  lab: string,
  host: string,
  addresses: readonly IpAddress[],
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
    ...addresses.map((address) => onDevice('eth0', address)),
    ...addresses.map((address) => defaultRoute('eth0', familyOf(address))),
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
