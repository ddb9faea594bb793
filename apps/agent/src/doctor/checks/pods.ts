/** The bridge of the pods, subnet.env that the CNI plugin reads, and the MTUs from a pod to the wire. */
import { parseSubnetEnv } from '@podlan/fabric';
import { nthAddress } from '@podlan/linux/prefix';
import type { LinkSnapshot } from '@podlan/simulator/snapshot';
import { familyOf, prefixLength } from '@podlan/wire';
import type { Check, Examined, Problem } from '../check.js';
import { addressTexts, linkText } from '../row-text.js';
import { isUp, linkOf, type Overlay, type Scene } from '../scene.js';

const BRIDGE = 'cni0';

const podBridge: Check = {
  id: 'pod-bridge',
  title: `${BRIDGE} is up, and has the first address of this node's subnet`,
  page: 'course/pause-and-cni0#in-the-lab',
  examine({ host, control }) {
    const bridge = linkOf(host, BRIDGE);
    if (bridge === undefined) return { skipped: `there is no ${BRIDGE}: it is made with the first pod` };
    if (control.subnets.length === 0) return { skipped: "this node's subnet is not known" };
    const looked = [`ip address show ${BRIDGE}`];
    if (!isUp(bridge))
      return {
        looked,
        problems: [
          {
            verdict: 'error',
            why: 'The bridge of the pods is down: none of them reaches anybody.',
            evidence: [linkText(bridge)],
            mend: [`ip link set dev ${BRIDGE} up`],
            isOurs: true,
          },
        ],
      };
    const found = addressTexts(host, BRIDGE);
    const missing = control.subnets.filter(
      (subnet) => !found.some((text) => text.includes(` ${nthAddress(subnet, 1)}/`)),
    );
    return { looked, problems: missing.map((subnet) => strangeBridge(subnet, found)) };
  },
};

const strangeBridge = (subnet: Scene['control']['subnets'][number], found: readonly string[]): Problem => ({
  verdict: 'error',
  why: `The pods' gateway ${nthAddress(subnet, 1)} is not on ${BRIDGE}: the node's subnet has changed, or somebody took it off. The CNI plugin refuses new pods ("already has an IP address different from"), and those there are cut off.`,
  evidence: found.length === 0 ? [`${BRIDGE}: no address`] : found,
  mend: [
    `where the pods there are of ${subnet}: ip address add ${nthAddress(subnet, 1)}/${prefixLength(subnet)} dev ${BRIDGE}`,
    `where they are of another: ip link delete ${BRIDGE}, and delete the pods, so that all are made anew`,
  ],
});

const REQUIRED = ['NETWORK', 'SUBNET', 'MTU', 'IPMASQ'];

const subnetEnv: Check = {
  id: 'subnet-env',
  title: 'subnet.env is whole, and says what the lease does',
  page: 'course/cni#fill-in',
  examine(scene): Examined {
    const { machine, control } = scene;
    const lines = machine.subnetEnv?.lines;
    if (lines === undefined)
      return { skipped: 'subnet.env was not read; tell where it is with: --subnet-file' };
    const problems = lines.length === 0 ? [noFile(scene)] : fileProblems(scene, lines);
    const isElsewhere = lines.length === 0 && control.source === 'podlan';
    if (isElsewhere)
      return { skipped: 'there is no subnet.env; tell where the agent writes it with: --subnet-file' };
    return { looked: ['cat /run/flannel/subnet.env'], problems };
  },
};

const noFile = ({ overlays }: Scene): Problem => ({
  verdict: 'warning',
  why: 'flannel has a device here and no subnet.env: the CNI plugin refuses every pod ("failed to load flannel \'subnet.env\' file"). flanneld writes it when all else is done.',
  evidence: ['/run/flannel/subnet.env: not there', ...overlays.map(({ link }) => linkText(link))],
  mend: ['look into the log of flanneld; if it writes the file elsewhere: podlan doctor --subnet-file FILE'],
});

function fileProblems({ leases, overlays }: Scene, lines: readonly string[]): Problem[] {
  const text = lines.join('\n');
  const { subnets, mtu, networks } = parseSubnetEnv(text);
  const isMissing = (name: string) => !new RegExp(`^FLANNEL_(IPV6_)?${name}=.`, 'm').test(text);
  const missing = REQUIRED.filter(isMissing);
  const mend = [
    'start the agent anew: it writes the file whole',
    'then delete pods that were made meanwhile',
  ];
  if (missing.length > 0 || networks.length !== subnets.length)
    return [
      {
        verdict: 'error',
        why: `subnet.env lacks ${missing.map((name) => `FLANNEL_${name}`).join(', ') || 'a network or subnet of one family'}: the CNI plugin refuses every pod.`,
        evidence: lines,
        mend,
      },
    ];
  const own = leases?.areAll ? leases.own : undefined;
  const others = subnets.filter((subnet) => own !== undefined && !own.subnets.includes(subnet));
  const smallest = Math.min(
    ...overlays
      .filter(({ family }) => subnets.some((one) => familyOf(one) === family))
      .map(({ link }) => link.mtu),
  );
  return [
    ...(others.length === 0
      ? []
      : [
          {
            verdict: 'error' as const,
            why: `New pods get addresses of ${others.join(', ')}, and the lease of this node is for ${own!.subnets.join(', ')}: nobody reaches them.`,
            evidence: lines,
            mend,
          },
        ]),
    ...(mtu !== undefined && mtu > smallest
      ? [
          {
            verdict: 'warning' as const,
            why: `New pods get an MTU of ${mtu}, and the tunnel carries ${smallest}: their large packets are refused, or lost where ICMP is.`,
            evidence: [`FLANNEL_MTU=${mtu}`, ...overlays.map(({ link }) => linkText(link))],
            mend,
          },
        ]
      : []),
  ];
}

/** Outer headers and the inner Ethernet header, in bytes; of the udp backend IPv4 20 + UDP 8. */
const overhead = ({ kind, family }: Overlay): number => (kind === 'tun' ? 28 : family === 6 ? 70 : 50);

const mtuChain: Check = {
  id: 'mtu-chain',
  title: 'what a pod may send fits every device on its way',
  page: 'course/mtu#four-places',
  examine(scene) {
    const uplink = linkOf(scene.host, scene.control.interface?.name);
    if (uplink === undefined) return { skipped: 'the external interface is not known' };
    const problems = scene.overlays.flatMap((overlay) => tunnelTooLarge(overlay, uplink));
    const smallest = [...scene.overlays.map(({ link }) => link), uplink].reduce((least, link) =>
      link.mtu < least.mtu ? link : least,
    );
    const looked = ['ip link', ...(scene.snapshot.namespaces.length > 1 ? ['ip link (in the pods)'] : [])];
    return { looked, problems: [...problems, ...podsTooLarge(scene, smallest)] };
  },
};

function tunnelTooLarge(overlay: Overlay, uplink: LinkSnapshot): Problem[] {
  const { name, link } = overlay;
  const most = uplink.mtu - overhead(overlay);
  if (link.mtu <= most) return [];
  return [
    {
      verdict: 'error',
      why: `With its outer headers, ${overhead(overlay)} bytes, a packet of ${link.mtu} does not fit ${uplink.ifname}: large packets are lost, small ones pass.`,
      evidence: [linkText(link), linkText(uplink)],
      mend: [`ip link set dev ${name} mtu ${most}`],
      isOurs: true,
    },
  ];
}

function podsTooLarge({ snapshot, host }: Scene, smallest: LinkSnapshot): Problem[] {
  const bridge = linkOf(host, BRIDGE);
  const [, ...pods] = snapshot.namespaces;
  const large = pods.flatMap(({ name, links }) => {
    const eth0 = links.find(({ ifname, mtu }) => ifname === 'eth0' && mtu > smallest.mtu);
    return eth0 === undefined ? [] : [`${name}: ${linkText(eth0)}`];
  });
  if (large.length === 0) return [];
  return [
    {
      verdict: 'warning',
      why: `${large.length} of ${pods.length} pods may send larger packets than ${smallest.ifname} takes: these are refused by ICMP, or lost where ICMP is.`,
      evidence: [...large.slice(0, 5), ...(bridge ? [linkText(bridge)] : []), linkText(smallest)],
      mend: ['delete these pods: new ones get the MTU of subnet.env'],
    },
  ];
}

export const POD_CHECKS: readonly Check[] = [podBridge, subnetEnv, mtuChain];
