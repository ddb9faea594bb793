/** Of the wasm dataplane and the udp backend: whether somebody carries what goes into the tunnel device, and to whom. */
import type { LinkSnapshot } from '@podlan/simulator/snapshot';
import type { Check, Problem } from '../check.js';
import { peerSides } from '../peer-side.js';
import { restartLines } from '../restart.js';
import { linkText } from '../row-text.js';
import type { Overlay, Scene } from '../scene.js';

const forwarder: Check = {
  id: 'forwarder',
  title: 'the forwarder reads its device, and has a tunnel to every peer',
  page: 'agent#process',
  examine(scene) {
    const served = scene.overlays.filter(({ kind }) => kind !== 'vxlan');
    if (served.length === 0) return { skipped: 'the kernel carries the packets here, and no forwarder' };
    const isUntold = ({ name, link }: Overlay) => isRead(link) && !hasForwarder(scene, name);
    if (served.some(isUntold))
      return {
        skipped: 'somebody reads the device, and no agent tells what it does: tell where it is with --socket',
      };
    const problems = served.flatMap((overlay) => forwarderProblems(scene, overlay));
    return { looked: ['podlan status', 'podlan snapshot (control.forwarders, control.tunnels)'], problems };
  },
};

/** A TAP or TUN that no process holds open has no carrier. */
const isRead = ({ flags }: LinkSnapshot): boolean => flags.includes('LOWER_UP');

const hasForwarder = ({ control }: Scene, device: string): boolean =>
  control.forwarders.some(({ dev }) => dev === device);

function forwarderProblems(scene: Scene, { name, link }: Overlay): Problem[] {
  const { control } = scene;
  const row = control.forwarders.find(({ dev }) => dev === name);
  if (row === undefined)
    return [
      {
        verdict: 'error',
        why: `Nobody reads ${name}: the agent that carried its packets does not run, and all that is routed there is lost.`,
        evidence: [linkText(link), 'no forwarder'],
        mend: restartLines(scene, 'it carries them again'),
      },
    ];
  if (row.type === 'vxlan' && row.mac !== link.address)
    return [
      forwarderError(`The forwarder takes frames for ${row.mac} alone, and ${name} has another MAC.`, [
        linkText(link),
        `forwarder: mac ${row.mac}`,
      ]),
    ];
  return tunnelProblems(scene, name);
}

const forwarderError = (why: string, evidence: readonly string[]): Problem => ({
  ...{ verdict: 'error', why, evidence },
  mend: ['start podlan agent anew, with --replace: packets go on meanwhile'],
});

function tunnelProblems(scene: Scene, device: string): Problem[] {
  const { tunnels } = scene.control;
  return peerSides(scene).flatMap(({ subnet, publicIp, overlay }): Problem[] => {
    if (overlay?.name !== device) return [];
    const tunnel = tunnels.find(({ dev, prefix }) => dev === device && prefix === subnet);
    if (tunnel?.remote === publicIp) return [];
    const has = tunnel === undefined ? 'no tunnel' : `tunnel to ${tunnel.remote}`;
    return [
      forwarderError(
        `The node at ${publicIp} has ${subnet}, and the forwarder sends what is for it elsewhere, or nowhere.`,
        [`${subnet} dev ${device}: ${has}`],
      ),
    ];
  });
}

export const FORWARDER_CHECKS: readonly Check[] = [forwarder];
