/** Whether packets come to peers and back: tried on a live node, small ones first, then as large as a pod may send. */
import type { Check, Examined, Problem } from '../check.js';
import type { PeerProbe, ProbeOutcome } from '../live/peer-probe.js';
import { lossOf } from '../lost-probe.js';
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
  const { where, ...mending } = lossOf(scene, probe);
  return {
    verdict: 'error',
    why: `${where} Pods of the node at ${publicIp} are not reached.`,
    evidence: [`${pingOf(probe, small)} (by ${device}): ${outcomeText(probe, small)}`, ...small.errors],
    ...mending,
  };
}

const outcomeText = (
  { publicIp }: PeerProbe,
  { refused, replied, leftFor, cameBack }: ProbeOutcome,
): string =>
  [
    refused === undefined ? (replied ? 'answered' : 'no answer') : `not sent (${refused})`,
    `${leftFor.length > 0 ? 'left' : 'did not leave'} the external interface${strayText(publicIp, leftFor)}`,
    cameBack ? 'an answer came in there' : 'nothing came in there',
  ].join(', ');

const fullSize: Check = {
  id: 'full-size',
  title: 'packets as large as pods may send come to every peer whole',
  page: 'course/mtu#measuring',
  examine: (scene) =>
    scene.probes?.every(({ full }) => full === undefined) && scene.probes.length > 0
      ? { skipped: 'no peer answers small ones' }
      : examineProbes(scene, cutOrLost),
};

const strayText = (publicIp: string, leftFor: readonly string[]): string =>
  leftFor.length === 0 || leftFor.includes(publicIp) ? '' : ` for ${leftFor.join(' and ')}`;

function cutOrLost(probe: PeerProbe): Problem | undefined {
  const { full, publicIp } = probe;
  if (full === undefined || full.replied) return undefined;
  const smaller = full.refused === 'EMSGSIZE' || full.errors.some((text) => text.includes('EMSGSIZE'));
  return {
    verdict: 'error',
    why: `${publicIp} answers small packets, and none of ${full.bytes} bytes, as pods may send them: connections are made and then hang. ${smaller ? 'Something on the way says that its MTU is smaller.' : 'Something on the way has a smaller MTU, and says nothing of it.'}`,
    evidence: [`${pingOf(probe, full)}: ${outcomeText(probe, full)}`, ...full.errors],
    mend: [
      'give all interfaces between the nodes one MTU',
      'or tell the agents of all nodes what the narrowest takes: Backend.MTU of the network configuration, then new pods',
    ],
  };
}

export const REACH_CHECKS: readonly Check[] = [peerReach, fullSize];
