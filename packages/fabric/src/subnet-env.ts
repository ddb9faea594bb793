/**
 * `subnet.env`: what flannel's CNI plugin is told of this host (pkg/subnet/subnet.go, WriteSubnetFile).
 * FLANNEL_SUBNET carries the subnet's first usable address, the bridge's.
 */
import { nthAddress } from '@podlan/linux/prefix';
import { familyOf, type IpPrefix, parseInterfaceAddress, parseIpPrefix, prefixLength } from '@podlan/wire';

/** What the file says: the pod networks, this host's subnets, the MTU of pods in bytes, and whether to masquerade. */
export interface SubnetEnv {
  /** At most one per family, IPv4 first. */
  readonly networks: readonly IpPrefix[];
  readonly subnets: readonly IpPrefix[];
  readonly mtu: number;
  readonly ipMasq: boolean;
}

/** What a file held: lists are empty and values absent where a line was missing or not understood. */
export interface ParsedSubnetEnv {
  readonly networks: readonly IpPrefix[];
  readonly subnets: readonly IpPrefix[];
  readonly mtu?: number;
  readonly ipMasq?: boolean;
}

/**
 * The text of the file, a line per value.
 * @example
 * ```ts
 * import { formatSubnetEnv } from '@podlan/fabric';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * const networks = [parseIpPrefix('10.244.0.0/16')!];
 * const subnets = [parseIpPrefix('10.244.1.0/24')!];
 * formatSubnetEnv({ networks, subnets, mtu: 1450, ipMasq: true }).split('\n');
 * // => [
 * //      'FLANNEL_NETWORK=10.244.0.0/16',
 * //      'FLANNEL_SUBNET=10.244.1.1/24',
 * //      'FLANNEL_MTU=1450',
 * //      'FLANNEL_IPMASQ=true',
 * //      '',
 * //    ]
 * ```
 */
export function formatSubnetEnv({ networks, subnets, mtu, ipMasq }: SubnetEnv): string {
  const familyLines = ([4, 6] as const).flatMap((family) => {
    const key = family === 4 ? 'FLANNEL' : 'FLANNEL_IPV6';
    const network = networks.find((prefix) => familyOf(prefix) === family);
    const subnet = subnets.find((prefix) => familyOf(prefix) === family);
    if (network === undefined || subnet === undefined) return [];
    return [`${key}_NETWORK=${network}`, `${key}_SUBNET=${nthAddress(subnet, 1)}/${prefixLength(subnet)}`];
  });
  return `${[...familyLines, `FLANNEL_MTU=${mtu}`, `FLANNEL_IPMASQ=${ipMasq}`].join('\n')}\n`;
}

/**
 * Reads the text of such a file, flannel's or ours. Nothing in it is an error: what it does not say is absent.
 * @example
 * ```ts
 * import { parseSubnetEnv } from '@podlan/fabric';
 *
 * parseSubnetEnv('FLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\n');
 * // => { networks: [], subnets: ['10.244.1.0/24'], mtu: 1450 }
 * ```
 */
export function parseSubnetEnv(text: string): ParsedSubnetEnv {
  const values = new Map(text.split(/\r?\n/).map(splitLine));
  const mtu = Number(values.get('FLANNEL_MTU') ?? Number.NaN);
  const ipMasq = values.get('FLANNEL_IPMASQ');
  return {
    networks: parseList(4, values.get('FLANNEL_NETWORK')).concat(
      parseList(6, values.get('FLANNEL_IPV6_NETWORK')),
    ),
    subnets: parseList(4, values.get('FLANNEL_SUBNET')).concat(
      parseList(6, values.get('FLANNEL_IPV6_SUBNET')),
    ),
    ...(Number.isInteger(mtu) && mtu > 0 ? { mtu } : {}),
    ...(ipMasq === 'true' || ipMasq === 'false' ? { ipMasq: ipMasq === 'true' } : {}),
  };
}

function splitLine(line: string): [string, string] {
  const at = line.indexOf('=');
  if (at < 0) return ['', ''];
  return [
    line.slice(0, at).trim(),
    line
      .slice(at + 1)
      .trim()
      .replace(/^(["'])(.*)\1$/, '$2'),
  ];
}

/** A network may be a comma list; an address with a length counts as its prefix. */
function parseList(family: 4 | 6, text = ''): IpPrefix[] {
  const prefixes = text.split(',').map((part) => parseInterfaceAddress(part.trim()) ?? '');
  return prefixes
    .map((prefix) => parseIpPrefix(prefix))
    .filter((prefix): prefix is IpPrefix => prefix !== undefined && familyOf(prefix) === family);
}
