/** What `podlan trace` is to send, out of its flags. */
import type { ProbeOptions, ProbeProtocol } from '@podlan/simulator';
import { type Family, familyOf, type IpAddress } from '@podlan/wire';
import { parseNumber, parseOneOf } from '../agent/flags/flag-values.js';
import { UsageError } from '../usage-error.js';

export interface OrderFlags {
  readonly proto: string;
  readonly dport?: string;
  readonly sport?: string;
  readonly size?: string;
  readonly df?: boolean;
  readonly ttl?: string;
  readonly family?: string;
}

/** A probe without its destination. */
export type Order = Required<Pick<ProbeOptions, 'protocol' | 'dontFragment'>> &
  Pick<ProbeOptions, 'destinationPort' | 'sourcePort' | 'size' | 'ttl'> & { readonly family?: Family };

const PROTOCOLS: readonly ProbeProtocol[] = ['icmp', 'tcp', 'udp'];
const FAMILIES = { ipv4: 4, ipv6: 6 } as const;
/** Of IPv4 and of what it carries. */
const LEAST_BYTES = 28;
const MOST_BYTES = 65_535;

export function orderOf(flags: OrderFlags): Order {
  const protocol = parseOneOf('--proto', flags.proto, PROTOCOLS);
  const { dport, sport, size, ttl, family } = flags;
  if (protocol === 'icmp') for (const flag of ['dport', 'sport'] as const) refuse(flags, flag, 'tcp or udp');
  if (protocol === 'tcp') refuse(flags, 'size', 'icmp or udp: a SYN has no content');
  return {
    protocol,
    dontFragment: flags.df ?? false,
    ...(dport !== undefined && { destinationPort: parseNumber('--dport', dport, 1, 0xffff) }),
    ...(sport !== undefined && { sourcePort: parseNumber('--sport', sport, 1, 0xffff) }),
    ...(size !== undefined && { size: parseNumber('--size', size, LEAST_BYTES, MOST_BYTES) }),
    ...(ttl !== undefined && { ttl: parseNumber('--ttl', ttl, 1, 255) }),
    ...(family !== undefined && { family: familyNumber(family) }),
  };
}

/** What `--family` says. */
export const familyNumber = (text: string): Family =>
  FAMILIES[parseOneOf('--family', text, Object.keys(FAMILIES) as (keyof typeof FAMILIES)[])];

function refuse(flags: OrderFlags, flag: 'dport' | 'sport' | 'size', protocols: string): void {
  if (flags[flag] === undefined) return;
  throw new UsageError(`--${flag}: expected --proto ${protocols}, found ${flags.proto}`);
}

const IPV6_LEAST_BYTES = 48;

/** Throws UsageError for a size that the family has no room for. */
export function probeOptions(order: Order, destination: IpAddress): ProbeOptions {
  const { family: _, ...rest } = order;
  if (familyOf(destination) === 6 && rest.size !== undefined && rest.size < IPV6_LEAST_BYTES)
    throw new UsageError(`--size: expected at least ${IPV6_LEAST_BYTES} for IPv6, found ${rest.size}`);
  return { ...rest, destination };
}
