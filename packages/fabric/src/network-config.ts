/**
 * flannel's network configuration (`net-conf.json`, pkg/subnet/config.go): its keys, defaults and limits.
 * Keys are matched in any case and unknown ones are ignored, as Go's decoder does. The twin keys for IPv4 and IPv6
 * become one list of networks here.
 */
import {
  addressCount,
  addressValue,
  contains,
  nthAddress,
  prefixAround,
  prefixSize,
} from '@podlan/linux/prefix';
import {
  type Family,
  familyOf,
  type IpAddress,
  type IpPrefix,
  parseIpAddress,
  parseIpPrefix,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';
import { type BackendConfig, parseBackendConfig } from './backend-config.js';
import { ConfigObject, refuseConfig } from './config-object.js';

/** One pod network and how it is cut into the nodes' subnets. */
export interface NetworkRange {
  readonly network: IpPrefix;
  readonly subnetLength: number;
  /** Network address of the first subnet that is given out. */
  readonly first: IpAddress;
  /** Network address of the last one. */
  readonly last: IpAddress;
}

/** The cluster's pod networks and its backend. */
export interface NetworkConfig {
  /** At most one per family, IPv4 first. */
  readonly networks: readonly NetworkRange[];
  readonly backend: BackendConfig;
}

/** What differs between flannel's IPv4 and IPv6 keys. */
interface FamilyRules {
  readonly family: Family;
  readonly keyPrefix: '' | 'IPv6';
  readonly example: string;
  /** The longest subnet: shorter ones have room for a bridge and a pod. */
  readonly longest: number;
  readonly usual: number;
}

const IPV4_RULES: FamilyRules = {
  family: 4,
  keyPrefix: '',
  example: '10.244.0.0/16',
  longest: 30,
  usual: 24,
};
const IPV6_RULES: FamilyRules = {
  family: 6,
  keyPrefix: 'IPv6',
  example: 'fd00:244::/48',
  longest: 126,
  usual: 64,
};

/** flannel never gives out the first subnet, and wants more than one host: a network holds four subnets or more. */
const SUBNET_BITS_AT_LEAST = 2;

/**
 * `source` is JSON text or what it was parsed to. Throws LeaseError `bad-config` saying what was expected, what was found,
 * and what to do.
 * @example
 * ```ts
 * import { parseNetworkConfig } from '@podlan/fabric';
 *
 * const { networks, backend } = parseNetworkConfig('{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan"}}');
 * networks;
 * // => [{ network: '10.244.0.0/16', subnetLength: 24, first: '10.244.1.0', last: '10.244.255.0' }]
 * backend;
 * // => { type: 'vxlan', vni: 1, port: 8472, gbp: false, learning: false, directRouting: false }
 * ```
 */
export function parseNetworkConfig(source: unknown): NetworkConfig {
  const config = ConfigObject.parse(source);
  const networks: NetworkRange[] = [];
  if (config.boolean('EnableIPv4', true)) networks.push(parseNetwork(config, IPV4_RULES));
  if (config.boolean('EnableIPv6', false)) networks.push(parseNetwork(config, IPV6_RULES));
  if (networks.length === 0) {
    refuseConfig(
      'no address family is enabled',
      'EnableIPv4 or EnableIPv6 to be true',
      'both false',
      'set one',
    );
  }
  return { networks, backend: parseBackendConfig(config) };
}

function parseNetwork(config: ConfigObject, rules: FamilyRules): NetworkRange {
  const key = `${rules.keyPrefix}Network`;
  const text = config.text(key);
  const network = parseIpPrefix(text ?? '');
  if (network === undefined || familyOf(network) !== rules.family || prefixLength(network) === 0) {
    return refuseConfig(
      `please define a correct ${key} parameter in the flannel config`,
      `an IPv${rules.family} prefix`,
      text === undefined ? 'none' : JSON.stringify(text),
      `write for example "${key}": "${rules.example}"`,
    );
  }
  const subnetLength = parseSubnetLength(config, rules, network);
  const first = parseBound(config, `${rules.keyPrefix}SubnetMin`, network, subnetLength, firstSubnet);
  const last = parseBound(config, `${rules.keyPrefix}SubnetMax`, network, subnetLength, lastSubnet);
  if (addressValue(first) > addressValue(last)) refuseOrder(rules, first, last);
  return { network, subnetLength, first, last };
}

function parseSubnetLength(config: ConfigObject, rules: FamilyRules, network: IpPrefix): number {
  const key = `${rules.keyPrefix}SubnetLen`;
  const length = config.integer(key) ?? 0;
  if (length === 0) return defaultSubnetLength(rules, network);
  const shortest = prefixLength(network) + SUBNET_BITS_AT_LEAST;
  const expected = `${key} from ${shortest} to ${rules.longest} for ${network}`;
  if (length > rules.longest) {
    refuseConfig(
      `${key} must be less than /${rules.longest + 1}`,
      expected,
      `${length}`,
      `leave it out or use ${rules.usual}`,
    );
  }
  if (length < shortest) {
    const advice = `use a greater ${key} or a wider ${rules.keyPrefix}Network`;
    refuseConfig('network must be able to accommodate at least four subnets', expected, `${length}`, advice);
  }
  return length;
}

function defaultSubnetLength(rules: FamilyRules, network: IpPrefix): number {
  const length = prefixLength(network);
  const narrowest = rules.longest - SUBNET_BITS_AT_LEAST;
  if (length > narrowest) {
    refuseConfig(
      `network is too small. Minimum useful network prefix is /${narrowest}`,
      `${rules.keyPrefix}Network of /${narrowest} or shorter`,
      network,
      `write for example "${rules.keyPrefix}Network": "${rules.example}"`,
    );
  }
  return length <= rules.usual - SUBNET_BITS_AT_LEAST ? rules.usual : length + SUBNET_BITS_AT_LEAST;
}

/** The very first subnet is left out: its network address is also that of the whole network. */
function firstSubnet(network: IpPrefix, length: number): IpAddress {
  return nthAddress(network, prefixSize(familyOf(network), length));
}

function lastSubnet(network: IpPrefix, length: number): IpAddress {
  return nthAddress(network, addressCount(network) - prefixSize(familyOf(network), length));
}

function parseBound(
  config: ConfigObject,
  key: string,
  network: IpPrefix,
  length: number,
  byDefault: (network: IpPrefix, length: number) => IpAddress,
): IpAddress {
  const text = config.text(key);
  if (text === undefined || text === '' || text === '0.0.0.0') return byDefault(network, length);
  const address = parseIpAddress(text);
  const inside = `an address inside ${network}`;
  if (address === undefined || familyOf(address) !== familyOf(network)) {
    return refuseConfig(
      `${key} is not an address`,
      inside,
      JSON.stringify(text),
      'correct it or leave it out',
    );
  }
  if (!contains(network, address)) {
    refuseConfig(`${key} is not in the range of the Network`, inside, address, 'correct it or leave it out');
  }
  const boundary = prefixAddress(prefixAround(address, length));
  if (boundary !== address) {
    const expected = `the first address of a /${length}`;
    refuseConfig(`${key} is not on a SubnetLen boundary`, expected, address, `use ${boundary}`);
  }
  return address;
}

function refuseOrder(rules: FamilyRules, first: IpAddress, last: IpAddress): never {
  const [min, max] = [`${rules.keyPrefix}SubnetMin`, `${rules.keyPrefix}SubnetMax`];
  return refuseConfig(
    `${min} is greater than ${max}`,
    `${min} up to ${max}`,
    `${first} and ${last}`,
    'swap them',
  );
}
