/** Whether a tunnel device has the MAC that peers send to. */
import { familyOf, parseMacAddress } from '@podlan/wire';
import type { Problem } from './check.js';
import { linkText } from './row-text.js';
import type { Overlay, Scene } from './scene.js';

export function ownMacProblem({ leases }: Scene, { link, name, family }: Overlay): Problem | undefined {
  const endpoints = leases?.areAll ? (leases.own?.endpoints ?? []) : [];
  const told = endpoints.find(({ publicIp }) => familyOf(publicIp) === family)?.vtepMac;
  if (told === undefined || parseMacAddress(link.address ?? '') === told) return undefined;
  return {
    verdict: 'error',
    why: `Peers send to ${told}, by the lease of this node, and ${name} has another MAC: it takes none of their frames. Something has changed it, such as a MACAddressPolicy of systemd.`,
    evidence: [linkText(link), `lease: VtepMAC ${told}`],
    mend: [`ip link set dev ${name} address ${told}`],
    isOurs: true,
  };
}
