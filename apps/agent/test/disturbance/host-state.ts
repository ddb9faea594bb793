/**
 * What a host's kernel holds, and what it should hold by the leases in the store: both as sorted lines of text, made
 * here from nothing but the tools' output and FLANNEL's layout, with none of podlan's code between.
 */
import type { Output } from '../test-lab.js';

/** One node as the store has it. */
export interface Node {
  readonly name: string;
  readonly dataplane: 'wasm' | 'kernel';
  readonly underlay: string;
  /** 10.244.1.0 of 10.244.1.0/24. */
  readonly subnet: string;
  readonly mac: string;
}

const NETWORK = '10.244.0.0/16';
const DEV = 'flannel.1';

/** Each prints one line of JSON. */
const COMMANDS = [
  `ip -j -d link show dev ${DEV} || echo []`,
  `ip -j addr show dev ${DEV} || echo []`,
  'ip -N -j -4 route show table main',
  `ip -j neigh show dev ${DEV} nud permanent || echo []`,
  `bridge -j fdb show dev ${DEV} || echo []`,
];
const RULES = 'nft list table inet podlan; nft list table ip filter';

interface Json {
  readonly [key: string]: unknown;
}

export async function actualState(inHost: (...command: string[]) => Promise<Output>): Promise<string[]> {
  const [{ stdout }, rules] = await Promise.all([
    inHost('sh', '-c', COMMANDS.map((command) => `${command} 2>/dev/null; echo`).join('\n')),
    inHost('sh', '-c', RULES),
  ]);
  const [links, addresses, routes, neighbors, fdb] = stdout
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => JSON.parse(line) as Json[]);
  return [
    ...(links ?? []).map(linkLine),
    ...(addresses ?? []).flatMap(({ addr_info }) => addr_info as Json[]).flatMap(addressLine),
    ...(routes ?? []).filter(isOurs).map(routeLine),
    ...(neighbors ?? []).map(({ dst, lladdr }) => `neigh ${dst} ${lladdr}`),
    ...(fdb ?? []).filter(({ dst }) => dst).map(({ mac, dst }) => `fdb ${mac} dst ${dst}`),
    ...ruleLines(rules.stdout),
  ].sort();
}

function linkLine({ address, mtu, flags, linkinfo }: Json): string {
  const { info_kind: kind, info_data: data } = (linkinfo ?? {}) as { info_kind?: string; info_data?: Json };
  const up = (flags as string[]).includes('UP') ? 'up' : 'down';
  const { id, local, link, port, learning } = data ?? {};
  const vxlan =
    kind === 'vxlan' ? ` ${id} ${local} ${link} ${port} ${learning ? 'learning' : 'nolearning'}` : '';
  return `link ${address} mtu ${mtu} ${up} ${kind}${vxlan}`;
}

const addressLine = ({ local, prefixlen, scope }: Json): string[] =>
  scope === 'link' ? [] : [`address ${local}/${prefixlen}`];

const isOurs = ({ dev, protocol }: Json): boolean => protocol === '80' || dev === DEV;

function routeLine({ dst, gateway, dev, flags }: Json): string {
  const onlink = (flags as string[]).includes('onlink') ? ' onlink' : '';
  return `route ${dst} via ${gateway} dev ${dev}${onlink}`;
}

/** The accepts of podlan's forward chain, and of its copy behind a policy that drops. */
function ruleLines(text: string): string[] {
  let chain = '';
  return text.split('\n').flatMap((line) => {
    const rule = line.trim();
    chain = /^chain (\S+) \{/.exec(rule)?.[1] ?? chain;
    return rule.endsWith(' accept') || rule.startsWith('jump ') ? [`rule ${chain} ${rule}`] : [];
  });
}

/** `drops`: whether the host's firewall drops what is forwarded. */
export function expectedState(own: Node, nodes: readonly Node[], drops: boolean): string[] {
  const peers = nodes.filter(({ name }) => name !== own.name);
  const kind = own.dataplane === 'wasm' ? 'tun' : `vxlan 1 ${own.underlay} eth0 8472 nolearning`;
  return [
    `link ${own.mac} mtu 1450 up ${kind}`,
    `address ${own.subnet}/32`,
    ...peers.map(({ subnet }) => `route ${subnet}/24 via ${subnet} dev ${DEV} onlink`),
    ...peers.map(({ subnet, mac }) => `neigh ${subnet} ${mac}`),
    ...(own.dataplane === 'kernel' ? peers.map(({ mac, underlay }) => `fdb ${mac} dst ${underlay}`) : []),
    ...acceptLines('forward'),
    ...(drops ? ['rule FORWARD jump PODLAN-FORWARD comment "podlan"', ...acceptLines('PODLAN-FORWARD')] : []),
  ].sort();
}

const acceptLines = (chain: string): string[] =>
  ['saddr', 'daddr'].map((field) => `rule ${chain} ip ${field} ${NETWORK} accept`);
