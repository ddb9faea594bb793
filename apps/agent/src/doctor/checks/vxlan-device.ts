/** Whether a VXLAN device is what its name and this node's lease say: its VNI, its address outside, the device beneath. */
import { commandLines, type Link } from '@podlan/linux/model';
import { type Family, familyOf, type IpAddress, parseMacAddress } from '@podlan/wire';
import type { Problem } from '../check.js';
import { addressLines, overlayAddress } from '../device-address.js';
import { restartLines } from '../restart.js';
import { addressTexts, linkText } from '../row-text.js';
import { isUp, linkOf, type Overlay, overlaysOf, type Scene } from '../scene.js';

export function vxlanProblems(scene: Scene, overlay: Overlay): Problem[] {
  const lost = [...lostAddress(scene, overlay), ...lowerAway(scene, overlay)];
  if (lost.length > 0) return lost;
  return [...ownDifferences(scene, overlay), ...nodesApart(scene, overlay)];
}

const dataOf = ({ link }: Overlay) => link.linkinfo?.info_data ?? {};
const localOf = (overlay: Overlay): IpAddress | undefined => dataOf(overlay).local ?? dataOf(overlay).local6;

/** The devices that have an address. */
const holdersOf = ({ host }: Scene, address: IpAddress | undefined): string[] =>
  host.addresses
    .filter(({ addr_info }) => addr_info.some(({ local }) => local === address))
    .map(({ ifname }) => ifname);

function lostAddress(scene: Scene, overlay: Overlay): Problem[] {
  const { link, name } = overlay;
  const local = localOf(overlay);
  if (local === undefined || holdersOf(scene, local).length > 0) return [];
  return [
    {
      verdict: 'error',
      why: `${name} sends from ${local}, which no interface here has: the address of the node changed, and nothing comes back.`,
      evidence: [linkText(link), ...addressTexts(scene.host, dataOf(overlay).link ?? '')],
      mend: restartLines(scene, 'it makes the device with the address that the node has'),
    },
  ];
}

function lowerAway(scene: Scene, overlay: Overlay): Problem[] {
  const { link, name } = overlay;
  const dev = dataOf(overlay).link;
  const lower = linkOf(scene.host, dev);
  if (dev === undefined || (lower !== undefined && isUp(lower))) return [];
  return [
    {
      verdict: 'error',
      why: `${name} sends by ${dev}, which is ${lower === undefined ? 'not there' : 'down'}.`,
      evidence: [linkText(link), ...(lower ? [linkText(lower)] : [])],
      mend:
        lower === undefined
          ? restartLines(scene, 'it makes the device on the interface that the node has')
          : [`ip link set dev ${dev} up`, 'and give it its routes again: they went with it'],
    },
  ];
}

const endpointOf = ({ leases }: Scene, family: Family) =>
  leases?.own?.endpoints.find(({ publicIp }) => publicIp.includes(':') === (family === 6));

/** flannel names the device for its VNI. */
const namedVni = ({ name }: Overlay): number => Number(/\d+$/.exec(name)![0]);

interface Outside {
  readonly local: IpAddress | undefined;
  readonly dev: string | undefined;
}

/** From where a device should send: podlan's agent tells; of flannel's the lease does, unless --public-ip made it differ. */
function wantedOutside(scene: Scene, family: Family): Outside {
  const { interface: external, source } = scene.control;
  const told = source === 'podlan' ? external?.addresses : [endpointOf(scene, family)?.publicIp];
  const local = told?.find((address) => address !== undefined && familyOf(address) === family);
  // Behind NAT nobody here has the address of the lease.
  const [dev] = holdersOf(scene, local);
  return dev === undefined ? { local: undefined, dev } : { local, dev };
}

/** None of it can be changed on a device that there is. */
function ownDifferences(scene: Scene, overlay: Overlay): Problem[] {
  const { id, link: dev } = dataOf(overlay);
  const local = localOf(overlay);
  const wanted = wantedOutside(scene, overlay.family);
  const isOtherVni = id !== namedVni(overlay);
  const isElsewhere =
    wanted.local !== undefined && (local !== wanted.local || (dev !== undefined && dev !== wanted.dev));
  if (!isOtherVni && !isElsewhere) return [];
  const { name, link } = overlay;
  const isSure = isOtherVni || scene.control.source === 'podlan';
  const differing = [
    ...(isOtherVni
      ? [`has VNI ${id}, and that of its name is ${namedVni(overlay)}: nobody takes its packets`]
      : []),
    ...(isElsewhere
      ? [
          `sends from ${local ?? 'any address'} by ${dev ?? 'any device'}, and peers know this node as ${wanted.local}, of ${wanted.dev}: they may drop what it sends`,
        ]
      : []),
  ];
  return [
    {
      verdict: isSure ? 'error' : 'warning',
      why: `${name} ${differing.join('; it ')}${isSure ? '' : '. Where flanneld was given --public-ip, that is meant'}.`,
      evidence: [linkText(link), ...addressTexts(scene.host, wanted.dev ?? '')],
      ...remake(scene, overlay, wanted.local === undefined ? { local, dev } : wanted, isSure),
    },
  ];
}

/** With the device go the rows on it: the checks of peers ask for them when they look again. */
function remake(
  scene: Scene,
  overlay: Overlay,
  { local, dev }: Outside,
  isOurs: boolean,
): Pick<Problem, 'mend' | 'isOurs'> {
  const { link, name } = overlay;
  const { port, learning = false, gbp = false } = dataOf(overlay);
  const mac = endpointOf(scene, overlay.family)?.vtepMac ?? parseMacAddress(link.address ?? '');
  if (local === undefined || dev === undefined || port === undefined || mac === undefined)
    return { mend: restartLines(scene, 'it makes the device and the rows of all peers') };
  const row: Link = {
    ...{ kind: 'link', type: 'vxlan', name, mac, mtu: link.mtu, up: true },
    ...{ vni: namedVni(overlay), port, local, dev, learning, gbp },
  };
  const again = [{ op: 'delete', row } as const, { op: 'add', row } as const];
  const address = addressLines(scene, name, overlayAddress(scene, overlay.family));
  return { mend: [...commandLines(again), ...address, ...(isOurs ? [] : [LOOK_AGAIN])], isOurs };
}

const LOOK_AGAIN = 'then podlan doctor again: what leads to peers went with the old device';

/** From peers whose snapshots are here, and the lease: all nodes have one VNI and one port. */
function nodesApart(scene: Scene, overlay: Overlay): Problem[] {
  const { link, family } = overlay;
  const { id, port } = dataOf(overlay);
  const told = endpointOf(scene, family)?.vni;
  const mend = [
    'give all nodes one Backend.VNI and one Backend.Port, then on each node:',
    ...restartLines(scene, 'it makes its device anew'),
  ];
  // A lease has 16 bits of it.
  if (told !== undefined && id === namedVni(overlay) && told !== (id & 0xffff))
    return [
      {
        verdict: 'error',
        why: `The lease of this node tells VNI ${told}, and its device has ${id}.`,
        evidence: [linkText(link)],
        mend,
      },
    ];
  const other = scene.others
    .flatMap(({ node, namespaces: [host] }) => overlaysOf(host!).map((one) => ({ node, one })))
    .filter(({ one }) => one.family === family && one.kind === 'vxlan')
    .find(({ one }) => dataOf(one).id !== id || dataOf(one).port !== port);
  if (other === undefined) return [];
  return [
    {
      verdict: 'error',
      why: `This node and ${other.node} are in different VXLAN networks, or send to different ports.`,
      evidence: [linkText(link), `on ${other.node}: ${linkText(other.one.link)}`],
      mend,
    },
  ];
}
