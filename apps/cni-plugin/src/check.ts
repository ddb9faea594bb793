/** CHECK: the pod's namespace, its port on the bridge and its reservation beside what ADD answered. */
import {
  type CheckRequest,
  CNI_CODE,
  CniError,
  type CniInterface,
  type CniResult,
} from '@podlan/cni/protocol';
import { type Link, LinuxKernel, type Row, rowKey, rowText } from '@podlan/linux';
import { familyOf, type IpAddress, prefixAddress, prefixLength } from '@podlan/wire';
import { hostVeth } from './host-veth.js';
import { requireNetns } from './pod-netns.js';
import { storeOf } from './reservation.js';
import { readSettings, type Settings } from './settings.js';
import { readSubnetFile } from './subnet-file.js';

/** Throws CniError `NOT_AS_CONFIGURED` that names every difference. */
export async function check(request: CheckRequest): Promise<void> {
  const settings = readSettings(request.config);
  await requireNetns(request.netns);
  const expected = await expectedOf(request, settings);
  const differences = [
    ...(await inPod(request, expected)),
    ...(await onHost(settings, expected)),
    ...(await inStore(request, settings, expected)),
  ];
  if (differences.length === 0) return;
  const details = `${differences.join('; ')}; delete the pod to have it made anew`;
  throw new CniError(CNI_CODE.NOT_AS_CONFIGURED, 'the network is not what ADD made', details);
}

interface Expected {
  readonly link: Link;
  readonly veth: Link;
  /** Of the pod's interface alone: other plugins of the chain may have brought more. */
  readonly ips: NonNullable<CniResult['ips']>;
  readonly routes: NonNullable<CniResult['routes']>;
}

/** Results before 1.1.0 tell no MTU: then it is that of now. */
async function expectedOf(request: CheckRequest, settings: Settings): Promise<Expected> {
  const { prevResult, config, netns, interfaceName: name } = request;
  const interfaces = prevResult.interfaces ?? [];
  const index = interfaces.findIndex((one) => one.name === name && one.sandbox === netns);
  const vethName = hostVeth(config.name, request);
  const peer = interfaces.find((one) => one.name === vethName && one.sandbox === undefined);
  if (index < 0 || peer === undefined) throw notOurs(index < 0 ? `${name} in ${netns}` : vethName);
  const told = interfaces[index]?.mtu ?? settings.mtu;
  const mtu = told ?? (await readSubnetFile(settings.subnetFile)).mtu;
  const ips = (prevResult.ips ?? []).filter((ip) => ip.interface === index);
  const gateways = new Set<IpAddress | undefined>(ips.map(({ gateway }) => gateway));
  const hairpin = settings.hairpin ? { hairpin: true } : {};
  return {
    link: linkOf(interfaces[index]!, mtu),
    veth: { ...linkOf(peer, peer.mtu ?? mtu), master: settings.bridge, ...hairpin },
    ips,
    routes: (prevResult.routes ?? []).filter(({ gw }) => gateways.has(gw)),
  };
}

const linkOf = ({ name, mac }: CniInterface, mtu: number): Link => ({
  kind: 'link',
  type: 'veth',
  name,
  ...(mac ? { mac } : {}),
  mtu,
  up: true,
});

function notOurs(missing: string): CniError {
  const details = `prevResult.interfaces: expected ${missing}, found none; was it another plugin's ADD?`;
  return new CniError(CNI_CODE.INVALID_NETWORK_CONFIG, "CHECK without this plugin's result", details);
}

async function inPod({ netns, interfaceName: dev }: CheckRequest, expected: Expected): Promise<string[]> {
  const pod = new LinuxKernel({ netns });
  const scope = { devices: [dev], sysctls: [], chains: false };
  const found = await pod.snapshot({ ...scope, tables: ['link', 'address', 'route'] });
  const wanted: Row[] = [
    expected.link,
    ...expected.ips.map(({ address }): Row => ({ kind: 'address', dev, address })),
    ...expected.routes.map(
      ({ dst, gw }): Row => ({ kind: 'route', prefix: dst, dev, ...(gw ? { via: gw } : {}) }),
    ),
  ];
  return differencesOf('in the pod', wanted, found);
}

async function onHost({ bridge }: Settings, { veth, ips }: Expected): Promise<string[]> {
  const host = new LinuxKernel();
  const scope = { devices: [veth.name, bridge], sysctls: [], chains: false };
  const found = await host.snapshot({ ...scope, tables: ['link', 'address'] });
  const gateways = ips.flatMap(({ address, gateway }): Row[] =>
    gateway ? [{ kind: 'address', dev: bridge, address: gatewayOnLink(gateway, address) }] : [],
  );
  const present = found.find((row): row is Link => row.kind === 'link' && row.name === bridge);
  const row: Row = { kind: 'link', type: 'bridge', name: bridge, mtu: present?.mtu ?? veth.mtu, up: true };
  return differencesOf('on the host', [veth, row, ...gateways], found);
}

const gatewayOnLink = (gateway: IpAddress, address: Parameters<typeof prefixLength>[0]) =>
  `${gateway}/${prefixLength(address)}` as Extract<Row, { kind: 'address' }>['address'];

async function inStore(
  { config, containerId, interfaceName }: CheckRequest,
  settings: Settings,
  { ips }: Expected,
): Promise<string[]> {
  const held = await storeOf(config, settings).list();
  return ips.flatMap(({ address }) => {
    const own = prefixAddress(address);
    const holder = held.find((one) => one.address === own);
    if (holder?.containerId === containerId && holder.interfaceName === interfaceName) return [];
    const found = holder ? `held by ${holder.containerId} ${holder.interfaceName}` : 'it free';
    return [
      `in ${settings.networksDir}: expected ${own} (IPv${familyOf(own)}) held by ${containerId}, found ${found}`,
    ];
  });
}

function differencesOf(where: string, wanted: readonly Row[], found: readonly Row[]): string[] {
  return wanted.flatMap((row) => {
    const present = found.find((one) => rowKey(one) === rowKey(row));
    const text = rowText(row);
    const said = present ? comparable(present, row) : 'none';
    return said === text ? [] : [`${where}: expected ${text}, found ${said}`];
  });
}

/** Only what was asked for: a snapshot tells a link's MAC and peer, which nobody may have chosen. */
function comparable(present: Row, wanted: Row): string {
  if (present.kind !== 'link' || wanted.kind !== 'link') return rowText(present);
  const { peer: _peer, mac, ...link } = present as Link & { peer?: unknown };
  return rowText({ ...link, ...(wanted.mac === undefined || mac === undefined ? {} : { mac }) } as Link);
}
