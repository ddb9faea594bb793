/** Where nothing on the way led astray: what the place where the packet ended says, and what lies behind it. */
import { familyOf, IpProtocol, uint16At } from '@podlan/wire';
import { Tun } from '../../devices/tun.js';
import { Vxlan } from '../../devices/vxlan.js';
import { readIp } from '../../kernel/ip-packet.js';
import type { NetworkPlace } from '../../network-place.js';
import type { DropReason, Hop } from '../journey.js';
import type { Finding } from './finding.js';
import { unresolvedFault } from './link-faults.js';
import { mendRoute, restart } from './route-faults.js';
import { nameOf, overlaysOf, type Scene } from './scene.js';
import { mendFdb } from './tunnel-faults.js';

/** A drop with its place. */
interface Loss {
  readonly scene: Scene;
  readonly hop: Hop;
  readonly place: NetworkPlace;
  readonly base: Pick<Finding, 'node' | 'device' | 'text' | 'evidence'>;
}

type Explain = (loss: Loss) => Pick<Finding, 'code' | 'mend'> & Partial<Finding>;

export function byDropReason(scene: Scene): Finding | undefined {
  const { lost: hop } = scene;
  if (hop?.reason === undefined) return undefined;
  const place = scene.place(hop.netns);
  const evidence = hop.row === undefined ? [] : [hop.row.text];
  const { device } = hop;
  const node = place === undefined ? hop.netns : nameOf(place);
  const base = { node, text: hop.text, evidence, ...(device !== undefined && { device }) };
  if (place === undefined) return { ...base, code: hop.reason, mend: [] };
  const explain = EXPLANATIONS[hop.reason];
  return { ...base, ...(explain?.({ scene, hop, place, base }) ?? { code: hop.reason, mend: [] }) };
}

const EXPLANATIONS: Partial<Record<DropReason, Explain>> = {
  'no-route': ({ scene, place }) => ({ code: 'no-route', mend: noRouteMend(scene, place) }),
  'blackhole-route': refusedByRoute,
  'unreachable-route': refusedByRoute,
  'prohibit-route': refusedByRoute,
  'not-forwarding': ({ base }) => ({
    code: 'forwarding-off',
    mend: [
      `sysctl -w ${base.text.includes('ipv6') ? 'net.ipv6.conf.all.forwarding' : 'net.ipv4.ip_forward'}=1`,
    ],
  }),
  'reverse-path': ({ base, hop }) => ({
    code: 'rp-filter',
    mend: [`sysctl -w ${base.evidence[0]?.split(' ')[0] ?? `net.ipv4.conf.${hop.device}.rp_filter`}=2`],
  }),
  'ipv6-disabled': ({ base }) => ({
    code: 'ipv6-disabled',
    mend: [`sysctl -w ${base.evidence[0]?.split(' ')[0]}=0`],
  }),
  'too-big': tooBig,
  'ttl-exceeded': () => ({ code: 'ttl-exceeded', mend: ['send it with a larger time to live'] }),
  filtered: filtered,
  'neighbor-unresolved': ({ scene, hop, place }) => unresolvedFault(scene, hop, place),
  'no-fdb-entry': ({ scene, hop, place }) => ({
    code: 'fdb-entry-missing',
    mend: hop.row?.table === 'fdb' ? mendFdb(scene, place, hop.row.mac, hop.device!) : restart(place),
  }),
  'bridge-port-isolated': ({ scene, place, base }) => ({
    code: scene.hasPods(place) ? 'port-isolated' : 'underlay-port-isolated',
    mend: [`bridge link set dev PORT isolated off (${base.device} of ${nameOf(place)})`],
  }),
  'bridge-port-state': ({ place, base }) => ({
    code: 'bridge-port-state',
    mend: [`bridge link set dev ${base.evidence[0]?.split(' ')[0]} state 3 (on ${nameOf(place)})`],
  }),
  'no-vni': () => ({
    code: 'vni-differs',
    mend: ['give all nodes one VNI: Backend.VNI of the network configuration'],
  }),
  'no-socket': noSocket,
  'no-tunnel': ({ place }) => ({ code: 'tunnel-missing', mend: restart(place) }),
  'no-carrier': deviceFault,
  'device-down': deviceFault,
  'echo-ignored': ({ base }) => ({
    code: 'echo-ignored',
    mend: [`sysctl -w ${base.evidence[0]?.split(' ')[0]}=0`],
  }),
};

function noRouteMend(scene: Scene, place: NetworkPlace): string[] {
  if (place.kind === 'host') return mendRoute(scene, place);
  const host = scene.hostOf(place.node);
  const bridge = host && scene.bridgeFor(host);
  const gateways =
    bridge === undefined ? [] : host!.netns.addressesOf(bridge.name, familyOf(scene.destination));
  const via = gateways.find(({ scope }) => scope === 'global')?.address.split('/')[0];
  return via === undefined
    ? [`give pods addresses of the family of ${scene.destination}, or start ${place.name} again`]
    : [`ip route add default via ${via} (in ${place.name})`];
}

function refusedByRoute({ hop, base }: Loss): Pick<Finding, 'code' | 'mend'> {
  const text = base.evidence[0] ?? '';
  if (hop.row?.table === 'rule')
    return { code: 'routing-rule', mend: [`ip rule delete priority ${text.split(':')[0]}`] };
  return { code: hop.reason!, mend: [`ip route delete ${text}`] };
}

function tooBig({ scene, hop, place }: Loss): Pick<Finding, 'code' | 'mend'> {
  if (scene.lostItself) return { code: 'exceeds-mtu', mend: ['send smaller packets, or without DF'] };
  const mtu = place.netns.device(hop.device ?? '')?.mtu;
  return {
    code: 'mtu-exceeds-underlay',
    mend: [`give all interfaces of the underlay one MTU, or tell the agents: Backend.MTU ${mtu}`],
  };
}

function filtered({ scene, hop, place }: Loss): Pick<Finding, 'code' | 'mend'> {
  const { rule = '', chain = '' } = hop.row?.table === 'nftables' ? hop.row : {};
  const mend = [`look at the rule: nft list chain ${chain} (on ${nameOf(place)})`];
  const port = scene.lostItself ? undefined : udpPortOf(hop.before);
  if (port !== undefined) {
    const isUdpBackend = overlaysOf(place).some(({ type }) => type === 'tun');
    return {
      code: isUdpBackend ? 'udp-port-blocked' : 'vxlan-port-blocked',
      mend: [`accept UDP port ${port}`, ...mend],
    };
  }
  if (rule.includes('reject')) return { code: 'nft-reject', mend };
  return {
    code: rule.startsWith('policy') && place.kind === 'host' ? 'forward-policy-drop' : 'nft-drop',
    mend,
  };
}

function udpPortOf(packet: Uint8Array): number | undefined {
  const ip = readIp(packet);
  return ip?.protocol === IpProtocol.udp ? uint16At(packet, ip.payloadOffset + 2) : undefined;
}

/** An outer datagram that no tunnel takes. */
function noSocket({ hop, place }: Loss): Pick<Finding, 'code' | 'mend'> & Partial<Finding> {
  const port = udpPortOf(hop.before);
  const overlays = overlaysOf(place);
  const down = overlays.find((device) => device instanceof Vxlan && device.port === port && !device.up);
  if (down !== undefined)
    return {
      code: 'vtep-down',
      device: down.name,
      text: `${down.name} is down`,
      mend: [`ip link set ${down.name} up`, ...restart(place)],
    };
  const other = overlays.find((device): device is Vxlan => device instanceof Vxlan && device.port !== port);
  if (other !== undefined) {
    const text = `${other.name} listens on UDP port ${other.port}, and its peers send to ${port}`;
    return {
      code: 'vxlan-port-differs',
      device: other.name,
      text,
      mend: ['give all nodes one port: Backend.Port'],
    };
  }
  const idle = overlays.find((device) => device instanceof Tun && device.reader === undefined);
  if (idle !== undefined) return forwarderStopped(place, idle.name);
  return {
    code: 'vtep-missing',
    text: `${nameOf(place)} has no device for what comes to UDP port ${port}`,
    mend: restart(place),
  };
}

function forwarderStopped(
  place: NetworkPlace,
  device: string,
): Pick<Finding, 'code' | 'mend'> & Partial<Finding> {
  const text = `no forwarder reads ${device}: the agent of ${nameOf(place)} does not run`;
  return { code: 'forwarder-stopped', device, text, mend: [`start the agent of ${nameOf(place)}`] };
}

function deviceFault({ hop, place }: Loss): Pick<Finding, 'code' | 'mend'> & Partial<Finding> {
  const name = hop.device ?? '';
  const device = place.netns.device(name);
  if (device instanceof Tun && device.reader === undefined) return forwarderStopped(place, name);
  const mend = [`ip link set ${name} up (on ${nameOf(place)})`];
  if (device instanceof Vxlan) return { code: 'vtep-down', mend };
  if (device?.type === 'bridge') return { code: 'bridge-down', mend };
  if (place.kind === 'pod') return { code: 'interface-down', mend };
  const isPort = device?.master !== undefined;
  return { code: isPort ? 'port-down' : 'underlay-down', mend };
}
