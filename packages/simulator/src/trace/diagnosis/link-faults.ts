/** Why nobody answers for a next hop: what is between the one who asks and the one who has the address. */
import { EthernetView } from '@podlan/wire';
import type { Device } from '../../devices/device.js';
import { Veth } from '../../devices/veth.js';
import type { NetworkPlace } from '../../network-place.js';
import type { Hop } from '../journey.js';
import type { Finding, FindingCode } from './finding.js';
import { restart } from './route-faults.js';
import { nameOf, type Owner, overlaysOf, type Scene } from './scene.js';

type Explained = Pick<Finding, 'code' | 'mend'> & Partial<Finding>;

/** `hop`: the drop, with the neighbor row that failed. */
export function unresolvedFault(scene: Scene, hop: Hop, place: NetworkPlace): Explained {
  const address = hop.row?.table === 'neighbor' ? hop.row.address : undefined;
  const owners = address === undefined ? [] : scene.ownersOf(address);
  const dev = hop.device ?? '';
  const [owner] = owners;
  if (owner === undefined) return nobody(place, dev);
  const isElsewhere = place.kind === 'pod' && owner.place.node !== place.node && owner.place.kind === 'pod';
  if (isElsewhere) return tooWide(place, dev, `${address}`, owner.place);
  if (overlaysOf(place).some(({ name }) => name === dev)) {
    const { mac } = owner.device;
    const mend = [`ip neigh replace ${address} lladdr ${mac} dev ${dev} nud permanent`, ...restart(place)];
    return { code: 'neighbor-missing', mend };
  }
  return brokenLink(owner, place, dev) ?? { code: 'neighbor-unresolved', mend: [] };
}

/** Nobody said that he threw it away: the last frame went to a MAC that it did not reach. */
export function silentLoss(scene: Scene): Finding | undefined {
  const last = scene.hops.findLast(
    ({ isFrame, event }) => isFrame && (event === 'flood' || event === 'transmit'),
  );
  const place = last && scene.place(last.netns);
  const mac = last && EthernetView.over(last.before)?.destination;
  const owner = mac && scene.ownerOfMac(mac);
  if (scene.lost !== undefined || place === undefined || mac === undefined) return undefined;
  const { device = '' } = last!;
  const base = { node: nameOf(place), device, evidence: [last!.text] };
  const text = `${nameOf(place)} sends to ${mac}, and nobody takes it`;
  const broken = owner && brokenLink(owner, place, device);
  return { ...base, text, ...(broken ?? { code: 'frame-for-nobody', mend: [] }) };
}

function nobody(place: NetworkPlace, dev: string): Explained {
  const isOverlay = overlaysOf(place).some(({ name }) => name === dev);
  if (isOverlay) return { code: 'peer-route-wrong-via', mend: restart(place) };
  return {
    code: 'next-hop-unreachable',
    mend: [`look who should have it: ip neigh show dev ${dev} (on ${nameOf(place)})`],
  };
}

function tooWide(place: NetworkPlace, dev: string, address: string, there: NetworkPlace): Explained {
  const own = place.netns.addressesOf(dev)[0]?.address;
  return {
    ...{
      code: 'netmask-too-wide',
      mend: [`start ${place.name} again, or give ${dev} its host's prefix length`],
    },
    text: `${place.name} takes ${address} to be on its link (${own}), and it is on ${there.node}`,
  };
}

/** From the owner's device outwards. */
function brokenLink(
  { place: there, device }: Owner,
  place: NetworkPlace,
  dev: string,
): Explained | undefined {
  const isPod = there.kind === 'pod';
  if (!device.up) return down(isPod ? 'interface-down' : 'underlay-down', nameOf(there), device);
  const near = place.netns.device(dev);
  const own = near instanceof Veth ? near.peer : undefined;
  if (own?.master !== undefined && own.portSettings.state !== 'forwarding') return shutPort(own, place.node);
  const port = device instanceof Veth ? device.peer : undefined;
  if (port === undefined) return device.carrier ? undefined : down('underlay-down', nameOf(there), device);
  const at = isPod ? there.node : port.netns.name;
  if (!port.up) return down(isPod ? 'port-down' : 'underlay-port-down', at, port);
  if (port.isolated && own?.isolated) {
    const mend = [`bridge link set dev ${port.name} isolated off (on ${at})`];
    const text = `${own.name} and ${port.name} of ${at} are isolated from one another`;
    return { code: 'underlay-port-isolated', node: at, device: port.name, text, mend };
  }
  const shut = port.master === undefined ? undefined : shutPort(port, at);
  if (shut !== undefined) return shut;
  if (port.master !== undefined)
    return own !== undefined && !own.up ? down('underlay-port-down', at, own) : undefined;
  const bridge = near?.type === 'bridge' ? dev : 'its bridge';
  const mend = [`ip link set ${port.name} master ${bridge} (on ${at})`];
  const text = `${port.name}, which leads to ${nameOf(there)}, is a port of no bridge`;
  return isPod ? { code: 'port-off-bridge', node: at, device: port.name, text, mend } : undefined;
}

/** A port that gets no questions which are for all. */
function shutPort({ name, portSettings }: Device, at: string): Explained | undefined {
  const { state, floods } = portSettings;
  if (state === 'forwarding' && floods.broadcast) return undefined;
  const isOpen = state === 'forwarding';
  const text = isOpen
    ? `${name} of ${at} gets no frames that are for all`
    : `${name} of ${at} is a port in state ${state}`;
  const mend = [`bridge link set dev ${name} ${isOpen ? 'bcast_flood on' : 'state 3'} (on ${at})`];
  return { code: 'bridge-port-state', node: at, device: name, text, mend };
}

function down(code: FindingCode, node: string, { name }: Device): Explained {
  return {
    code,
    node,
    device: name,
    text: `${name} of ${node} is down`,
    mend: [`ip link set ${name} up (on ${node})`],
  };
}
