/** Why a packet did not arrive, or not as it should have: the rules, the most telling first. */
import type { PlacedNetwork } from '../../network-place.js';
import type { ProbeResult } from '../probe.js';
import { byDropReason } from './drop-reasons.js';
import type { Finding } from './finding.js';
import { silentLoss } from './link-faults.js';
import { decisionFault } from './route-faults.js';
import { Scene } from './scene.js';
import { duplicateAddress, masquerade, vtepAddressMissing } from './side-effects.js';
import { encapsulationFault, neighborMacFault } from './tunnel-faults.js';

type Rule = (scene: Scene) => Finding | undefined;

/** What explains a loss: the first that has something to say. */
const CAUSES: readonly Rule[] = [
  decisionFault,
  neighborMacFault,
  encapsulationFault,
  byDropReason,
  silentLoss,
];
/** What is wrong though packets may arrive. */
const SIDE_EFFECTS: readonly Rule[] = [duplicateAddress, masquerade, vtepAddressMissing];

/**
 * Findings about a probe, the cause of its loss first; none where it was answered and nothing on its way was odd.
 * @example
 * ```ts
 * import { parseIpPrefix } from '@podlan/wire';
 * import { diagnose, SimCluster } from '@podlan/simulator';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * const [a, b] = [await cluster.join(), await cluster.join()];
 * await a.addPod();
 * const { addresses } = await b.addPod();
 * diagnose(cluster.probe('pod-a1', { destination: addresses[0]! }), cluster); // => []
 *
 * a.netns.fib.delete(parseIpPrefix('10.244.2.0/24')!, () => true);
 * const [finding] = diagnose(cluster.probe('pod-a1', { destination: addresses[0]! }), cluster);
 * [finding?.node, finding?.code]; // => ['host-a', 'peer-route-missing']
 * finding?.mend[0]; // => 'ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink'
 * await cluster.stop();
 * ```
 */
export function diagnose(result: ProbeResult, around: PlacedNetwork): Finding[] {
  const scene = new Scene(result, around);
  const found = SIDE_EFFECTS.flatMap((rule) => rule(scene) ?? []);
  if (result.answered) return found;
  // Whatever else looks wrong may be right where the way leads that is not known: nothing is to be mended.
  if (scene.lost?.reason === 'not-simulated') return [byDropReason(scene)!];
  if (found.some(({ code }) => code === 'duplicate-address')) return found;
  for (const rule of CAUSES) {
    const cause = rule(scene);
    if (cause !== undefined) return [cause, ...found];
  }
  return found;
}
