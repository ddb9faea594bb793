/** Whether a tunnel device has the MAC that peers send to. */
import { familyOf, parseMacAddress } from '@podlan/wire';
import type { Problem } from './check.js';
import { peerSides, replaceLines, rowsOf } from './peer-side.js';
import { linkText } from './row-text.js';
import type { Overlay, Scene } from './scene.js';

export function ownMacProblem(scene: Scene, { link, name, family }: Overlay): Problem | undefined {
  const { leases } = scene;
  const endpoints = leases?.areAll ? (leases.own?.endpoints ?? []) : [];
  const told = endpoints.find(({ publicIp }) => familyOf(publicIp) === family)?.vtepMac;
  if (told === undefined || parseMacAddress(link.address ?? '') === told) return undefined;
  return {
    verdict: 'error',
    why: `Peers send to ${told}, by the lease of this node, and ${name} has another MAC: it takes none of their frames. Something has changed it, such as a MACAddressPolicy of systemd.`,
    evidence: [linkText(link), `lease: VtepMAC ${told}`],
    // The kernel forgets all neighbors of a device whose MAC changes.
    mend: [`ip link set dev ${name} address ${told}`, ...neighborLines(scene, name)],
    isOurs: true,
  };
}

const neighborLines = (scene: Scene, device: string): string[] =>
  peerSides(scene)
    .filter(({ overlay }) => overlay?.name === device)
    .flatMap((side) => replaceLines(rowsOf(scene, side).neighbor));
