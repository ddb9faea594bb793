/** The MTUs from a pod to the wire: that of each device must leave room for what the next one adds. */
import type { LinkSnapshot } from '@podlan/simulator/snapshot';
import type { Check, Problem } from '../check.js';
import { linkText } from '../row-text.js';
import { linkOf, type Overlay, type Scene } from '../scene.js';

const BRIDGE = 'cni0';

/** Outer headers and the inner Ethernet header, in bytes; of the udp backend IPv4 20 + UDP 8. */
const overhead = ({ kind, family }: Overlay): number => (kind === 'tun' ? 28 : family === 6 ? 70 : 50);

const mtuChain: Check = {
  id: 'mtu-chain',
  title: 'what a pod may send fits every device on its way',
  page: 'course/mtu#four-places',
  examine(scene) {
    const uplink = linkOf(scene.host, scene.control.interface?.name);
    if (uplink === undefined) return { skipped: 'the external interface is not known' };
    const hasPods = scene.snapshot.namespaces.length > 1;
    const least = narrowest(scene, uplink);
    return {
      looked: ['ip link', ...(hasPods ? ['ip link (in the pods)'] : [])],
      problems: [
        ...scene.overlays.flatMap((overlay) => tunnelProblems(scene, overlay, uplink)),
        ...bridgeProblems(scene, least),
        ...podsTooLarge(scene, least),
      ],
    };
  },
};

/** What a tunnel device is to carry, where its own MTU is wrong: what pods are told, if that fits the wire. */
function wantedMtu({ control }: Scene, overlay: Overlay, uplink: LinkSnapshot): number {
  const most = uplink.mtu - overhead(overlay);
  const { mtu } = overlay.link;
  if (mtu > most) return most;
  return control.mtu !== undefined && control.mtu > mtu && control.mtu <= most ? control.mtu : mtu;
}

export interface Narrowest {
  readonly link: LinkSnapshot;
  /** Once what is wrong with the tunnel devices is mended. */
  readonly mtu: number;
}

/** Of the devices by which packets leave a node. */
export function narrowest(scene: Scene, uplink: LinkSnapshot): Narrowest {
  const devices = scene.overlays.map((overlay) => ({
    link: overlay.link,
    mtu: wantedMtu(scene, overlay, uplink),
  }));
  return devices.reduce((least, one) => (one.mtu < least.mtu ? one : least), {
    link: uplink,
    mtu: uplink.mtu,
  });
}

function tunnelProblems(scene: Scene, overlay: Overlay, uplink: LinkSnapshot): Problem[] {
  const { name, link } = overlay;
  const wanted = wantedMtu(scene, overlay, uplink);
  if (link.mtu === wanted) return [];
  const isTooLarge = link.mtu > wanted;
  return [
    {
      verdict: 'error',
      why: isTooLarge
        ? `With its outer headers, ${overhead(overlay)} bytes, a packet of ${link.mtu} does not fit ${uplink.ifname}: large packets are lost, small ones pass.`
        : `Pods are told that they may send ${wanted} bytes, and ${name} takes ${link.mtu}: somebody has changed it. Large packets are refused by ICMP, or lost where ICMP is.`,
      evidence: [linkText(link), isTooLarge ? linkText(uplink) : `FLANNEL_MTU=${wanted}`],
      mend: [`ip link set dev ${name} mtu ${wanted}`],
      isOurs: true,
    },
  ];
}

const podLinks = ({ snapshot }: Scene): { readonly pod: string; readonly eth0: LinkSnapshot }[] => {
  const [, ...pods] = snapshot.namespaces;
  return pods.flatMap(({ name, links }) => {
    const eth0 = links.find(({ ifname }) => ifname === 'eth0');
    return eth0 === undefined ? [] : [{ pod: name, eth0 }];
  });
};

const MOST_SHOWN = 5;
const shown = (links: ReturnType<typeof podLinks>): string[] =>
  links.slice(0, MOST_SHOWN).map(({ pod, eth0 }) => `${pod}: ${linkText(eth0)}`);

/** The bridge has the MTU of its pods, neither less nor more than the tunnel carries. */
function bridgeProblems(scene: Scene, least: Narrowest): Problem[] {
  const bridge = linkOf(scene.host, BRIDGE);
  if (bridge === undefined) return [];
  const larger = podLinks(scene).filter(({ eth0 }) => eth0.mtu > bridge.mtu && eth0.mtu <= least.mtu);
  const wanted =
    bridge.mtu > least.mtu ? least.mtu : Math.max(bridge.mtu, ...larger.map(({ eth0 }) => eth0.mtu));
  if (wanted === bridge.mtu) return [];
  return [
    {
      verdict: 'warning',
      why:
        bridge.mtu > wanted
          ? `${BRIDGE} takes larger packets than ${least.link.ifname} carries: this host's own large ones to its pods are lost without a word.`
          : `${BRIDGE} takes smaller packets than its pods may: large ones for them are refused by ICMP, or lost where ICMP is.`,
      evidence: [linkText(bridge), ...(larger.length > 0 ? shown(larger) : [linkText(least.link)])],
      mend: [`ip link set dev ${BRIDGE} mtu ${wanted}`],
      isOurs: true,
    },
  ];
}

function podsTooLarge(scene: Scene, { link, mtu }: Narrowest): Problem[] {
  const pods = podLinks(scene);
  const large = pods.filter(({ eth0 }) => eth0.mtu > mtu);
  if (large.length === 0) return [];
  return [
    {
      verdict: 'warning',
      why: `${large.length} of ${pods.length} pods may send larger packets than ${link.ifname} takes: these are refused by ICMP, or lost where ICMP is.`,
      evidence: [...shown(large), linkText(link)],
      mend: ['delete these pods: new ones get the MTU of subnet.env'],
    },
  ];
}

export const MTU_CHECKS: readonly Check[] = [mtuChain];
