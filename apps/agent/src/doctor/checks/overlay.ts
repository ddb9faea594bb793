/** Whether the tunnel devices are there and what the cluster asks them to be; and, on wasm, the forwarder behind them. */
import { addressBits } from '@podlan/linux/prefix';
import type { LinkSnapshot } from '@podlan/simulator/snapshot';
import { type Family, parseInterfaceAddress, prefixAddress } from '@podlan/wire';
import type { Check, Problem } from '../check.js';
import { peerSides, replaceLines } from '../peer-side.js';
import { addressTexts, linkText } from '../row-text.js';
import { familiesOf, isUp, linkOf, type Overlay, ofFamily, overlaysOf, type Scene } from '../scene.js';

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

const restart = ({ control }: Scene): string =>
  control.source === 'podlan'
    ? 'start podlan agent anew: it makes the device and all rows'
    : 'start flanneld anew: it makes the device, and the rows of all peers, at its start alone';

const missingDevice = (scene: Scene, family: Family): Problem => ({
  verdict: 'error',
  why: `There is no device for tunnels of IPv${family}: pods of other nodes are not reached, and do not reach this one.`,
  evidence: [
    `${scene.overlays.length} of flannel's devices: ${scene.overlays.map(({ name }) => name).join(', ') || 'none'}`,
  ],
  mend: [restart(scene)],
});

function deviceProblems(scene: Scene, overlay: Overlay): Problem[] {
  const { link, name, kind } = overlay;
  if (!isUp(link))
    return [
      problem(
        `${name} is down: it carries nothing, and with it went the routes of all peers.`,
        [linkText(link)],
        [`ip link set dev ${name} up`, ...addressLines(scene, overlay)],
      ),
    ];
  return [...addressProblems(scene, overlay), ...(kind === 'vxlan' ? vxlanProblems(scene, overlay) : [])];
}

const problem = (why: string, evidence: readonly string[], mend: readonly string[]): Problem => ({
  ...{ verdict: 'error', why, evidence, mend },
  isOurs: mend.every((line) => /^(ip|bridge|sysctl) /.test(line)),
});

function wantedAddress({ control }: Scene, { family }: Overlay): string | undefined {
  const subnet = ofFamily(control.subnets, family);
  return subnet && `${prefixAddress(subnet)}/${addressBits(subnet)}`;
}

function addressLines(scene: Scene, overlay: Overlay): string[] {
  const address = parseInterfaceAddress(wantedAddress(scene, overlay) ?? '');
  return address === undefined ? [] : replaceLines({ kind: 'address', dev: overlay.name, address });
}

/** The host speaks to pods of others from it, and they answer to that. */
function addressProblems(scene: Scene, overlay: Overlay): Problem[] {
  const wanted = wantedAddress(scene, overlay);
  const found = addressTexts(scene.host, overlay.name);
  if (wanted === undefined || found.some((text) => text.includes(` ${wanted} `))) return [];
  const why = `${overlay.name} has not the address ${wanted}: this host speaks to pods of other nodes from another, and may not be answered.`;
  return [
    problem(why, found.length === 0 ? [`${overlay.name}: no address`] : found, addressLines(scene, overlay)),
  ];
}

function vxlanProblems(scene: Scene, overlay: Overlay): Problem[] {
  const { link, name } = overlay;
  const { host } = scene;
  const data = link.linkinfo?.info_data;
  const local = data?.local ?? data?.local6;
  const known = new Set<string>(host.addresses.flatMap(({ addr_info }) => addr_info.map((one) => one.local)));
  const problems: Problem[] = [];
  if (local !== undefined && !known.has(local))
    problems.push(
      problem(
        `${name} sends from ${local}, which no interface here has: the address of the node changed, and nothing comes back.`,
        [linkText(link), ...addressTexts(host, data?.link ?? '')],
        [restart(scene)],
      ),
    );
  const lower = linkOf(host, data?.link);
  if (data?.link !== undefined && (lower === undefined || !isUp(lower)))
    problems.push(
      problem(
        `${name} sends by ${data.link}, which is ${lower === undefined ? 'not there' : 'down'}.`,
        [linkText(link), ...(lower ? [linkText(lower)] : [])],
        lower === undefined ? [restart(scene)] : [`bring the interface up: ip link set dev ${data.link} up`],
      ),
    );
  return [...problems, ...differences(scene, overlay)];
}

/** From the leases, and from peers whose snapshots are here: all nodes have one VNI and one port. */
function differences(scene: Scene, overlay: Overlay): Problem[] {
  const { link, family } = overlay;
  const { id, port } = link.linkinfo?.info_data ?? {};
  const told = scene.leases?.own?.endpoints.find(
    ({ publicIp }) => publicIp.includes(':') === (family === 6),
  )?.vni;
  const ofOthers = scene.others.flatMap(({ node, namespaces: [host] }) =>
    overlaysOf(host!)
      .filter((one) => one.family === family && one.kind === 'vxlan')
      .map((one) => ({ node, link: one.link, data: one.link.linkinfo?.info_data })),
  );
  const other = ofOthers.find(({ data }) => data?.id !== id || data?.port !== port);
  const mend = ['give all nodes one Backend.VNI and one Backend.Port, and start their agents anew'];
  // A lease has 16 bits of it.
  if (told !== undefined && id !== undefined && told !== (id & 0xffff))
    return [
      problem(`The lease of this node tells VNI ${told}, and its device has ${id}.`, [linkText(link)], mend),
    ];
  if (other === undefined) return [];
  const evidence = [linkText(link), `on ${other.node}: ${linkText(other.link)}`];
  return [
    problem(
      `This node and ${other.node} are in different VXLAN networks, or send to different ports.`,
      evidence,
      mend,
    ),
  ];
}

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
        mend: ['start the agent: podlan agent, or flanneld'],
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

export const OVERLAY_CHECKS: readonly Check[] = [overlayDevice, forwarder];
