/** flannel's subnet.env, by which the CNI plugin knows what to give to pods. */
import { parseSubnetEnv } from '@podlan/fabric';
import type { Check, Examined, Problem } from '../check.js';
import { restartLines } from '../restart.js';
import { linkText } from '../row-text.js';
import { linkOf, type Scene } from '../scene.js';
import { narrowest } from './mtu-chain.js';

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

const noFile = (scene: Scene): Problem => ({
  verdict: 'warning',
  why: 'flannel has a device here and no subnet.env, or one without a line of its own: the CNI plugin refuses every pod ("failed to load flannel \'subnet.env\' file"). flanneld writes it when all else is done.',
  evidence: [
    '/run/flannel/subnet.env: not there, or no line FLANNEL_... in it',
    ...scene.overlays.map(({ link }) => linkText(link)),
  ],
  mend: [
    'if flanneld writes the file elsewhere: podlan doctor --subnet-file FILE',
    ...restartLines(scene, 'it writes the file'),
  ],
});

/** Where no value can be read; a network and a subnet of either family will do. */
function missingLines({ networks, subnets, mtu, ipMasq }: ReturnType<typeof parseSubnetEnv>): string[] {
  const isThere = {
    NETWORK: networks.length > 0,
    SUBNET: subnets.length > 0,
    MTU: mtu !== undefined,
    IPMASQ: ipMasq !== undefined,
  };
  return Object.entries(isThere).flatMap(([name, is]) => (is ? [] : [`FLANNEL_${name}`]));
}

function fileProblems(scene: Scene, lines: readonly string[]): Problem[] {
  const { leases, host, control } = scene;
  const parsed = parseSubnetEnv(lines.join('\n'));
  const { subnets, mtu, networks } = parsed;
  const missing = missingLines(parsed);
  const mend = [
    ...restartLines(scene, 'it writes the file whole'),
    'then delete pods that were made meanwhile',
  ];
  if (missing.length > 0 || networks.length !== subnets.length)
    return [
      {
        verdict: 'error',
        why: `subnet.env lacks ${missing.join(', ') || 'a network or subnet of one family'}, or the value there is none: the CNI plugin refuses every pod.`,
        evidence: lines,
        mend,
      },
    ];
  const own = leases?.areAll ? leases.own : undefined;
  const others = subnets.filter((subnet) => own !== undefined && !own.subnets.includes(subnet));
  const uplink = linkOf(host, control.interface?.name);
  const least = uplink && narrowest(scene, uplink);
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
    ...(mtu !== undefined && least !== undefined && mtu > least.mtu
      ? [
          {
            verdict: 'warning' as const,
            why: `New pods get an MTU of ${mtu}, and ${least.link.ifname} carries ${least.mtu}: their large packets are refused, or lost where ICMP is.`,
            evidence: [`FLANNEL_MTU=${mtu}`, linkText(least.link)],
            mend,
          },
        ]
      : []),
  ];
}

export const SUBNET_ENV_CHECKS: readonly Check[] = [subnetEnv];
