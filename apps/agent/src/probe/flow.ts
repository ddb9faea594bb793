/** Whose packet a frame carries, be it bare or in VXLAN. */
import { type DissectedLayer, dissect, type FieldValue, type IpAddress, layersOf } from '@podlan/wire';

/** Of the innermost IP packet that is not a quotation in an ICMP message. */
export interface Flow {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: 'icmp' | 'icmpv6' | 'tcp' | 'udp';
  /** Of ICMP messages. */
  readonly type?: number;
  /** Of ICMP echoes. */
  readonly identifier?: number;
  /** Of TCP and UDP. */
  readonly sourcePort?: number;
  readonly port?: number;
}

/** Undefined: no packet of a protocol that can be probed, or a later fragment of one. */
export function flowOf(frame: Uint8Array, linkType: 'ethernet' | 'raw' = 'ethernet'): Flow | undefined {
  const layers = layersOf(dissect(frame, linkType));
  const inside = layers.slice(layers.findLastIndex(({ protocol }) => protocol === 'vxlan') + 1);
  const ip = inside.find(({ protocol }) => protocol === 'ipv4' || protocol === 'ipv6');
  const upper = inside.find(({ protocol }) => isProbed(protocol));
  if (ip === undefined || upper === undefined) return undefined;
  const ends = { source: fieldOf(ip, 'source'), destination: fieldOf(ip, 'destination') };
  const protocol = upper.protocol as Flow['protocol'];
  return { ...(ends as Pick<Flow, 'source' | 'destination'>), protocol, ...upperFields(upper) };
}

const isProbed = (protocol: string) => ['icmp', 'icmpv6', 'tcp', 'udp'].includes(protocol);

function upperFields(layer: DissectedLayer): Pick<Flow, 'type' | 'identifier' | 'sourcePort' | 'port'> {
  const numbers = {
    type: fieldOf(layer, 'type'),
    identifier: fieldOf(layer, 'identifier'),
    sourcePort: fieldOf(layer, 'source port'),
    port: fieldOf(layer, 'destination port'),
  };
  return Object.fromEntries(Object.entries(numbers).filter(([, value]) => value !== undefined));
}

function fieldOf({ fields }: DissectedLayer, name: string): FieldValue | undefined {
  return fields.find((field) => field.name === name)?.value;
}
