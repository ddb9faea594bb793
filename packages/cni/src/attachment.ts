/** An attachment, and the rows that it comes to on the host and in the pod. */
import type { Kernel, Link, Row } from '@podlan/linux/model';
import {
  familyOf,
  type InterfaceAddress,
  type IpPrefix,
  type MacAddress,
  parseIpPrefix,
  prefixAddress,
} from '@podlan/wire';

/** A pod to attach: the two kernels, the names of devices, and the addresses. `mtu` in bytes, the overlay's. */
export interface Attachment {
  readonly host: Kernel;
  readonly pod: Kernel;
  /** The pod's network namespace as `ip netns` names it, where the veth pair's other end is made. */
  readonly podNetns: string;
  readonly hostVeth: string;
  readonly containerInterface?: string;
  readonly bridge?: string;
  /** One for each family of the pod. */
  readonly addresses: readonly PodAddress[];
  /**
   * The cluster's pod networks: each gets a route via the gateway, which stays right when the default route changes.
   */
  readonly networks: readonly IpPrefix[];
  readonly mtu: number;
  readonly hairpin?: boolean;
  /** Of the pod's interface; the kernel's choice where it is absent. */
  readonly mac?: MacAddress | undefined;
  /** Whether everything else goes by the gateway too: true where it is absent. */
  readonly defaultRoute?: boolean;
}

/** Of one family: the pod's address, and the bridge's own. Both with the length of the host's subnet. */
export interface PodAddress {
  readonly address: InterfaceAddress;
  readonly gateway: InterfaceAddress;
}

/** With all that was left open. */
export type Wanted = Required<Omit<Attachment, 'mac'>> & Pick<Attachment, 'mac'>;

export const DEFAULTS = { containerInterface: 'eth0', bridge: 'cni0', hairpin: true, defaultRoute: true };

/**
 * The rows inside the pod that an attachment comes to: the link, its addresses, then the routes that need both.
 * @example
 * ```ts
 * import { podRows } from '@podlan/cni/attach';
 * import { rowText } from '@podlan/linux/model';
 * import { parseInterfaceAddress } from '@podlan/wire';
 *
 * const address = parseInterfaceAddress('10.244.1.2/24')!;
 * const gateway = parseInterfaceAddress('10.244.1.1/24')!;
 * podRows({ addresses: [{ address, gateway }], networks: [], mtu: 1450 }).map(rowText);
 * // => [
 * //      'link eth0 mtu 1450 up type veth',
 * //      'address 10.244.1.2/24 dev eth0',
 * //      'route 0.0.0.0/0 via 10.244.1.1 dev eth0',
 * //    ]
 * ```
 */
export function podRows(
  attachment: Pick<
    Attachment,
    'addresses' | 'networks' | 'mtu' | 'mac' | 'containerInterface' | 'defaultRoute'
  >,
): Row[] {
  const {
    addresses,
    networks,
    defaultRoute,
    containerInterface: dev,
    ...link
  } = { ...DEFAULTS, ...attachment };
  const everywhere = defaultRoute ? [...networks, ...DEFAULT_ROUTES] : networks;
  return [
    podLink({ ...link, containerInterface: dev }),
    ...addresses.map(({ address }): Row => ({ kind: 'address', dev, address })),
    ...addresses.flatMap(({ gateway }) => podRoutes(dev, gateway, everywhere)),
  ];
}

export function podLink({
  containerInterface: name,
  mtu,
  mac,
}: Pick<Wanted, 'containerInterface' | 'mtu' | 'mac'>): Link {
  return { kind: 'link', type: 'veth', name, mtu, up: true, ...(mac === undefined ? {} : { mac }) };
}

const DEFAULT_ROUTES = ['0.0.0.0/0', '::/0'].map((text) => parseIpPrefix(text) as IpPrefix);

function podRoutes(dev: string, gateway: InterfaceAddress, networks: readonly IpPrefix[]): Row[] {
  const via = prefixAddress(gateway);
  return networks
    .filter((network) => familyOf(network) === familyOf(gateway))
    .map((prefix) => ({ kind: 'route', prefix, dev, via }));
}

export function vethOf({ hostVeth, mtu, bridge, hairpin, containerInterface, podNetns }: Wanted): Link {
  const peer = { name: containerInterface, netns: podNetns };
  return { kind: 'link', type: 'veth', name: hostVeth, mtu, up: true, master: bridge, hairpin, peer };
}

export function bridgeOf({ bridge, mtu }: Wanted): Link {
  return { kind: 'link', type: 'bridge', name: bridge, mtu, up: true };
}
