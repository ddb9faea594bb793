/**
 * flannel's masquerade and forward rules (pkg/trafficmngr) as chains of podlan's nftables table. Expressions have the
 * form in which `nft -j list` prints them, so that a snapshot compares equal.
 */
import type { Chain } from '@podlan/linux/model';
import { addressBits } from '@podlan/linux/prefix';
import { type Family, familyOf, type IpPrefix, prefixAddress, prefixLength } from '@podlan/wire';

/** Whose packets are meant. */
export interface MasqueradeOptions {
  /** The pod networks, any number of either family. */
  readonly networks: readonly IpPrefix[];
  /** This node's own subnets. */
  readonly subnets: readonly IpPrefix[];
  /** Random source ports, against collisions in the connection table; off with `--ip-masq-fully-random-disable`. */
  readonly randomFully?: boolean;
}

type Rule = readonly unknown[];

/** NF_IP_PRI_NAT_SRC. */
const SOURCE_NAT_PRIORITY = 100;
const FILTER_PRIORITY = 0;
/** kube-proxy's masquerade mark: it sees to such packets itself. */
const KUBE_MASQUERADE_MARK = 0x4000;

/**
 * Packets between pods keep their source; pods' packets to the world outside take the host's, and so do the host's own to
 * pods elsewhere. What flannel's rules mean, after one that leaves kube-proxy's packets to kube-proxy. A family in which
 * the node has no subnet has no rules.
 * @example
 * ```ts
 * import { masqueradeChain } from '@podlan/fabric';
 * import { rowText } from '@podlan/linux/model';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * const networks = [parseIpPrefix('10.244.0.0/16')!];
 * const subnets = [parseIpPrefix('10.244.1.0/24')!];
 * rowText(masqueradeChain({ networks, subnets }));
 * // => 'chain inet podlan postrouting { type nat hook postrouting priority 100; 5 rules }'
 * ```
 */
export function masqueradeChain({ networks, subnets, randomFully = true }: MasqueradeOptions): Chain {
  const rules = ([4, 6] as const).flatMap((family) => {
    const ofFamily = (prefix: IpPrefix) => familyOf(prefix) === family;
    return masqueradeRules(family, networks.filter(ofFamily), subnets.filter(ofFamily), randomFully);
  });
  return {
    kind: 'chain',
    name: 'postrouting',
    type: 'nat',
    hook: 'postrouting',
    priority: SOURCE_NAT_PRIORITY,
    rules: [[marked(KUBE_MASQUERADE_MARK), verdict('return')], ...rules],
  };
}

/**
 * Traffic of the pod networks may be forwarded. That a chain's accept ends that chain alone is seen to by the kernel
 * behind the row: the rules count in other tables too (`Chain` of @podlan/linux/model).
 * @example
 * ```ts
 * import { forwardChain } from '@podlan/fabric';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * const [fromPods] = forwardChain([parseIpPrefix('10.244.0.0/16')!]).rules;
 * const left = { payload: { protocol: 'ip', field: 'saddr' } };
 * const right = { prefix: { addr: '10.244.0.0', len: 16 } };
 * fromPods; // => [{ match: { op: '==', left, right } }, { accept: null }]
 * ```
 */
export function forwardChain(networks: readonly IpPrefix[]): Chain {
  const rules = networks.flatMap((network) => [
    [address('saddr', network), verdict('accept')],
    [address('daddr', network), verdict('accept')],
  ]);
  return {
    kind: 'chain',
    name: 'forward',
    type: 'filter',
    hook: 'forward',
    priority: FILTER_PRIORITY,
    rules,
  };
}

/**
 * Pod traffic inside the networks returns before either masquerade. Whatever goes to this node's own pods returns, be it
 * from pods or from outside; what is left and comes from a network is then masqueraded, and so is what goes to one.
 */
function masqueradeRules(
  family: Family,
  networks: readonly IpPrefix[],
  subnets: readonly IpPrefix[],
  randomFully: boolean,
): Rule[] {
  if (subnets.length === 0) return [];
  const masquerade = { masquerade: randomFully ? { flags: 'fully-random' } : null };
  return [
    ...subnets.flatMap((own) =>
      networks.map((network) => [address('saddr', own), address('daddr', network), verdict('return')]),
    ),
    ...subnets.map((own) => [address('daddr', own), verdict('return')]),
    ...networks.map((network) => [address('saddr', network), notMulticast(family), masquerade]),
    ...networks.map((network) => [address('daddr', network), masquerade]),
  ];
}

function notMulticast(family: Family): unknown {
  const right = family === 4 ? { addr: '224.0.0.0', len: 4 } : { addr: 'ff00::', len: 8 };
  return match('!=', payload(family, 'daddr'), { prefix: right });
}

function address(field: 'saddr' | 'daddr', prefix: IpPrefix): unknown {
  const [addr, len] = [prefixAddress(prefix), prefixLength(prefix)];
  const right = len === addressBits(prefix) ? addr : { prefix: { addr, len } };
  return match('==', payload(familyOf(prefix), field), right);
}

function marked(mark: number): unknown {
  return match('==', { '&': [{ meta: { key: 'mark' } }, mark] }, mark);
}

function payload(family: Family, field: string): unknown {
  return { payload: { protocol: family === 4 ? 'ip' : 'ip6', field } };
}

function match(op: string, left: unknown, right: unknown): unknown {
  return { match: { op, left, right } };
}

function verdict(name: 'return' | 'accept'): unknown {
  return { [name]: null };
}
