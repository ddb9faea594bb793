/** The bridge of the pods: up, and with the address that they have for their gateway. */
import { contains, nthAddress, prefixOf } from '@podlan/linux/prefix';
import type { LinkSnapshot } from '@podlan/simulator/snapshot';
import {
  familyOf,
  type InterfaceAddress,
  type IpPrefix,
  parseInterfaceAddress,
  parseIpAddress,
  prefixLength,
} from '@podlan/wire';
import type { Check, Problem } from '../check.js';
import { addressLines } from '../device-address.js';
import { addressTexts, linkText } from '../row-text.js';
import { isUp, leasedSubnets, linkOf, type Scene } from '../scene.js';

const BRIDGE = 'cni0';

const podBridge: Check = {
  id: 'pod-bridge',
  title: `${BRIDGE} is up, and has the first address of this node's subnet`,
  page: 'course/pause-and-cni0#in-the-lab',
  examine(scene) {
    const bridge = linkOf(scene.host, BRIDGE);
    if (bridge === undefined) return { skipped: `there is no ${BRIDGE}: it is made with the first pod` };
    const subnets = leasedSubnets(scene);
    if (subnets.length === 0) return { skipped: "this node's subnet is not known" };
    return {
      looked: [`ip address show ${BRIDGE}`],
      problems: isUp(bridge)
        ? subnets.flatMap((subnet) => gatewayProblems(scene, subnet))
        : [isDown(scene, bridge, subnets)],
    };
  },
};

/** Linux takes IPv6 addresses off a device that goes down. */
const isDown = (scene: Scene, bridge: LinkSnapshot, subnets: readonly IpPrefix[]): Problem => ({
  verdict: 'error',
  why: 'The bridge of the pods is down: none of them reaches anybody.',
  evidence: [linkText(bridge)],
  mend: [
    `ip link set dev ${BRIDGE} up`,
    ...subnets.flatMap((subnet) => addressLines(scene, BRIDGE, gatewayOf(subnet))),
  ],
  isOurs: true,
});

const gatewayOf = (subnet: IpPrefix): string => `${nthAddress(subnet, 1)}/${prefixLength(subnet)}`;

function gatewayProblems(scene: Scene, subnet: IpPrefix): Problem[] {
  const found = addressTexts(scene.host, BRIDGE);
  const gateway = nthAddress(subnet, 1);
  if (found.some((text) => text.includes(` ${gateway}/`))) return [];
  const strange = strangers(scene, subnet);
  return [
    {
      verdict: 'error',
      why: `The pods' gateway ${gateway} is not on ${BRIDGE}: ${
        strange.length === 0
          ? 'somebody took it off, and pods reach nothing beyond their bridge.'
          : 'the node\'s subnet has changed. The CNI plugin refuses new pods ("already has an IP address different from"), and those of the other subnet are reached by nobody.'
      }`,
      evidence: found.length === 0 ? [`${BRIDGE}: no address`] : found,
      ...mendFor(scene, subnet, strange),
    },
  ];
}

/** Of the same family, and no link-local ones. */
function strangers({ host }: Scene, subnet: IpPrefix): InterfaceAddress[] {
  const own = host.addresses.filter(({ ifname }) => ifname === BRIDGE);
  return own
    .flatMap(({ addr_info }) => addr_info)
    .filter(({ scope }) => scope !== 'link')
    .map(({ local, prefixlen }) => parseInterfaceAddress(`${local}/${prefixlen}`))
    .filter((address) => address !== undefined)
    .filter((address) => familyOf(address) === familyOf(subnet));
}

/** Pods of another subnet cannot be taken over: they keep the addresses with which they were made. */
function mendFor(
  scene: Scene,
  subnet: IpPrefix,
  strange: readonly InterfaceAddress[],
): Pick<Problem, 'mend' | 'isOurs'> {
  const theirs = strange.filter((address) => hasPods(scene, prefixOf(address)));
  if (theirs.length > 0)
    return {
      mend: [
        `ip link delete dev ${BRIDGE}`,
        'and delete the pods, so that all are made anew, bridge and all',
      ],
    };
  return {
    mend: [
      ...strange.map((address) => `ip addr del ${address} dev ${BRIDGE}`),
      ...addressLines(scene, BRIDGE, gatewayOf(subnet)),
    ],
    isOurs: true,
  };
}

function hasPods({ snapshot }: Scene, prefix: IpPrefix): boolean {
  const [, ...pods] = snapshot.namespaces;
  const locals = pods.flatMap(({ addresses }) =>
    addresses.flatMap(({ addr_info }) => addr_info.map(({ local }) => parseIpAddress(local))),
  );
  return locals.some((local) => local !== undefined && contains(prefix, local));
}

export const POD_BRIDGE_CHECKS: readonly Check[] = [podBridge];
