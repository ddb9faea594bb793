/** Whether packets come to peers and back: tried on a live node, small ones first, then as large as a pod may send. */
import type { Check, Examined, Problem } from '../check.js';
import type { PeerProbe, ProbeOutcome } from '../live/peer-probe.js';
import type { Scene } from '../scene.js';

const NOT_TRIED = 'nothing was sent: files have no kernel, and --no-probes asks for none';

const examineProbes = (
  { probes, leases }: Scene,
  look: (probe: PeerProbe) => Problem | undefined,
): Examined => {
  if (probes === undefined) return { skipped: leases === undefined ? 'no peer is known' : NOT_TRIED };
  if (probes.length === 0) return { skipped: 'no peer is known, or not the interface that leads there' };
  return { looked: probes.map(pingLine), problems: probes.flatMap((one) => look(one) ?? []) };
};

const HEADERS = { 4: 28, 6: 48 } as const;
const familyOfProbe = ({ to }: PeerProbe): 4 | 6 => (to.includes(':') ? 6 : 4);

const pingLine = (probe: PeerProbe): string => pingOf(probe, probe.full ?? probe.small);

/** The size that ping takes is that of the payload. */
const pingOf = (probe: PeerProbe, { bytes }: ProbeOutcome): string =>
  `ping -c 1 -M do -s ${bytes - HEADERS[familyOfProbe(probe)]} ${probe.to}`;

const peerReach: Check = {
  id: 'peer-reach',
  title: 'every peer answers through the tunnel',
  page: 'course/debug#narrow-down',
  examine: (scene) => examineProbes(scene, (probe) => unreached(scene, probe)),
};

function unreached(scene: Scene, probe: PeerProbe): Problem | undefined {
  const { small, publicIp, device } = probe;
  if (small.replied) return undefined;
  return {
    verdict: 'error',
    why: `${whereLost(scene, probe)} Pods of the node at ${publicIp} are not reached.`,
    evidence: [`${pingOf(probe, small)} (by ${device}): ${outcomeText(small)}`, ...small.errors],
    mend: mendFor(scene, probe),
  };
}

const outcomeText = ({ refused, replied, leftHost, cameBack }: ProbeOutcome): string =>
  [
    refused === undefined ? (replied ? 'answered' : 'no answer') : `not sent (${refused})`,
    leftHost ? 'left the external interface' : 'did not leave the external interface',
    cameBack ? 'an answer came in there' : 'nothing came in there',
  ].join(', ');

/** Which part of the way is lost can be told by what the external interface saw. */
function whereLost({ control }: Scene, { small, publicIp, device }: PeerProbe): string {
  const external = control.interface?.name;
  if (small.refused !== undefined) return `The kernel of this node does not send it (${small.refused}).`;
  if (!small.leftHost)
    return `It goes into ${device} and does not come out of ${external}: this node's own entries, or its firewall's output rules, lose it.`;
  if (small.cameBack)
    return `The answer of ${publicIp} comes in at ${external}, and does not come out of ${device}: this node's own firewall, its VNI, or a bad checksum loses it.`;
  return `It leaves by ${external}, and nothing comes back: it is lost on the way there, on the peer, or on the way back. Run podlan doctor on ${publicIp} too: if its packets do not arrive here either, a firewall between them drops UDP.`;
}

function mendFor(scene: Scene, { small, publicIp }: PeerProbe): string[] {
  const port = portOf(scene);
  if (!small.leftHost)
    return ['mend what the checks of peers above say; then: nft list ruleset, chains of hook output'];
  if (port === undefined) return [`ping ${publicIp}`, 'look at the rules and routes of the peer'];
  const open = `accept UDP port ${port} from ${publicIp} in chains of hook input: nft list ruleset`;
  return small.cameBack
    ? [open, `watch it come in: tcpdump -ni ${scene.control.interface?.name} udp port ${port}`]
    : [
        `let firewalls and security groups between the nodes pass UDP port ${port} both ways`,
        `watch on the peer: tcpdump -ni any udp port ${port}`,
      ];
}

const UDP_BACKEND_PORT = 8285;

function portOf({ overlays, control }: Scene): number | undefined {
  const forwarder = control.forwarders[0]?.port;
  const device = overlays.find(({ kind }) => kind === 'vxlan')?.link.linkinfo?.info_data?.port;
  return forwarder ?? device ?? (overlays.length > 0 ? UDP_BACKEND_PORT : undefined);
}

const fullSize: Check = {
  id: 'full-size',
  title: 'packets as large as pods may send come to every peer whole',
  page: 'course/mtu#measuring',
  examine: (scene) =>
    scene.probes?.every(({ full }) => full === undefined) && scene.probes.length > 0
      ? { skipped: 'no peer answers small ones' }
      : examineProbes(scene, cutOrLost),
};

function cutOrLost(probe: PeerProbe): Problem | undefined {
  const { full, publicIp } = probe;
  if (full === undefined || full.replied) return undefined;
  const smaller = full.refused === 'EMSGSIZE' || full.errors.some((text) => text.includes('EMSGSIZE'));
  return {
    verdict: 'error',
    why: `${publicIp} answers small packets, and none of ${full.bytes} bytes, as pods may send them: connections are made and then hang. ${smaller ? 'Something on the way says that its MTU is smaller.' : 'Something on the way has a smaller MTU, and says nothing of it.'}`,
    evidence: [`${pingOf(probe, full)}: ${outcomeText(full)}`, ...full.errors],
    mend: [
      'give all interfaces between the nodes one MTU',
      'or tell the agents of all nodes what the narrowest takes: Backend.MTU of the network configuration, then new pods',
    ],
  };
}

export const REACH_CHECKS: readonly Check[] = [peerReach, fullSize];
