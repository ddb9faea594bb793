/** The addresses that host-local has given out, held against the pods that there are. */
import { addressCount, contains } from '@podlan/linux/prefix';
import type { Reservation } from '@podlan/simulator/snapshot';
import { familyOf, type IpPrefix, parseIpAddress } from '@podlan/wire';
import type { Check, Problem } from '../check.js';
import type { Scene } from '../scene.js';
import { isOurs } from './cni-config.js';

const DIRECTORY = '/var/lib/cni/networks';
/** Of IPv4: the network's, the gateway's and the broadcast address. */
const NEVER_GIVEN = 3;
const NEARLY = 0.9;
const MOST_SHOWN = 5;

const podAddresses: Check = {
  id: 'pod-addresses',
  title: 'every pod has reserved its address, and no other address is reserved',
  page: 'course/cni#host-local',
  examine(scene) {
    const all = scene.machine.reservations;
    if (all === undefined) return { skipped: `no addresses reserved by host-local were read (${DIRECTORY})` };
    if (scene.control.subnets.length === 0) return { skipped: "this node's subnet is not known" };
    const ours = reservationsOf(scene, all);
    return {
      looked: [`grep -r . ${DIRECTORY}`, 'ip address (in the pods)'],
      problems: [
        ...reservedTwice(all),
        ...outside(scene, ours),
        ...leaked(scene, ours),
        ...unreserved(scene, ours),
        ...scene.control.subnets.flatMap((subnet) => nearlyUsedUp(subnet, ours)),
      ],
    };
  },
};

const isOf = (subnets: readonly IpPrefix[], address: Reservation['address']): boolean =>
  subnets.some((subnet) => contains(subnet, address));

/** Of the networks whose pods have addresses of this node's subnets. */
function reservationsOf({ control, machine }: Scene, all: readonly Reservation[]): Reservation[] {
  const named = (machine.cniConfigs ?? []).filter(isOurs).map(({ name }) => name);
  const used = all.filter(({ address }) => isOf(control.subnets, address)).map(({ network }) => network);
  const networks = new Set([...named, ...used]);
  return all.filter(({ network }) => networks.has(network));
}

const text = ({ network, address, container }: Reservation): string =>
  `${network}/${address}: ${container || 'no container'}`;

/** The first ones, and how many more there are. */
const shown = (lines: readonly string[]): string[] =>
  lines.length <= MOST_SHOWN
    ? [...lines]
    : [...lines.slice(0, MOST_SHOWN), `and ${lines.length - MOST_SHOWN} more`];

const removal = (reservations: readonly Reservation[]): string[] =>
  shown(
    reservations.map(
      ({ network, address, container }) =>
        `where crictl pods shows no ${container.slice(0, 13) || 'pod with it'}: rm ${DIRECTORY}/${network}/${address}`,
    ),
  );

function reservedTwice(all: readonly Reservation[]): Problem[] {
  const twice = all.filter(({ address }, at) =>
    all.some((other, index) => index !== at && other.address === address),
  );
  if (twice.length === 0) return [];
  return [
    {
      verdict: 'error',
      why: 'Two CNI networks have given out one address: two pods have it, and each gets what is for the other.',
      evidence: shown(twice.map(text)),
      mend: [
        'leave one configuration in /etc/cni/net.d, and delete the pods that were made by the other',
        ...removal(twice),
      ],
    },
  ];
}

function outside({ control }: Scene, ours: readonly Reservation[]): Problem[] {
  const families = control.subnets.map(familyOf);
  const foreign = ours.filter(
    ({ address }) => families.includes(familyOf(address)) && !isOf(control.subnets, address),
  );
  if (foreign.length === 0) return [];
  return [
    {
      verdict: 'warning',
      why: `Addresses are reserved that are none of ${control.subnets.join(', ')}: the node had another subnet. Pods that still have them are reached by nobody on other nodes.`,
      evidence: shown(foreign.map(text)),
      mend: ['delete the pods that have them, so that they are made anew', ...removal(foreign)],
    },
  ];
}

const podAddressesOf = ({ snapshot }: Scene): Map<string, string> => {
  const [, ...pods] = snapshot.namespaces;
  return new Map(
    pods.flatMap(({ name, addresses }) =>
      addresses.flatMap(({ addr_info }) => addr_info.map(({ local }) => [local, name] as const)),
    ),
  );
};

/** A pair whose other end nobody could look at may be that of a pod. */
function podsAreAll({ snapshot, host }: Scene): boolean {
  const ports = host.links.filter(
    ({ master, linkinfo }) => master !== undefined && linkinfo?.info_kind === 'veth',
  );
  return snapshot.namespaces.length - 1 >= ports.length;
}

function leaked(scene: Scene, ours: readonly Reservation[]): Problem[] {
  const held = podAddressesOf(scene);
  const free = ours.filter(({ address }) => isOf(scene.control.subnets, address) && !held.has(address));
  if (free.length === 0 || !podsAreAll(scene)) return [];
  return [
    {
      verdict: 'warning',
      why: `${free.length} addresses are reserved and no pod has them, such as after a crash, when nobody told the plugin of their end. They are never given out again, until none is left: "no IP addresses available in range set".`,
      evidence: shown(free.map(text)),
      mend: removal(free),
    },
  ];
}

/** Where others than host-local give the addresses, nothing is reserved. */
function unreserved(scene: Scene, ours: readonly Reservation[]): Problem[] {
  const reserved = new Set<string>(ours.map(({ address }) => address));
  const bare = [...podAddressesOf(scene)].filter(([local]) => {
    const address = parseIpAddress(local);
    return address !== undefined && isOf(scene.control.subnets, address) && !reserved.has(local);
  });
  if (ours.length === 0 || bare.length === 0) return [];
  return [
    {
      verdict: 'error',
      why: 'A pod has an address that is not reserved: it will be given to another pod as well.',
      evidence: shown(bare.map(([local, pod]) => `${pod}: ${local}, and no file ${local} in ${DIRECTORY}`)),
      mend: bare.map(([, pod]) => `delete the pod of ${pod}, so that it is made anew`).slice(0, MOST_SHOWN),
    },
  ];
}

function nearlyUsedUp(subnet: IpPrefix, ours: readonly Reservation[]): Problem[] {
  if (familyOf(subnet) === 6) return [];
  const most = Number(addressCount(subnet)) - NEVER_GIVEN;
  const used = ours.filter(({ address }) => contains(subnet, address)).length;
  if (used < most * NEARLY) return [];
  return [
    {
      verdict: used >= most ? 'error' : 'warning',
      why: `Of ${most} addresses for pods ${used} are given out: soon new pods get none.`,
      evidence: [`${subnet}: ${used} of ${most}`],
      mend: [
        'run fewer pods here (maxPods of the kubelet), or give nodes larger subnets (SubnetLen, or --node-cidr-mask-size)',
      ],
    },
  ];
}

export const POD_ADDRESS_CHECKS: readonly Check[] = [podAddresses];
