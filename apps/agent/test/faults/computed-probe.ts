/** The same probe, computed on snapshots of the lab as it is now. */
import {
  diagnose,
  type Finding,
  type Hop,
  type PlacedNetwork,
  type ProbeResult,
  probe,
} from '@podlan/simulator';
import { loadSnapshots } from '@podlan/simulator/snapshot';
import { EthernetView, familyOf } from '@podlan/wire';
import { captureLab } from '../../dist/lab/lab-snapshot.js';
import type { TestLab } from '../test-lab.js';
import type { FaultProbe } from './fault.js';

export interface Computed {
  readonly arrived: boolean;
  readonly replied: boolean;
  readonly findings: readonly Finding[];
  readonly lost: ProbeResult['lost'];
}

/** What `size` leaves out: the headers of IP, and of ICMP or UDP. */
const HEADER_BYTES = { 4: 28, 6: 48 };
const CLOSED_PORT = 9;

export async function computedProbe(lab: TestLab, wanted: FaultProbe): Promise<Computed> {
  return probeIn(await loadSnapshots(await captureLab(lab.state)), wanted);
}

export function probeIn(cluster: PlacedNetwork, wanted: FaultProbe): Computed {
  const placeOf = (name: string) => cluster.places.find((one) => one.name === name)!;
  const destination = placeOf(wanted.to).addresses.find((one) => familyOf(one) === (wanted.family ?? 4))!;
  const { protocol = 'icmp', dport = CLOSED_PORT, size, df = false, ttl } = wanted;
  const result = probe(placeOf(wanted.from).netns, {
    ...{ destination, protocol, dontFragment: df },
    ...(protocol !== 'icmp' && { destinationPort: dport }),
    ...(size !== undefined && { size: size + HEADER_BYTES[familyOf(destination)] }),
    ...(ttl !== undefined && { ttl }),
  });
  const { answered: replied, lost, hops } = result;
  const arrived = result.arrived || hops.some((hop) => isSeenBy(cluster, wanted.to, hop));
  return { arrived, replied, lost, findings: diagnose(result, cluster) };
}

/** As a capture at its device sees it, whatever becomes of it inside; a frame for another's MAC is not for it. */
function isSeenBy(
  { network }: PlacedNetwork,
  to: string,
  { leg, event, netns, device, before }: Hop,
): boolean {
  if (leg !== 'request' || event !== 'receive' || netns !== to) return false;
  return EthernetView.over(before)?.destination === network.netns(to)!.device(device!)!.mac;
}
