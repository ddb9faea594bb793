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
import { familyOf, type InterfaceAddress, ipToBytes, macFromBytes, prefixAddress } from '@podlan/wire';
import {
  type Attachment,
  bridgeOf,
  DEFAULTS,
  type PodAddress,
  podLink,
  podRows,
  vethOf,
  type Wanted,
} from './attachment.js';
import { CNI_CODE, type CniCode, CniError } from './cni-error.js';

export { type Attachment, type PodAddress, podRows } from './attachment.js';
export { CNI_CODE, type CniCode, CniError } from './cni-error.js';

/** Which pod to detach: the host's end of its veth pair. */
export interface Detachment {
  readonly host: Kernel;
  readonly hostVeth: string;
}

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
    return await kernel.snapshot({ devices, sysctls: [], chains: false, tables: ['link', 'address'] });
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
    const changes = bridgeChanges(wanted, link, addressesIn(onHost, bridge));
    await make(host, changes, `cannot set up the bridge ${bridge}`);
  } catch (error) {
    if (link === undefined) await takeBackBridge(wanted);
    throw error;
  }
}

/** A device of another kind under this name is someone else's. */
async function takeBackBridge(wanted: Wanted): Promise<void> {
  const onHost = await look(wanted.host, wanted.bridge).catch(() => []);
  if (linkIn(onHost, wanted.bridge)?.type === 'bridge') await takeBack(wanted.host, bridgeOf(wanted));
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

/**
 * A bridge without a MAC of its own takes the lowest of its ports', and pods lose their gateway each time that changes.
 * 0a:58 and the address' last four bytes: locally administered, and the same however often the bridge is made anew.
 */
function bridgeMac([first]: readonly PodAddress[]) {
  if (first === undefined) throw new TypeError('expected an address for the pod, got none');
  return macFromBytes(Uint8Array.of(0x0a, 0x58, ...ipToBytes(prefixAddress(first.gateway)).slice(-4)));
}

/** A bridge that is as it should be is left alone: pods wait for every program that is started. */
function bridgeChanges(
  wanted: Wanted,
  present: Link | undefined,
  addresses: readonly InterfaceAddress[],
): Change[] {
  const row = bridgeOf(wanted);
  const isRight = present?.up === true && present.mtu === row.mtu && present.master === undefined;
  const link = present ? replace(row) : add({ ...row, mac: bridgeMac(wanted.addresses) });
  return [
    ...(isRight ? [] : [link]),
    ...wanted.addresses.flatMap(({ gateway }) => [
      ...(addresses.includes(gateway)
        ? []
        : [add({ kind: 'address', dev: wanted.bridge, address: gateway })]),
      add({ kind: 'sysctl', key: forwardingKey(gateway), value: '1' }),
    ]),
  ];
}

const forwardingKey = (gateway: InterfaceAddress): string =>
  familyOf(gateway) === 4 ? 'net/ipv4/ip_forward' : 'net/ipv6/conf/all/forwarding';

const podChanges = (wanted: Wanted): Change[] => [
  replace(podLink(wanted)),
  ...podRows(wanted).slice(1).map(add),
];

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
