/** Whether this node's lease is its own, and says what the node is. */
import { overlaps } from '@podlan/linux/prefix';
import type { LeaseSnapshot } from '@podlan/simulator/snapshot';
import type { Check, Problem } from '../check.js';
import { ownMacProblem } from '../own-mac.js';
import { restartLines } from '../restart.js';
import { leaseByState, NO_LEASES, type Scene } from '../scene.js';

const leaseText = ({ subnets, endpoints }: LeaseSnapshot): string =>
  `${subnets.join(', ')} at ${endpoints.map(({ publicIp, vtepMac }) => (vtepMac ? `${publicIp} (${vtepMac})` : publicIp)).join(', ')}`;

const ownLease: Check = {
  id: 'own-lease',
  title: 'this node has a lease, and it is for its subnet and addresses',
  page: 'course/subnets#when-it-changes',
  examine(scene) {
    const { leases } = scene;
    if (!leases?.areAll) return { skipped: NO_LEASES };
    const looked = [leases.from, 'ip address', 'cat /run/flannel/subnet.env'];
    return { looked, problems: leases.own === undefined ? [noLease(scene)] : ownProblems(scene, leases.own) };
  },
};

const noLease = (scene: Scene): Problem => ({
  verdict: 'error',
  why: 'No lease has an address of this node: its peers do not know that it is there. In Kubernetes a node without a podCIDR has none.',
  evidence: [
    `addresses of this node: ${(scene.control.interface?.publicIps ?? []).join(', ') || 'none known'}`,
    ...scene.leases!.peers.map((lease) => `lease ${leaseText(lease)}`),
  ],
  mend: [
    ...restartLines(scene, 'it takes a lease'),
    `in Kubernetes see that the node has a podCIDR: kubectl get node ${scene.node} -o jsonpath='{.spec.podCIDRs}'; the controller manager assigns it with --allocate-node-cidrs`,
  ],
});

function ownProblems(scene: Scene, own: LeaseSnapshot): Problem[] {
  const { control, host } = scene;
  const problems: Problem[] = [];
  const others = control.subnets.filter((subnet) => !own.subnets.includes(subnet));
  if (others.length > 0)
    problems.push({
      verdict: 'error',
      why: `The node works with ${others.join(', ')}, and its lease is for others: peers send packets for its pods to whoever has these, or to nobody.`,
      evidence: [`lease ${leaseText(own)}`, `the node's subnets: ${control.subnets.join(', ')}`],
      mend: [...restartLines(scene, 'it works with its lease'), 'then delete the pods of the other subnet'],
    });
  const known = new Set<string>(
    host.addresses.flatMap(({ addr_info }) => addr_info.map(({ local }) => local)),
  );
  const foreign = own.endpoints.filter(({ publicIp }) => !known.has(publicIp));
  // Behind NAT no interface has it: an agent that says so knows it.
  const isTold = foreign.every(({ publicIp }) => control.interface?.publicIps.includes(publicIp));
  if (foreign.length > 0 && !(control.source === 'podlan' && isTold))
    problems.push({
      verdict: 'error',
      why: `Peers send to ${foreign.map(({ publicIp }) => publicIp).join(', ')}, which no interface here has: the address of the node changed, unless NAT brings it here.`,
      evidence: [
        `lease ${leaseText(own)}`,
        ...host.addresses.flatMap(({ ifname, addr_info }) =>
          addr_info
            .filter(({ scope }) => scope === 'global')
            .map(({ local, prefixlen }) => `${local}/${prefixlen} dev ${ifname}`),
        ),
      ],
      mend: restartLines(scene, 'it publishes the new address'),
    });
  return problems;
}

const leasesApart: Check = {
  id: 'leases-apart',
  title: "no other node has this one's subnet or address",
  page: 'course/subnets#no-overlap',
  examine({ leases, control, node }) {
    if (leases === undefined) return { skipped: NO_LEASES };
    const own = leases.own ?? { subnets: control.subnets, backendType: '', endpoints: [] };
    const sameSubnet = leases.peers.filter(({ subnets }) =>
      subnets.some((theirs) => own.subnets.some((ours) => overlaps(theirs, ours))),
    );
    const problems = sameSubnet.map(
      (peer): Problem => ({
        verdict: 'error',
        why: `Two nodes have the same pod subnet: each keeps packets for the other's pods to itself.`,
        evidence: [`${node}: ${leaseText(own)}`, `another: ${leaseText(peer)}`],
        mend: [
          `take the lease away that is wrong: podlan leases revoke ${peer.subnets.join(' ')}`,
          'then start the agent of that node anew, and delete its pods',
        ],
      }),
    );
    return { looked: [leases.from], problems };
  },
};

const vtepMac: Check = {
  id: 'vtep-mac',
  title: 'tunnel devices have the MACs that their leases tell',
  page: 'course/arp-fdb-routes#who-fills',
  examine(scene) {
    const { leases, overlays } = scene;
    if (leases === undefined) return { skipped: NO_LEASES };
    if (overlays.every(({ kind }) => kind === 'tun'))
      return { skipped: 'no device here has a MAC that peers send to' };
    return {
      looked: [leases.from, ...overlays.map(({ name }) => `ip -d link show ${name}`)],
      problems: [...ownMacs(scene), ...peerMacs(scene)],
    };
  },
};

const ownMacs = (scene: Scene): Problem[] =>
  scene.overlays.flatMap((overlay) => ownMacProblem(scene, overlay) ?? []);

/** A peer whose snapshot is here is known as it is. */
function peerMacs({ leases, others }: Scene): Problem[] {
  const real = others.flatMap((one) => {
    const lease = leaseByState(one);
    return lease === undefined ? [] : [{ node: one.node, lease }];
  });
  return real.flatMap(({ node, lease }) =>
    lease.endpoints.flatMap(({ publicIp, vtepMac: has }): Problem[] => {
      const told = leases?.peers
        .flatMap(({ endpoints }) => endpoints)
        .find((endpoint) => endpoint.publicIp === publicIp)?.vtepMac;
      if (told === undefined || has === undefined || told === has) return [];
      return [
        {
          verdict: 'error',
          why: `This node sends to ${node} by a MAC that its tunnel device has not: ${node} takes none of these frames.`,
          evidence: [`known here: ${told} at ${publicIp}`, `on ${node}: ${has}`],
          mend: [`on ${node}, start the agent anew: it publishes the MAC that its device has`],
        },
      ];
    }),
  );
}

export const LEASE_CHECKS: readonly Check[] = [ownLease, leasesApart, vtepMac];
