/** Which of flannel's rules this host is to have, and what keeps its pods' packets from being forwarded all the same. */
import { readFileSync } from 'node:fs';
import { forwardChain, masqueradeChain, type NodeOptions } from '@podlan/fabric';
import { type Run, run } from '@podlan/linux';
import { familyOf, type IpPrefix } from '@podlan/wire';
import type { RuleFlags } from './flags/rule-flags.js';

/** Why nftables can't be used here; undefined where it can. */
export async function nftProblem(runner: Run = run): Promise<string | undefined> {
  try {
    const { code, stderr } = await runner(['nft', '-j', 'list', 'chains']);
    return code === 0 ? undefined : stderr.trim();
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * flannel goes on without forward rules where it can't make them, and most hosts need none; who asks for masquerading is
 * told that it fails. Rules that are no longer asked for are taken away.
 */
export function hostRules(
  rules: RuleFlags,
  networks: readonly IpPrefix[],
  problem: string | undefined,
): Pick<NodeOptions, 'hostRows'> {
  if (problem !== undefined && !rules.ipMasq) return {};
  const randomFully = !rules.ipMasqFullyRandomDisable;
  return {
    hostRows: ({ subnets }) => [
      ...(rules.ipMasq ? [masqueradeChain({ networks, subnets, randomFully })] : []),
      ...(rules.iptablesForwardRules ? [forwardChain(networks)] : []),
    ],
  };
}

/** Where the kernel of this network namespace tells it, by family. */
const FILES = {
  4: { forwarding: 'net/ipv4/ip_forward', legacyTables: '/proc/net/ip_tables_names', iptables: 'iptables' },
  6: {
    forwarding: 'net/ipv6/conf/all/forwarding',
    legacyTables: '/proc/net/ip6_tables_names',
    iptables: 'ip6tables',
  },
} as const;

/** What stands against podlan's rules: why nft can't be used, and which chains of others can't be changed. */
export interface Obstacles {
  readonly nftProblem: string | undefined;
  readonly closedChains: readonly string[];
}

/** For people: each with what to do. `read` gives a file's text, empty where there is no such file. */
export function forwardingNotices(
  rules: RuleFlags,
  networks: readonly IpPrefix[],
  { nftProblem: problem, closedChains }: Obstacles,
  read: (path: string) => string = readOrEmpty,
): string[] {
  const unkept = rules.iptablesForwardRules && problem !== undefined;
  return [
    ...(unkept
      ? [`no forward rules are kept, which matters where a firewall drops by default: ${problem}`]
      : []),
    ...closedChains.map(
      (chain) =>
        `${chain} drops pods' packets, and its owner alone can change that: have it accept ${networks.join(' and ')}`,
    ),
    ...networks.flatMap((network) => familyNotices(rules, network, read)),
  ];
}

function familyNotices(rules: RuleFlags, network: IpPrefix, read: (path: string) => string): string[] {
  const { forwarding, legacyTables, iptables } = FILES[familyOf(network)];
  const key = forwarding.replaceAll('/', '.');
  const isOff = read(`/proc/sys/${forwarding}`).trim() === '0';
  const isLegacy = rules.iptablesForwardRules && read(legacyTables).split('\n').includes('filter');
  return [
    ...(isOff
      ? [
          `${key} is 0, so this host forwards no pod's packets: sysctl -w ${key}=1 (the CNI plugin does it too)`,
        ]
      : []),
    ...(isLegacy
      ? [
          `there are rules of ${iptables}-legacy, which nftables can't see: if ${iptables}-legacy -S FORWARD drops, ` +
            `use ${iptables}-legacy -A FORWARD -s ${network} -j ACCEPT, and the same with -d`,
        ]
      : []),
  ];
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
