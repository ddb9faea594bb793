/** What a Node object says of leases, and what has to be written to one. Pure. */
import { contains } from '@podlan/linux/prefix';
import {
  type Family,
  familyOf,
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
} from '@podlan/wire';
import { type Endpoint, type Lease, type LeaseAttributes, LeaseError } from '../../lease.js';
import { formatLeaseKey, parseLease } from '../../lease-json.js';
import type { NetworkConfig } from '../../network-config.js';
import type { AnnotationKeys, FamilyKeys } from './annotations.js';

/** The parts of a Node (core/v1) that are read. Whatever the server sends may lack them. */
export interface NodeObject {
  readonly metadata?: {
    readonly name?: string;
    /** Another where a node is registered anew under the name of one that was deleted. */
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly podCIDR?: string; readonly podCIDRs?: readonly string[] };
  readonly status?: { readonly conditions?: readonly NodeCondition[] };
}

export interface NodeCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
}

type Networks = Pick<NetworkConfig, 'networks'>;

export const familiesOf = ({ networks }: Networks): Family[] =>
  networks.map(({ network }) => familyOf(network));

export const nameOf = (node: NodeObject): string => node.metadata?.name ?? '';

export function annotationOf(node: NodeObject, key: string): string | undefined {
  return node.metadata?.annotations?.[key];
}

/** The first pod CIDR of each family that the cluster has. Throws LeaseError `corrupt` for text that is none. */
export function podSubnets(node: NodeObject, families: readonly Family[]): IpPrefix[] {
  const { podCIDR, podCIDRs = [] } = node.spec ?? {};
  const texts = podCIDRs.length > 0 ? podCIDRs : podCIDR ? [podCIDR] : [];
  const subnets = texts.map(
    (text) => parseIpPrefix(text) ?? refuse('a pod CIDR such as 10.244.1.0/24', text),
  );
  return families.flatMap((family) => subnets.find((subnet) => familyOf(subnet) === family) ?? []);
}

/** The lease that a node's annotations make; undefined where it has none. Throws LeaseError `corrupt`. */
export function leaseOfNode(
  node: NodeObject,
  keys: AnnotationKeys,
  families: readonly Family[],
): Lease | undefined {
  if (annotationOf(node, keys.managed) !== 'true') return undefined;
  const subnets = podSubnets(node, families);
  if (subnets.length === 0) return undefined;
  const field = (family: Family, key: keyof FamilyKeys) =>
    families.includes(family) ? annotationOf(node, keys.families[family][key]) : undefined;
  const value = {
    PublicIP: field(4, 'publicIp'),
    PublicIPv6: field(6, 'publicIp'),
    BackendType: annotationOf(node, keys.backendType),
    BackendData: parseData(field(4, 'backendData')),
    BackendV6Data: parseData(field(6, 'backendData')),
  };
  return parseLease(formatLeaseKey(subnets), JSON.stringify(value));
}

function parseData(text: string | undefined): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return refuse('JSON as backend data', text);
  }
}

/** One subnet for each network. Throws LeaseError: `unavailable` where none is assigned, `bad-config` where it is outside. */
export function ownSubnets(node: NodeObject, config: Networks): IpPrefix[] {
  const subnets = podSubnets(node, familiesOf(config));
  return config.networks.map(({ network }) => {
    const family = familyOf(network);
    const subnet = subnets.find((one) => familyOf(one) === family);
    if (subnet === undefined) throw notAssigned(node, family, config);
    if (!contains(network, subnet)) throw outsideNetwork(node, subnet, network);
    return subnet;
  });
}

/**
 * Attributes as they are to be published: a person's overwrite stands before what the node found. One that is no address
 * is told to `ignored`.
 */
export function withOverwrites(
  node: NodeObject,
  keys: AnnotationKeys,
  attributes: LeaseAttributes,
  ignored: (message: string) => void,
): LeaseAttributes {
  const overwritten = (endpoint: Endpoint): Endpoint => {
    const family = familyOf(endpoint.publicIp);
    try {
      const publicIp = addressIn(node, keys.families[family].publicIpOverwrite, family);
      return publicIp === undefined ? endpoint : { ...endpoint, publicIp };
    } catch (error) {
      ignored((error as Error).message);
      return endpoint;
    }
  };
  return { ...attributes, endpoints: attributes.endpoints.map(overwritten) };
}

/** An address that a person wrote. Throws LeaseError `bad-config` for what is none of that family. */
export function addressIn(node: NodeObject, key: string, family: Family): IpAddress | undefined {
  const text = annotationOf(node, key);
  if (text === undefined || text === '') return undefined;
  const address = parseIpAddress(text);
  if (address !== undefined && familyOf(address) === family) return address;
  const found = `expected an IPv${family} address, found ${JSON.stringify(text.slice(0, 120))}`;
  const message = `node ${nameOf(node)}: annotation ${key}: ${found}; correct or remove it`;
  throw new LeaseError('bad-config', message);
}

/** What a lease is made from, but for what the node publishes itself: when it changes, the lease has to. */
export function leaseInputs(node: NodeObject, keys: AnnotationKeys): string {
  const { podCIDR, podCIDRs } = node.spec ?? {};
  const overwrites = [4, 6].map((family) =>
    annotationOf(node, keys.families[family as Family].publicIpOverwrite),
  );
  return JSON.stringify([node.metadata?.uid, podCIDR, podCIDRs, overwrites]);
}

function notAssigned(node: NodeObject, family: Family, { networks }: Networks): LeaseError {
  const cidrs = networks.map(({ network }) => network).join(',');
  const found = `expected an IPv${family} subnet in spec.podCIDRs, found ${node.spec?.podCIDRs?.join(', ') || node.spec?.podCIDR || 'none'}`;
  const advice = `have kube-controller-manager assign one (--allocate-node-cidrs=true --cluster-cidr=${cidrs}); waiting for it`;
  return new LeaseError('unavailable', `node ${nameOf(node)}: pod cidr not assigned: ${found}; ${advice}`);
}

function outsideNetwork(node: NodeObject, subnet: IpPrefix, network: IpPrefix): LeaseError {
  const found = `expected its pod CIDR inside Network ${network}, found ${subnet}`;
  const advice = "set Network in net-conf.json to the cluster's --cluster-cidr";
  return new LeaseError('bad-config', `node ${nameOf(node)}: ${found}; ${advice}`);
}

function refuse(expected: string, found: string): never {
  throw new LeaseError('corrupt', `expected ${expected}, found ${JSON.stringify(found.slice(0, 120))}`);
}
