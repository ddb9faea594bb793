/** ADD: an address from the host's subnet, a veth pair, `eth0` in the pod, the other end on the bridge. */
import { attachPod, type PodAddress, podRows } from '@podlan/cni/attach';
import type { HostLocal } from '@podlan/cni/host-local';
import type { AddRequest, CniInterface, CniResult } from '@podlan/cni/protocol';
import type { SubnetEnv } from '@podlan/fabric';
import { type Kernel, type Link, LinuxKernel } from '@podlan/linux';
import { prefixAddress } from '@podlan/wire';
import { hostVeth } from './host-veth.js';
import { requireNetns } from './pod-netns.js';
import { readWishes } from './pod-wishes.js';
import { reserve, storeOf } from './reservation.js';
import { readSettings, type Settings } from './settings.js';
import { readSubnetFile } from './subnet-file.js';

export async function add(request: AddRequest): Promise<CniResult> {
  const settings = readSettings(request.config);
  const wishes = readWishes(request);
  const lease = await readSubnetFile(settings.subnetFile);
  await requireNetns(request.netns);
  const { containerId, interfaceName } = request;
  const store = storeOf(request.config, settings);
  const addresses = await reserve(store, { containerId, interfaceName }, lease.subnets, wishes.addresses);
  const attachment = { ...attachmentOf(request, settings, lease, addresses), mac: wishes.mac };
  try {
    await attachPod(attachment);
    return after(request.config.prevResult, await resultOf(request, attachment));
  } catch (error) {
    await giveBack(store, request);
    throw error;
  }
}

/** The error that led here matters more than one met on the way back; GC finds what is left. */
const giveBack = (store: HostLocal, { containerId, interfaceName }: AddRequest): Promise<unknown> =>
  store.release({ containerId, interfaceName }).catch(() => undefined);

function attachmentOf(
  { config, netns, ...pod }: AddRequest,
  settings: Settings,
  lease: SubnetEnv,
  addresses: readonly PodAddress[],
) {
  return {
    host: new LinuxKernel(),
    pod: new LinuxKernel({ netns }),
    podNetns: netns,
    hostVeth: hostVeth(config.name, pod),
    containerInterface: pod.interfaceName,
    bridge: settings.bridge,
    addresses,
    networks: [...settings.routes, ...lease.networks],
    mtu: settings.mtu ?? lease.mtu,
    hairpin: settings.hairpin,
    defaultRoute: settings.defaultRoute,
  };
}

async function resultOf(
  { config, netns }: AddRequest,
  attachment: ReturnType<typeof attachmentOf>,
): Promise<CniResult> {
  const { host, pod, bridge, hostVeth: veth, containerInterface, addresses } = attachment;
  const [onHost, inPod] = await Promise.all([
    linksOf(host, [bridge, veth]),
    linksOf(pod, [containerInterface]),
  ]);
  const interfaces = [
    ...[bridge, veth].map((name) => interfaceOf(onHost, name)),
    { ...interfaceOf(inPod, containerInterface), sandbox: netns },
  ];
  return {
    interfaces,
    ips: addresses.map(({ address, gateway }) => ({
      address,
      gateway: prefixAddress(gateway),
      interface: 2,
    })),
    routes: podRows(attachment).flatMap((row) =>
      row.kind === 'route' ? [{ dst: row.prefix, gw: row.via }] : [],
    ),
    ...(config.dns ? { dns: config.dns } : {}),
  };
}

async function linksOf(kernel: Kernel, devices: readonly string[]): Promise<Link[]> {
  const rows = await kernel.snapshot({ devices, sysctls: [], chains: false, tables: ['link'] });
  return rows.filter((row): row is Link => row.kind === 'link');
}

function interfaceOf(links: readonly Link[], name: string): CniInterface {
  const link = links.find((one) => one.name === name);
  return { name, mac: link?.mac, mtu: link?.mtu };
}

/** Plugins may come before this one in a chain: theirs stays in front. */
function after(before: CniResult | undefined, own: CniResult): CniResult {
  if (before === undefined) return own;
  const shift = before.interfaces?.length ?? 0;
  return {
    interfaces: [...(before.interfaces ?? []), ...(own.interfaces ?? [])],
    ips: [
      ...(before.ips ?? []),
      ...(own.ips ?? []).map((ip) => ({ ...ip, interface: (ip.interface ?? 0) + shift })),
    ],
    routes: [...(before.routes ?? []), ...(own.routes ?? [])],
    ...(own.dns || before.dns ? { dns: own.dns ?? before.dns } : {}),
  };
}
