/**
 * Addresses and MAC that a runtime asks for: by capability (`runtimeConfig`), by `args.cni` in the configuration, or by
 * `CNI_ARGS`, in this order.
 */
import { type AddRequest, CNI_CODE, CniError, requireKnownArgs } from '@podlan/cni/protocol';
import {
  type IpAddress,
  type MacAddress,
  parseInterfaceAddress,
  parseIpAddress,
  parseMacAddress,
  prefixAddress,
} from '@podlan/wire';

export interface PodWishes {
  /** At most one of each family counts. */
  readonly addresses: readonly IpAddress[];
  readonly mac?: MacAddress | undefined;
}

/** Keys of CNI_ARGS that are known; Kubernetes' are of no use here. */
const KNOWN_ARGS = [
  'IP',
  'MAC',
  'K8S_POD_NAMESPACE',
  'K8S_POD_NAME',
  'K8S_POD_INFRA_CONTAINER_ID',
  'K8S_POD_UID',
];

export function readWishes({ config, args }: Pick<AddRequest, 'config' | 'args'>): PodWishes {
  requireKnownArgs(args, KNOWN_ARGS);
  const { runtimeConfig } = config;
  const cni = (config.args.cni ?? {}) as Record<string, unknown>;
  const ips = runtimeConfig.ips ?? cni.ips ?? (args.IP ? args.IP.split(',') : []);
  const mac = runtimeConfig.mac ?? cni.mac ?? args.MAC;
  if (!Array.isArray(ips)) throw wrongWish('ips', 'a list of addresses', ips);
  return {
    addresses: ips.map(readAddress),
    ...(mac === undefined || mac === '' ? {} : { mac: readMac(mac) }),
  };
}

function readAddress(value: unknown): IpAddress {
  const text = String(value);
  const onLink = text.includes('/') ? parseInterfaceAddress(text) : undefined;
  const address = onLink ? prefixAddress(onLink) : parseIpAddress(text);
  if (address === undefined) throw wrongWish('ips', 'an IP address', value);
  return address;
}

function readMac(value: unknown): MacAddress {
  const mac = parseMacAddress(String(value).toLowerCase());
  // The first byte's lowest bit makes a group address, which no device takes.
  if (mac === undefined || Number.parseInt(mac.slice(0, 2), 16) & 1) {
    throw wrongWish('mac', 'the MAC address of one device', value);
  }
  return mac;
}

function wrongWish(key: string, expected: string, found: unknown): CniError {
  const details = `${key}: expected ${expected}, found ${JSON.stringify(found)}`;
  return new CniError(CNI_CODE.INVALID_ENVIRONMENT, 'the runtime asks for what cannot be', details);
}
