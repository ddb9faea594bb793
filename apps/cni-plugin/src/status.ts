/**
 * STATUS: can this node take pods? It can with a lease in subnet.env, the overlay's device up, a bridge that is the
 * lease's, and an address free.
 */
import { CNI_CODE, CniError, type NetworkRequest, readJson } from '@podlan/cni/protocol';
import type { SubnetEnv } from '@podlan/fabric';
import { type Address, type Link, LinuxKernel, nthAddress, type Row, rowText, run } from '@podlan/linux';
import { familyOf, prefixAddress } from '@podlan/wire';
import * as v from 'valibot';
import { ownDevices } from './pod-netns.js';
import { gatewayOf, onLink, storeOf } from './reservation.js';
import { readSettings, type Settings } from './settings.js';
import { readSubnetFile } from './subnet-file.js';

/** Throws CniError: `NOT_AVAILABLE`; `LIMITED_CONNECTIVITY` where pods that are there suffer too. */
export async function status({ config }: NetworkRequest): Promise<void> {
  const settings = readSettings(config);
  const lease = await readSubnetFile(settings.subnetFile).catch((error: CniError) => {
    throw new CniError(CNI_CODE.NOT_AVAILABLE, error.msg, error.details, { cause: error });
  });
  const rows = await rowsOf(settings);
  await requireOverlay(settings, lease, rows);
  requireBridge(settings, lease, rows);
  const store = storeOf(config, settings);
  for (const subnet of lease.subnets) {
    if (await store.hasRoom({ subnet, gateway: gatewayOf(subnet) })) continue;
    const details = `all of ${subnet} is in use; delete pods`;
    throw new CniError(CNI_CODE.NOT_AVAILABLE, 'no free address', details);
  }
}

const isOverlay = (name: string): boolean => /^flannel(-v6)?[.\d]/.test(name);

async function rowsOf({ bridge }: Settings): Promise<Row[]> {
  const devices = (await ownDevices()).filter((name) => isOverlay(name) || name === bridge);
  const scope = { devices, sysctls: [], chains: false, tables: ['link', 'address'] } as const;
  return new LinuxKernel().snapshot(scope);
}

/** Each overlay device carries the network address of its subnet. */
async function requireOverlay(settings: Settings, lease: SubnetEnv, rows: readonly Row[]): Promise<void> {
  const links = rows.filter((row): row is Link => row.kind === 'link' && isOverlay(row.name));
  const down = links.find(({ up }) => !up);
  if (down) throw cutOff(`${down.name} is down: ip link set ${down.name} up, or restart podlan agent`);
  if (links.length === 0) return requireHostGateway(settings, lease);
  const addresses = rows.filter((row): row is Address => row.kind === 'address' && isOverlay(row.dev));
  for (const subnet of lease.subnets) {
    const own = nthAddress(subnet, 0);
    if (addresses.some(({ address }) => prefixAddress(address) === own)) continue;
    const names = links.map(({ name }) => name).join(' or ');
    const found = addresses.map(rowText).join(', ') || 'none';
    throw cutOff(`expected ${own} on ${names}, found ${found}; is podlan agent running?`);
  }
}

const linksJson = v.array(v.object({ ifname: v.string(), mtu: v.number(), master: v.optional(v.string()) }));

/** host-gw has no device, and the MTU of the interface it sends by; every overlay's is smaller than that. */
async function requireHostGateway({ bridge }: Settings, { mtu, subnets }: SubnetEnv): Promise<void> {
  const { code, stdout, stderr } = await run(['ip', '-j', 'link', 'show']);
  if (code !== 0) throw new CniError(CNI_CODE.NOT_AVAILABLE, 'cannot read the links', stderr.trim());
  const links = readJson(linksJson, JSON.parse(stdout), 'ip -j link');
  const others = links.filter(
    ({ ifname, master }) => ifname !== bridge && master !== bridge && ifname !== 'lo',
  );
  if (others.some((link) => link.mtu === mtu)) return;
  const own = subnets.map((subnet) => nthAddress(subnet, 0)).join(', ');
  const found = others.map((link) => `${link.ifname} ${link.mtu}`).join(', ') || 'no device';
  throw cutOff(
    `expected a device flannel.* with ${own}, or for host-gw one of MTU ${mtu}, found ${found}; is podlan agent running?`,
  );
}

const cutOff = (details: string): CniError =>
  new CniError(CNI_CODE.LIMITED_CONNECTIVITY, 'other hosts cannot be reached', details);

function requireBridge({ bridge }: Settings, { subnets }: SubnetEnv, rows: readonly Row[]): void {
  const link = rows.find((row): row is Link => row.kind === 'link' && row.name === bridge);
  const addresses = rows.filter((row): row is Address => row.kind === 'address' && row.dev === bridge);
  const foreign = addresses.filter(({ address }) =>
    subnets.every(
      (subnet) => familyOf(subnet) !== familyOf(address) || onLink(gatewayOf(subnet), subnet) !== address,
    ),
  );
  const isOther = link !== undefined && link.type !== 'bridge';
  if (!isOther && foreign.length === 0) return;
  const found = isOther ? `a ${link.type} device` : foreign.map(({ address }) => address).join(', ');
  const details = `expected a bridge ${bridge} for ${subnets.join(', ')}, found ${found}; no pod on it? ip link delete ${bridge}`;
  throw new CniError(CNI_CODE.NOT_AVAILABLE, `${bridge} cannot serve as this host's bridge`, details);
}
