/** Where on its way a packet to a peer was lost, and what mends that: by what this node has, then by what was seen. */
import { VXLAN_PORT_LINUX } from '@podlan/wire';
import type { Problem } from './check.js';
import type { PeerProbe } from './live/peer-probe.js';
import { ownMacProblem } from './own-mac.js';
import { peerSides } from './peer-side.js';
import { PEER_TABLES, rowProblem } from './peer-tables.js';
import type { Scene } from './scene.js';

export interface Loss {
  readonly where: string;
  readonly mend: readonly string[];
}

export const lossOf = (scene: Scene, probe: PeerProbe): Loss =>
  ofThisNode(scene, probe) ?? bySight(scene, probe);

interface Cause {
  /** The check that tells of it. */
  readonly id: string;
  readonly problem: Problem | undefined;
}

/** Nothing elsewhere is to blame, while this node itself has wrong what the packet needs. */
function ofThisNode(scene: Scene, probe: PeerProbe): Loss | undefined {
  const causes = [...rowCauses(scene, probe), ...macCauses(scene, probe)];
  const wrong = causes.filter(({ problem }) => problem !== undefined);
  if (wrong.length === 0) return undefined;
  return {
    where: `This node itself has wrong what it needs: ${wrong.map(({ id }) => id).join(' and ')} above.`,
    mend: wrong.flatMap(({ problem }) => problem!.mend),
  };
}

function rowCauses(scene: Scene, { subnet, publicIp }: PeerProbe): Cause[] {
  const side = peerSides(scene).find((one) => one.subnet === subnet && one.publicIp === publicIp);
  if (side === undefined) return [];
  return PEER_TABLES.map((table) => ({ id: table.id, problem: rowProblem(table, scene, side) }));
}

/** Where an answer comes in, and is not taken. */
function macCauses(scene: Scene, { small, device }: PeerProbe): Cause[] {
  const overlay = scene.overlays.find(({ name }) => name === device);
  if (!small.cameBack || overlay === undefined) return [];
  return [{ id: 'vtep-mac', problem: ownMacProblem(scene, overlay) }];
}

/** Which part of the way is lost can be told by what the external interface saw. */
function bySight(scene: Scene, probe: PeerProbe): Loss {
  const { small, device, to } = probe;
  const external = scene.control.interface?.name;
  if (small.refused !== undefined)
    return {
      where: `The kernel of this node does not send it (${small.refused}).`,
      mend: [`ip route get ${to}`, 'nft list ruleset, chains of hook output'],
    };
  if (small.leftFor.length === 0)
    return {
      where: `It goes into ${device} and does not come out of ${external}: this node's own device or forwarder, or its firewall's output rules, lose it.`,
      mend: ['mend what the checks of the tunnel above say; then: nft list ruleset, chains of hook output'],
    };
  if (!small.leftFor.includes(probe.publicIp)) return astray(scene, probe);
  return small.cameBack ? onTheWayIn(scene, probe) : beyond(scene, probe);
}

const astray = ({ control }: Scene, { small, publicIp, to }: PeerProbe): Loss => ({
  where: `It leaves by ${control.interface?.name} for ${small.leftFor.join(' and ')}, not for ${publicIp}: a routing rule or a translation of addresses leads it astray.`,
  mend: [`ip route get ${to}`, 'ip rule', 'nft list ruleset, chains of type nat'],
});

function onTheWayIn(scene: Scene, probe: PeerProbe): Loss {
  const { publicIp, device } = probe;
  const external = scene.control.interface?.name;
  const port = portOf(scene, probe);
  if (port === undefined)
    return {
      where: `The answer of ${publicIp} comes in at ${external}, and is not taken: this node's own firewall loses it.`,
      mend: ['nft list ruleset, chains of hook input'],
    };
  return {
    where: `The answer of ${publicIp} comes in at ${external}, and does not come out of ${device}: this node's own firewall, its VNI, or a bad checksum loses it.`,
    mend: [
      `accept UDP port ${port} from ${publicIp} in chains of hook input: nft list ruleset`,
      `watch it come in: tcpdump -ni ${external} udp port ${port}`,
    ],
  };
}

function beyond(scene: Scene, probe: PeerProbe): Loss {
  const { publicIp } = probe;
  const port = portOf(scene, probe);
  const what = port === undefined ? 'what goes from host to host' : 'UDP';
  return {
    where: `It leaves by ${scene.control.interface?.name}, and nothing comes back: it is lost on the way there, on the peer, or on the way back. Run podlan doctor on ${publicIp} too: if its packets do not arrive here either, a firewall between them drops ${what}.`,
    mend:
      port === undefined
        ? [`ping ${publicIp}`, 'look at the rules and routes of the peer']
        : [
            `let firewalls and security groups between the nodes pass UDP port ${port} both ways`,
            ...strangePort(port),
            `watch on the peer: tcpdump -ni any udp port ${port}`,
          ],
  };
}

const UDP_BACKEND_PORT = 8285;

/** No lease tells the port: a node that was made with another than the rest sends, and nobody takes it. */
const strangePort = (port: number): string[] =>
  port === UDP_BACKEND_PORT || port === VXLAN_PORT_LINUX
    ? []
    : [
        `see that all nodes have one Backend.Port: flannel's is ${VXLAN_PORT_LINUX}, and this node sends to ${port}`,
      ];

/** Of the tunnel; undefined where packets go from host to host as they are. */
function portOf({ overlays, control }: Scene, { device }: PeerProbe): number | undefined {
  const overlay = overlays.find(({ name }) => name === device);
  if (overlay === undefined) return undefined;
  const forwarder = control.forwarders.find(({ dev }) => dev === device)?.port;
  return forwarder ?? overlay.link.linkinfo?.info_data?.port ?? UDP_BACKEND_PORT;
}
