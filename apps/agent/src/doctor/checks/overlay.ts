/** Whether the tunnel devices are there, up, with their addresses, and what the cluster asks them to be. */
import type { Family } from '@podlan/wire';
import type { Check, Problem } from '../check.js';
import { addressLines, overlayAddress } from '../device-address.js';
import { restartLines } from '../restart.js';
import { addressTexts, linkText } from '../row-text.js';
import { familiesOf, isUp, type Overlay, type Scene } from '../scene.js';
import { vxlanProblems } from './vxlan-device.js';

const overlayDevice: Check = {
  id: 'overlay-device',
  title: 'the tunnel device is there, up, and on the right interface',
  page: 'course/flannel#device',
  examine(scene) {
    const { control, overlays } = scene;
    const isTunnelled = control.backend === 'vxlan' || control.backend === 'udp' || overlays.length > 0;
    if (!isTunnelled) return { skipped: `the backend ${control.backend ?? ''} has no tunnel device` };
    const missing = familiesOf(scene).filter(
      (family) => !overlays.some((one) => one.family === family) && control.backend !== 'udp',
    );
    return {
      looked: ['ip -d link', 'ip address'],
      problems: [
        ...missing.map((family) => missingDevice(scene, family)),
        ...overlays.flatMap((overlay) => deviceProblems(scene, overlay)),
      ],
    };
  },
};

const missingDevice = (scene: Scene, family: Family): Problem => ({
  verdict: 'error',
  why: `There is no device for tunnels of IPv${family}: pods of other nodes are not reached, and do not reach this one.`,
  evidence: [
    `${scene.overlays.length} of flannel's devices: ${scene.overlays.map(({ name }) => name).join(', ') || 'none'}`,
  ],
  mend: restartLines(scene, 'it makes the device and the rows of all peers'),
});

function deviceProblems(scene: Scene, overlay: Overlay): Problem[] {
  const { link, name, kind } = overlay;
  if (!isUp(link))
    return [
      {
        verdict: 'error',
        why: `${name} is down: it carries nothing, and with it went the routes of all peers.`,
        evidence: [linkText(link)],
        mend: [
          `ip link set dev ${name} up`,
          ...addressLines(scene, name, overlayAddress(scene, overlay.family)),
        ],
        isOurs: true,
      },
    ];
  return [...addressProblems(scene, overlay), ...(kind === 'vxlan' ? vxlanProblems(scene, overlay) : [])];
}

/** The host speaks to pods of others from it, and they answer to that. */
function addressProblems(scene: Scene, { name, family }: Overlay): Problem[] {
  const wanted = overlayAddress(scene, family);
  const found = addressTexts(scene.host, name);
  if (wanted === undefined || found.some((text) => text.includes(` ${wanted} `))) return [];
  return [
    {
      verdict: 'error',
      why: `${name} has not the address ${wanted}: this host speaks to pods of other nodes from another, and may not be answered.`,
      evidence: found.length === 0 ? [`${name}: no address`] : found,
      mend: addressLines(scene, name, wanted),
      isOurs: true,
    },
  ];
}

export const OVERLAY_CHECKS: readonly Check[] = [overlayDevice];
