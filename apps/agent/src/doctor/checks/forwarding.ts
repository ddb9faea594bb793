/** Whether the host forwards at all, and whether the rules of its firewall let pods' packets through. */
import type { Check, Problem } from '../check.js';
import { packetVerdicts } from '../packet-verdicts.js';
import { familiesOf, type Scene, sysctl, sysctlName, sysctlText } from '../scene.js';

const FORWARDING = { 4: 'net/ipv4/ip_forward', 6: 'net/ipv6/conf/all/forwarding' } as const;

const ipForward: Check = {
  id: 'ip-forward',
  title: 'the host forwards packets',
  page: 'course/bridge-and-veth#what-it-cannot-do',
  examine(scene) {
    const keys = familiesOf(scene).map((family) => FORWARDING[family]);
    const read = keys.filter((key) => sysctl(scene.host, key) !== undefined);
    if (read.length === 0) return { skipped: 'the sysctls of forwarding, or the subnets, were not read' };
    const off = read.filter((key) => sysctl(scene.host, key) === '0');
    return {
      looked: read.map((key) => `sysctl ${sysctlName(key)}`),
      problems: off.map((key) => ({
        verdict: 'error',
        why: 'Linux drops every packet that is not its own: pods reach nothing beyond their bridge, and nobody from elsewhere reaches them.',
        evidence: [sysctlText(key, '0')],
        mend: [`sysctl -w ${sysctlName(key)}=1`],
        isOurs: true,
      })),
    };
  },
};

const forwardPolicy: Check = {
  id: 'forward-policy',
  title: "the firewall lets pods' packets through",
  page: 'course/debug#with-errors',
  async examine(scene) {
    const unread = (scene.host.unknown ?? []).filter((what) => what !== 'sockets');
    if (unread.length > 0) return { skipped: `rules of ${unread.join(', ')} could not be read` };
    const verdicts = await packetVerdicts(scene);
    if (verdicts === undefined)
      return { skipped: 'neither a bridge of pods nor a peer is known, and so no packet that is forwarded' };
    const dropped = new Map<string, Problem>();
    for (const { flow, way, chain = '', rule } of verdicts)
      if (rule !== undefined && !dropped.has(`${chain} ${rule}`))
        dropped.set(`${chain} ${rule}`, droppedBy(scene, `${flow}, ${way}`, chain, rule));
    return { looked: ['nft list ruleset', 'iptables -S FORWARD'], problems: [...dropped.values()] };
  },
};

function droppedBy({ control }: Scene, packet: string, chain: string, rule: string): Problem {
  return {
    verdict: 'error',
    why: `A packet of ${packet}, is dropped on this host.`,
    evidence: [`chain ${chain}: ${rule}`],
    mend: acceptLines(chain, control.networks, rule.startsWith('policy') ? 'add' : 'insert'),
  };
}

/** What flanneld's and podlan's own forward rules say, in the chain that drops: at its end, or before the rule that does. */
function acceptLines(chain: string, networks: readonly string[], verb: 'add' | 'insert'): string[] {
  const [family] = chain.split(' ');
  return networks
    .map((network) => ({ network, ip: network.includes(':') ? 'ip6' : 'ip' }))
    .filter(({ ip }) => family === 'inet' || family === ip)
    .flatMap(({ network, ip }) =>
      ['saddr', 'daddr'].map((end) => `nft ${verb} rule ${chain} ${ip} ${end} ${network} accept`),
    );
}

const CALLS = {
  4: 'net/bridge/bridge-nf-call-iptables',
  6: 'net/bridge/bridge-nf-call-ip6tables',
} as const;

const brNetfilter: Check = {
  id: 'br-netfilter',
  title: 'bridged packets meet the rules of services',
  page: 'course/cni#bridge-steps',
  examine(scene) {
    if (scene.host.unknown?.includes('nftables'))
      return { skipped: 'the rules of nftables could not be read' };
    const keys = familiesOf(scene).map((family) => CALLS[family]);
    const looked = keys.map((key) => `sysctl ${sysctlName(key)}`);
    if (!hasServices(scene)) return { looked, problems: [] };
    const wrong = keys.filter((key) => sysctl(scene.host, key) !== '1');
    return { looked, problems: wrong.map((key) => uncalled(key, sysctl(scene.host, key))) };
  },
};

function uncalled(key: string, value: string | undefined): Problem {
  const name = sysctlName(key);
  return {
    verdict: 'warning',
    why: 'kube-proxy makes its rules on this host, and what a bridge hands from pod to pod does not meet them: a pod that calls a service is answered by a pod of its own host from an address that it never called.',
    evidence: [
      value === undefined ? `${name}: there is none, br_netfilter is not loaded` : sysctlText(key, value),
    ],
    mend: [...(value === undefined ? ['modprobe br_netfilter'] : []), `sysctl -w ${name}=1`],
  };
}

const hasServices = ({ host }: Scene): boolean =>
  host.nftables.some(({ chain, table }) => chain?.name === 'KUBE-SERVICES' || table?.name === 'kube-proxy');

export const FORWARDING_CHECKS: readonly Check[] = [ipForward, forwardPolicy, brNetfilter];
