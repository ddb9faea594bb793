/**
 * Attaching a pod to its host, as the CNI `bridge` plugin does when flannel's plugin calls it.
 *
 *     host                                     pod
 *       cni0  gateway address, MTU               eth0  pod address
 *        `-- hostVeth (hairpin) ====== veth ======'   default via gateway
 *                                                     each pod network via gateway
 *
 * Rows for two kernels and nothing else, so that it works on real namespaces and on kernels in memory alike.
 * Bringing up `lo` is the loopback plugin's job in CNI, hence that of whoever makes the namespace.
 * @module @podlan/cni/attach
 */
import type { Change, Kernel, Link, Row } from '@podlan/linux/model';
import {
  familyOf,
  type InterfaceAddress,
  type IpPrefix,
  ipToBytes,
  macFromBytes,
  parseIpPrefix,
  prefixAddress,
} from '@podlan/wire';
import { CNI_CODE, type CniCode, CniError } from './cni-error.js';

export { CNI_CODE, type CniCode, CniError } from './cni-error.js';

/** A pod to attach: the two kernels, the names of devices, and the addresses. `mtu` in bytes, the overlay's. */
export interface Attachment {
  readonly host: Kernel;
  readonly pod: Kernel;
  /** The pod's network namespace as `ip netns` names it, where the veth pair's other end is made. */
  readonly podNetns: string;
  readonly hostVeth: string;
  readonly containerInterface?: string;
  readonly bridge?: string;
  /** One for each family of the pod. */
  readonly addresses: readonly PodAddress[];
  /**
   * The cluster's pod networks: each gets a route via the gateway, which stays right when the default route changes.
   */
  readonly networks: readonly IpPrefix[];
  readonly mtu: number;
  readonly hairpin?: boolean;
}

/** Of one family: the pod's address, and the bridge's own. Both with the length of the host's subnet. */
export interface PodAddress {
  readonly address: InterfaceAddress;
  readonly gateway: InterfaceAddress;
}

/** Which pod to detach: the host's end of its veth pair. */
export interface Detachment {
  readonly host: Kernel;
  readonly hostVeth: string;
}

type Wanted = Required<Attachment>;

const DEFAULTS = { containerInterface: 'eth0', bridge: 'cni0', hairpin: true };

/**
 * Throws a {@link CniError} and takes back the veth pair with all that hangs on it when any step fails. The bridge is
 * taken back only while it lacks its address: once whole it is the host's, and another pod may be on it already.
 * @example
 * ```ts
 * import { attachPod } from '@podlan/cni/attach';
 * import { MemoryKernel, rowText } from '@podlan/linux/model';
 * import { parseInterfaceAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const host = new MemoryKernel();
 * const pod = new MemoryKernel();
 * await attachPod({
 *   host,
 *   pod,
 *   podNetns: 'pod-a1',
 *   hostVeth: 'veth1',
 *   addresses: [
 *     { address: parseInterfaceAddress('10.244.1.2/24')!, gateway: parseInterfaceAddress('10.244.1.1/24')! },
 *   ],
 *   networks: [parseIpPrefix('10.244.0.0/16')!],
 *   mtu: 1450,
 * });
 * pod.rows.map(rowText);
 * // => [
 * //      'link eth0 mtu 1450 up type veth',
 * //      'address 10.244.1.2/24 dev eth0',
 * //      'route 10.244.0.0/16 via 10.244.1.1 dev eth0',
 * //      'route 0.0.0.0/0 via 10.244.1.1 dev eth0',
 * //    ]
 * ```
 */
export async function attachPod(attachment: Attachment): Promise<void> {
  const wanted: Wanted = { ...DEFAULTS, ...attachment };
  const { host, pod, hostVeth, bridge, containerInterface } = wanted;
  const [onHost, inPod] = await Promise.all([look(host, hostVeth, bridge), look(pod, containerInterface)]);
  requireFree(wanted, onHost, inPod);
  await ensureBridge(wanted, onHost);
  try {
    await make(wanted.host, [add(vethOf(wanted))], `cannot make the veth pair ${wanted.hostVeth}`);
    await make(wanted.pod, podChanges(wanted), `cannot configure ${wanted.containerInterface} in the pod`);
  } catch (error) {
    await takeBack(wanted.host, vethOf(wanted));
    throw error;
  }
}

/**
 * Deleting one end of a veth pair deletes the other, with its addresses and routes. Nothing there is no error.
 * @example As root
 * ```ts
 * import { attachPod, detachPod } from '@podlan/cni/attach';
 * import { addNetns, LinuxKernel, runIn } from '@podlan/linux';
 * import { parseInterfaceAddress } from '@podlan/wire';
 *
 * await addNetns('pod-a1');
 * const host = new LinuxKernel();
 * await attachPod({
 *   host,
 *   pod: new LinuxKernel({ netns: 'pod-a1' }),
 *   podNetns: 'pod-a1',
 *   hostVeth: 'veth1',
 *   addresses: [
 *     { address: parseInterfaceAddress('10.244.1.2/24')!, gateway: parseInterfaceAddress('10.244.1.1/24')! },
 *   ],
 *   networks: [],
 *   mtu: 1450,
 * });
 * const hasEth0 = async () => (await runIn('pod-a1', ['ip', 'link', 'show', 'eth0'])).code === 0;
 * await hasEth0(); // => true
 * await detachPod({ host, hostVeth: 'veth1' });
 * await hasEth0(); // => false
 * ```
 */
export async function detachPod({ host, hostVeth }: Detachment): Promise<void> {
  const row: Link = { kind: 'link', type: 'veth', name: hostVeth, mtu: 0, up: false };
  await make(host, [remove(row)], `cannot delete the veth pair ${hostVeth}`);
}

const add = (row: Row): Change => ({ op: 'add', row });
const replace = (row: Row): Change => ({ op: 'replace', row });
const remove = (row: Row): Change => ({ op: 'delete', row });

async function look(kernel: Kernel, ...devices: string[]): Promise<Row[]> {
  try {
    return await kernel.snapshot({ devices, sysctls: [], chains: false });
  } catch (cause) {
    throw new CniError(CNI_CODE.IO_FAILURE, 'cannot read the kernel state', String(cause), { cause });
  }
}

const linkIn = (rows: readonly Row[], name: string): Link | undefined =>
  rows.find((row): row is Link => row.kind === 'link' && row.name === name);

const addressesIn = (rows: readonly Row[], dev: string): InterfaceAddress[] =>
  rows.flatMap((row) => (row.kind === 'address' && row.dev === dev ? [row.address] : []));

function requireFree(
  { hostVeth, containerInterface }: Wanted,
  onHost: readonly Row[],
  inPod: readonly Row[],
): void {
  const taken = [
    ...(linkIn(onHost, hostVeth) ? [`${hostVeth} on the host`] : []),
    ...(linkIn(inPod, containerInterface) ? [`${containerInterface} in the pod`] : []),
  ];
  if (taken.length === 0) return;
  throw new CniError(
    CNI_CODE.ALREADY_ATTACHED,
    'the pod is attached already',
    `expected no such link, found ${taken.join(' and ')}; detach the pod first`,
  );
}

async function ensureBridge(wanted: Wanted, onHost: readonly Row[]): Promise<void> {
  const { host, bridge } = wanted;
  const link = linkIn(onHost, bridge);
  const conflict = bridgeConflict(wanted, link, addressesIn(onHost, bridge));
  if (conflict) {
    throw new CniError(CNI_CODE.BRIDGE_CONFLICT, `${bridge} cannot serve as this host's bridge`, conflict);
  }
  try {
    await make(host, bridgeChanges(wanted, link), `cannot set up the bridge ${bridge}`);
  } catch (error) {
    if (link === undefined) await takeBack(host, bridgeOf(wanted));
    throw error;
  }
}

/** A stale bridge of an earlier subnet would swallow this subnet's packets: better said than mended under its pods. */
function bridgeConflict(
  { bridge, addresses }: Wanted,
  link: Link | undefined,
  present: readonly InterfaceAddress[],
): string | undefined {
  if (link && link.type !== 'bridge') return `expected a bridge, found a ${link.type} device`;
  for (const { gateway } of addresses) {
    const others = present.filter((address) => isRival(address, gateway));
    if (others.length === 0) continue;
    return `expected the address ${gateway}, found ${others.join(', ')}; no pod on it? ip link delete ${bridge}`;
  }
  return undefined;
}

const isRival = (address: InterfaceAddress, gateway: InterfaceAddress): boolean =>
  familyOf(address) === familyOf(gateway) && address !== gateway && !isLinkLocal(address);

const isLinkLocal = (address: InterfaceAddress): boolean => address.startsWith('fe80:');

function bridgeOf({ bridge, mtu }: Wanted): Link {
  return { kind: 'link', type: 'bridge', name: bridge, mtu, up: true };
}

/**
 * A bridge without a MAC of its own takes the lowest of its ports', and pods lose their gateway each time that changes.
 * 0a:58 and the address' last four bytes: locally administered, and the same however often the bridge is made anew.
 */
function bridgeMac([first]: readonly PodAddress[]) {
  if (first === undefined) throw new TypeError('expected an address for the pod, got none');
  return macFromBytes(Uint8Array.of(0x0a, 0x58, ...ipToBytes(prefixAddress(first.gateway)).slice(-4)));
}

function bridgeChanges(wanted: Wanted, present: Link | undefined): Change[] {
  const row = bridgeOf(wanted);
  return [
    present ? replace(row) : add({ ...row, mac: bridgeMac(wanted.addresses) }),
    ...wanted.addresses.flatMap(({ gateway }) => [
      add({ kind: 'address', dev: wanted.bridge, address: gateway }),
      add({ kind: 'sysctl', key: forwardingKey(gateway), value: '1' }),
    ]),
  ];
}

const forwardingKey = (gateway: InterfaceAddress): string =>
  familyOf(gateway) === 4 ? 'net/ipv4/ip_forward' : 'net/ipv6/conf/all/forwarding';

function vethOf({ hostVeth, mtu, bridge, hairpin, containerInterface, podNetns }: Wanted): Link {
  const peer = { name: containerInterface, netns: podNetns };
  return { kind: 'link', type: 'veth', name: hostVeth, mtu, up: true, master: bridge, hairpin, peer };
}

/** The link first, then its addresses, then the routes that need both. */
function podChanges({ containerInterface: dev, mtu, addresses, networks }: Wanted): Change[] {
  return [
    replace({ kind: 'link', type: 'veth', name: dev, mtu, up: true }),
    ...addresses.map(({ address }) => add({ kind: 'address', dev, address })),
    ...addresses.flatMap(({ gateway }) => podRoutes(dev, gateway, networks)),
  ];
}

function podRoutes(dev: string, gateway: InterfaceAddress, networks: readonly IpPrefix[]): Change[] {
  const family = familyOf(gateway);
  const anywhere = parseIpPrefix(family === 4 ? '0.0.0.0/0' : '::/0') as IpPrefix;
  const reached = networks.filter((network) => familyOf(network) === family);
  const via = prefixAddress(gateway);
  return [...reached, anywhere].map((prefix) => add({ kind: 'route', prefix, dev, via }));
}

async function make(kernel: Kernel, changes: readonly Change[], msg: string): Promise<void> {
  const failed = await tryToMake(kernel, changes);
  if (failed) throw new CniError(failed.code, msg, failed.details, { cause: failed.cause });
}

interface Refusal {
  readonly code: CniCode;
  readonly details: string;
  readonly cause: unknown;
}

async function tryToMake(kernel: Kernel, changes: readonly Change[]): Promise<Refusal | undefined> {
  const code = CNI_CODE.IO_FAILURE;
  try {
    const [first] = await kernel.apply(changes);
    return (
      first && {
        code,
        details: `${first.change.op} ${first.change.row.kind}: ${first.error.message}`,
        cause: first.error,
      }
    );
  } catch (cause) {
    return { code, details: String(cause), cause };
  }
}

/** The error that led here matters more than one met on the way back. */
async function takeBack(kernel: Kernel, row: Row): Promise<void> {
  await tryToMake(kernel, [remove(row)]);
}
