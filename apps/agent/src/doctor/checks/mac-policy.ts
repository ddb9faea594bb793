/** Whether another program would give the tunnel devices other MACs than their leases tell. */
import type { MacPolicy } from '@podlan/simulator/snapshot';
import type { Check, Problem } from '../check.js';

const MANAGED = 'managed';

const macPolicy: Check = {
  id: 'mac-policy',
  title: "nobody else changes the tunnel devices' MACs",
  page: 'course/arp-fdb-routes#who-fills',
  examine({ machine: { macPolicies } }) {
    if (macPolicies === undefined)
      return {
        skipped:
          'neither systemd-udevd nor NetworkManager was seen, or this host is not the one that they serve',
      };
    const managed = macPolicies.filter(({ policy }) => policy === MANAGED);
    // systemd leaves a MAC alone that the maker of the device has set, as flannel does since 0.15, and podlan.
    const rewritten = macPolicies.filter(
      ({ policy, assigned }) => policy !== MANAGED && assigned === 'random',
    );
    return {
      looked: [
        'udevadm info /sys/class/net/flannel.1',
        'cat /sys/class/net/flannel.1/addr_assign_type',
        'NetworkManager --print-config',
      ],
      problems: [...rewritten.map(byUdev), ...(managed.length === 0 ? [] : [byManager(managed)])],
    };
  },
};

const byUdev = ({ file, policy, ifname, assigned }: MacPolicy): Problem => ({
  verdict: 'warning',
  why: `${ifname} was made with a MAC drawn by the kernel, and systemd-udevd gives such a device another, maybe after the agent has published the first: then it takes no frame of its peers.`,
  evidence: [`${file}: MACAddressPolicy=${policy}`, `${ifname}: addr_assign_type ${assigned}`],
  mend: [
    `mkdir -p /etc/systemd/network && printf '[Match]\\nOriginalName=flannel*\\n[Link]\\nMACAddressPolicy=none\\n' > /etc/systemd/network/10-flannel.link`,
    'then start the agent anew; flannel sets the MAC itself since 0.15',
  ],
});

const byManager = (managed: readonly MacPolicy[]): Problem => ({
  verdict: 'warning',
  why: 'NetworkManager takes the devices of the pod network for its own: it may take addresses, MACs and routes off them when it starts anew, or when a configuration without a name fits them.',
  evidence: managed.map(({ file, ifname }) => `${file}: ${ifname} is not among unmanaged-devices`),
  mend: [
    `printf '[keyfile]\\nunmanaged-devices+=interface-name:flannel*;interface-name:cni*;interface-name:veth*\\n' > /etc/NetworkManager/conf.d/podlan.conf`,
    'nmcli general reload',
  ],
});

export const MAC_POLICY_CHECKS: readonly Check[] = [macPolicy];
