/** From snapshots of real nodes to a network that can be sent packets through. */
import { familyOf, prefixAddress } from '@podlan/wire';
import { ForwarderProgram } from '../../devices/forwarder-program.js';
import { Nic } from '../../devices/nic.js';
import { Tun } from '../../devices/tun.js';
import { Vxlan } from '../../devices/vxlan.js';
import type { Netns } from '../../kernel/netns.js';
import type { NetworkPlace } from '../../network-place.js';
import { SimNetwork } from '../../sim-network.js';
import type { LeftOut } from '../../trace/doubts.js';
import type { NamespaceSnapshot } from '../namespace-schema.js';
import type { LinkSnapshot, NodeSnapshot } from '../types.js';
import { allPackets, type Note } from './concerns.js';
import { noteLinks } from './note-links.js';
import { restoreLinks } from './restore-links.js';
import { restoreTables } from './restore-tables.js';
import { noteStrangers } from './strangers.js';
import { joinCards } from './underlay-cards.js';
import { joinPairs, joinUnknown, otherEnd, type Place } from './wiring.js';

/** Nodes as they were, on a clock that stands still. */
export interface SnapshotCluster {
  readonly network: SimNetwork;
  readonly snapshots: readonly NodeSnapshot[];
  readonly places: readonly NetworkPlace[];
  /** What is not simulated as it was, a line each. */
  readonly notes: readonly string[];
  /** Of that, what has a say about packets. */
  readonly leftOut: readonly LeftOut[];
}

/** How a network is made of snapshots. */
export interface LoadOptions {
  readonly seed?: number;
}

/**
 * Joins what the snapshots show: veth pairs whose ends know each other, and cards whose addresses share a subnet. Throws
 * RangeError for two snapshots of one node.
 * @example
 * ```ts
 * import { loadSnapshots, parseSnapshot } from '@podlan/simulator/snapshot';
 *
 * const namespace = `"kind": "host", "netns": 1, "nsids": [], "links": [], "addresses": [], "routes": [], "rules": [],
 *   "neighbors": [], "fdb": [], "sysctls": {}, "nftables": [], "sockets": []`;
 * const text = `{ "schema": "podlan-snapshot", "version": 1, "node": "host-a", "takenAt": "2030-01-31T12:00:00.000Z",
 *   "podlan": "0.1.0", "kernel": "6.1.0", "namespaces": [{ "name": "host-a", ${namespace} }] }`;
 * const { places } = await loadSnapshots([parseSnapshot(text)]);
 * places.map(({ name, node, kind }) => [name, node, kind]); // => [['host-a', 'host-a', 'host']]
 * ```
 */
export async function loadSnapshots(
  snapshots: readonly NodeSnapshot[],
  { seed = 1 }: LoadOptions = {},
): Promise<SnapshotCluster> {
  requireDistinct(snapshots);
  const network = new SimNetwork({ seed });
  const places = placesOf(snapshots);
  const notes: string[] = [];
  const leftOut: LeftOut[] = [];
  const note = (text: string) => void notes.push(text);
  const noteOf =
    (place: string): Note =>
    (text, concerns) => {
      note(`${place}: ${text}`);
      if (concerns !== undefined) leftOut.push({ place, text, concerns });
    };
  for (const place of places) restore(network, place, places, noteOf(place.name));
  joinPairs(network, places);
  joinCards(network, note);
  joinUnknown(network, places, note);
  noteStrangers(network, snapshots, note);
  for (const snapshot of snapshots) {
    const { name } = places.find(
      ({ node, snapshot: { kind } }) => node === snapshot.node && kind === 'host',
    )!;
    await startForwarders(network.netns(name)!, snapshot, noteOf(name));
  }
  for (const place of places) openSockets(network.netns(place.name)!, place.snapshot);
  const described = places.map((place) => describe(network, place, snapshots));
  return { network, snapshots, notes, leftOut, places: described };
}

function requireDistinct(snapshots: readonly NodeSnapshot[]): void {
  const nodes = snapshots.map(({ node }) => node);
  const twice = nodes.find((node, i) => nodes.indexOf(node) !== i);
  if (twice !== undefined) throw new RangeError(`expected one snapshot of each node, got two of ${twice}`);
}

function placesOf(snapshots: readonly NodeSnapshot[]): Place[] {
  const all = snapshots.flatMap(({ node, namespaces }) =>
    namespaces.map((snapshot) => ({
      node,
      snapshot,
      plain: snapshot.kind === 'host' ? node : snapshot.name,
    })),
  );
  const isShared = (plain: string) => all.filter((one) => one.plain === plain).length > 1;
  return all.map(({ node, snapshot, plain }) => {
    const isPod = snapshot.kind === 'pod';
    return { node, snapshot, name: isPod && isShared(plain) ? `${plain}@${node}` : plain };
  });
}

function restore(network: SimNetwork, place: Place, places: readonly Place[], note: Note): void {
  const { name, snapshot } = place;
  const netns = network.addNetns(name, { isBare: true });
  restoreLinks(netns, snapshot, (link) => isUplink(place, link, places));
  restoreTables(netns, snapshot, note);
  noteLinks(netns, snapshot, note);
  for (const device of netns.devices) {
    const flags = snapshot.links.find(({ ifname }) => ifname === device.name)?.flags ?? [];
    if (device instanceof Nic) device.cable.cut = flags.includes('NO-CARRIER');
  }
}

/** Whose frames leave by cards: what is on the link is seen from them. */
const CARDS: ReadonlySet<string> = new Set(['bond', 'team', 'vlan']);

/** A card, or a host's veth whose other end nobody knows: in a lab or a container that is what leads out. */
function isUplink(place: Place, link: LinkSnapshot, places: readonly Place[]): boolean {
  if (link.link_type !== 'ether' || place.snapshot.kind !== 'host') return false;
  const kind = link.linkinfo?.info_kind;
  if (kind === undefined || CARDS.has(kind)) return true;
  if (kind !== 'veth' || link.master !== undefined || otherEnd({ place, link }, places) !== undefined)
    return false;
  const own = place.snapshot.addresses.find(({ ifname }) => ifname === link.ifname)?.addr_info ?? [];
  return own.some(({ scope }) => scope === 'global');
}

async function startForwarders(netns: Netns, { control }: NodeSnapshot, note: Note): Promise<void> {
  const { forwarders = [], tunnels = [] } = control ?? {};
  for (const row of forwarders) {
    const device = netns.device(row.dev);
    if (!(device instanceof Tun)) {
      note(`its agent has a forwarder on ${row.dev}, which is no TAP or TUN here`);
      continue;
    }
    const own = tunnels.filter(({ dev }) => dev === row.dev);
    try {
      const program = await ForwarderProgram.start(netns, row, device, own.length + 16);
      for (const tunnel of own) program.setTunnel(tunnel);
    } catch (cause) {
      note(`the forwarder on ${row.dev} is not as it was: ${(cause as Error).message}`, allPackets);
    }
  }
}

/** But for those that a VXLAN device or a forwarder has opened anew. */
function openSockets(netns: Netns, { sockets }: NamespaceSnapshot): void {
  const tunnelPorts = new Set(
    [...netns.devices].flatMap((device) => (device instanceof Vxlan ? [device.port] : [])),
  );
  for (const { protocol, local, v6only = false, port, dev } of sockets) {
    const isAny = local === '0.0.0.0' || local === '::';
    const isOfOne = local === '0.0.0.0' || v6only;
    const where = isAny ? { ...(isOfOne && { family: familyOf(local) }) } : { address: local };
    const listener = { port, ...where, ...(dev !== undefined && { dev }) };
    if (protocol === 'tcp') netns.sockets.listenTcp(listener);
    else if (!tunnelPorts.has(port)) netns.sockets.listenUdp({ ...listener, owner: 'a program' });
  }
}

function describe(
  network: SimNetwork,
  { name, node, snapshot: { kind } }: Place,
  snapshots: readonly NodeSnapshot[],
): NetworkPlace {
  const netns = network.netns(name)!;
  const own = netns.addresses
    .filter(({ scope }) => scope === 'global')
    .map(({ address }) => prefixAddress(address));
  const agent = snapshots.find((one) => one.node === node)?.control?.interface;
  const publicIps = kind === 'host' && agent !== undefined ? { publicIps: agent.publicIps } : {};
  return { name, node, kind, netns, addresses: own, ...publicIps };
}
