/** Devices as `ip` and `bridge` print them: no index, no queue, no group. */
import { Bridge } from '../devices/bridge.js';
import type { Device } from '../devices/device.js';
import { Veth } from '../devices/veth.js';
import { Vxlan } from '../devices/vxlan.js';

export function linkLines(device: Device, { showsDetails = false } = {}): string[] {
  const { name, mac, hasLinkLayer } = device;
  const link = name === 'lo' ? 'loopback' : 'ether';
  const second = hasLinkLayer ? `link/${link} ${mac} brd ${broadcastOf(name)}` : 'link/none';
  const details = showsDetails ? detailsOf(device) : undefined;
  return [firstLine(device), `    ${second}`, ...(details === undefined ? [] : [`    ${details}`])];
}

/** `cni0: <…> mtu 1450 state UP`, and `bridge link` prints all but the state. */
function firstLine(device: Device): string {
  return `${linkHead(device)} state ${stateOf(device)}`;
}

export function linkHead(device: Device): string {
  const { mtu, master } = device;
  const enslaved = master === undefined ? '' : ` master ${master.name}`;
  return `${shownName(device)}: <${flagsOf(device).join(',')}> mtu ${mtu}${enslaved}`;
}

/** Of a pair in one namespace, either tells of the other. */
function shownName(device: Device): string {
  const peer = peerHere(device);
  return peer === undefined ? device.name : `${device.name}@${peer.name}`;
}

const peerHere = (device: Device): Device | undefined =>
  device instanceof Veth && device.peer?.netns === device.netns ? device.peer : undefined;

const broadcastOf = (name: string) => (name === 'lo' ? '00:00:00:00:00:00' : 'ff:ff:ff:ff:ff:ff');

function flagsOf(device: Device): string[] {
  const { name, hasLinkLayer, up, carrier } = device;
  const ofEthernet = hasLinkLayer ? ['BROADCAST', 'MULTICAST'] : ['POINTOPOINT', 'MULTICAST', 'NOARP'];
  return [
    ...(up && !carrier ? ['NO-CARRIER'] : []),
    ...(name === 'lo' ? ['LOOPBACK'] : ofEthernet),
    ...(up ? ['UP'] : []),
    ...(up && carrier ? ['LOWER_UP'] : []),
    ...(peerHere(device)?.up === false ? ['M-DOWN'] : []),
  ];
}

/** Drivers that tell of no carrier leave it open (`operstate` of lo, vxlan, tun, and a bridge without ports). */
function stateOf(device: Device): string {
  const { name, type, up, carrier } = device;
  if (up && !carrier && peerHere(device)) return 'LOWERLAYERDOWN';
  if (!up || !carrier) return 'DOWN';
  const isEmpty = device instanceof Bridge && [...device.ports].length === 0;
  return name === 'lo' || type === 'vxlan' || type === 'tun' || isEmpty ? 'UNKNOWN' : 'UP';
}

function detailsOf(device: Device): string | undefined {
  if (device instanceof Vxlan) {
    const { vni, local, lower, port, learning } = device;
    const words = [`vxlan id ${vni} local ${local}`, lower && `dev ${lower}`, `dstport ${port}`];
    return [...words, !learning && 'nolearning'].filter(Boolean).join(' ');
  }
  if (device instanceof Bridge) return 'bridge';
  if (device.master !== undefined) return `${device.type === 'veth' ? 'veth ' : ''}bridge_slave`;
  return device.type === 'veth' ? 'veth' : undefined;
}
