/** Faults of a host's files, and of networks beside that of the pods. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { examine } from '../../dist/doctor/examine.js';
import { overlaysOf } from '../../dist/doctor/scene.js';
import { hostDirectory, subnetFile } from '../../dist/lab/lab-agents.js';
import { readCniConfigs } from '../../dist/snapshot/machine/host-files.js';
import { readMacPolicies } from '../../dist/snapshot/machine/mac-policies.js';
import type { TestLab } from '../test-lab.js';
import { type DoctorFault, snapshotOf } from './doctor-fault.js';

const rootOf = ({ name }: TestLab, host = 'host-a') => join(hostDirectory(name, host), 'root');
const networksOf = ({ name }: TestLab) => join(hostDirectory(name, 'host-a'), 'cni', 'networks');

function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
}

/** With a tree of its own for /etc, /run and /sys, as only the machine itself has one. */
const withRoot: DoctorFault['look'] = async (lab, host) => {
  const snapshot = await snapshotOf(lab, host);
  const root = rootOf(lab, host);
  const devices = overlaysOf(snapshot.namespaces[0]!).map(({ link }) => link);
  const cniConfigs = await readCniConfigs(join(root, 'etc/cni/net.d'));
  const macPolicies = await readMacPolicies(root, devices);
  const read = { ...(cniConfigs && { cniConfigs }), ...(macPolicies && { macPolicies }) };
  return examine([{ ...snapshot, machine: { ...snapshot.machine, ...read } }]);
};

type Wanted = Pick<DoctorFault, 'check' | 'name' | 'byHand' | 'verdict' | 'evidence'>;

/** `healthy`: what is there afterwards, and nothing is wrong. */
const inRoot = (
  wanted: Wanted,
  files: Readonly<Record<string, string>>,
  healthy: Readonly<Record<string, string>>,
): DoctorFault => ({
  ...wanted,
  make: async (lab) => write(rootOf(lab), files),
  mend: async (lab) => {
    rmSync(rootOf(lab), { recursive: true });
    write(rootOf(lab), healthy);
  },
  look: withRoot,
  root: (lab) => rootOf(lab),
});

const NET_D = 'etc/cni/net.d';
const FLANNEL = JSON.stringify({ name: 'cbr0', plugins: [{ type: 'flannel' }, { type: 'portmap' }] });
const BRIDGE = JSON.stringify({
  name: 'acme',
  plugins: [{ type: 'bridge', ipam: { type: 'host-local', subnet: '10.88.0.0/16' } }],
});
const LOOPBACK = JSON.stringify({ name: 'lo', type: 'loopback' });
const [UDEV, RANDOM] = ['run/udev/control', 'sys/class/net/flannel.1/addr_assign_type'];
const PERSISTENT = '[Match]\nOriginalName=*\n\n[Link]\nNamePolicy=keep kernel\nMACAddressPolicy=persistent\n';
const DEFAULT_LINK = 'usr/lib/systemd/network/99-default.link';
const RULE = '[Match]\nOriginalName=eth0 flannel*\n[Link]\nMACAddressPolicy=none\n';
const MANAGER = 'run/NetworkManager/NetworkManager.pid';
const UNMANAGED = '[keyfile]\n# of the pods\nunmanaged-devices=interface-name:cni0;interface-name:flannel*\n';

const reserve = (
  name: string,
  network: string,
  addresses: readonly string[],
  found: Omit<Wanted, 'check' | 'name'>,
) => ({
  ...{ check: 'pod-addresses', name, ...found },
  byHand: 'whether there is such a pod, the container runtime knows',
  make: async (lab: TestLab) =>
    write(
      join(networksOf(lab), network),
      Object.fromEntries(addresses.map((address) => [address, 'f00d\r\neth0'])),
    ),
  mend: async (lab: TestLab) => {
    for (const address of addresses) rmSync(join(networksOf(lab), network, address));
  },
});
const many = Array.from({ length: 230 }, (_, n) => `10.244.1.${n + 20}`);

/** `left` of it is there; the agent would write it whole. */
const spoilt = (name: string, left: (text: string) => string, evidence: RegExp): DoctorFault => {
  let whole: string;
  return {
    ...{ check: 'subnet-env', name, evidence, verdict: 'error' },
    byHand: 'the agent has to be started',
    make: async (lab) => {
      const file = subnetFile(lab.name, 'host-a');
      whole = readFileSync(file, 'utf8');
      writeFileSync(file, left(whole));
    },
    mend: async (lab) => writeFileSync(subnetFile(lab.name, 'host-a'), whole),
  };
};

export const FILE_FAULTS: readonly DoctorFault[] = [
  spoilt('it was cut off', (text) => text.slice(0, text.indexOf('FLANNEL_SUBNET')), /^FLANNEL_NETWORK=/),
  spoilt('a value is none', (text) => text.replace(/MTU=.*/, 'MTU=auto'), /^FLANNEL_MTU=auto$/),
  spoilt('it is of another subnet', (text) => text.replaceAll('10.244.1.', '10.244.9.'), /10\.244\.9\.1/),
  {
    ...spoilt(
      'its MTU is more than the tunnel carries',
      (text) => text.replace('1430', '1490'),
      /^FLANNEL_MTU=1490$/,
    ),
    verdict: 'warning',
  },
  {
    ...spoilt('there is nothing in it', () => '\0\0\0', /^\/run\/flannel\/subnet\.env: not there, or/),
    verdict: 'warning',
  },
  inRoot(
    {
      check: 'cni-config',
      name: 'another file comes first',
      verdict: 'error',
      evidence: /^05-acme\.conflist: acme/,
    },
    { [`${NET_D}/10-flannel.conflist`]: FLANNEL, [`${NET_D}/05-acme.conflist`]: BRIDGE },
    {
      [`${NET_D}/10-flannel.conflist`]: FLANNEL,
      [`${NET_D}/87-acme.conflist`]: BRIDGE,
      [`${NET_D}/00-lo.conf`]: LOOPBACK,
    },
  ),
  inRoot(
    {
      check: 'cni-config',
      name: 'there are two of flannel',
      verdict: 'warning',
      evidence: /^20-podlan\.conflist/,
    },
    {
      [`${NET_D}/10-flannel.conflist`]: FLANNEL,
      [`${NET_D}/20-podlan.conflist`]: JSON.stringify({ name: 'podlan', type: 'podlan' }),
    },
    { [`${NET_D}/10-flannel.conflist`]: FLANNEL },
  ),
  inRoot(
    {
      check: 'mac-policy',
      name: 'systemd-udevd draws MACs',
      verdict: 'warning',
      evidence: /^99-default\.link: MACAddressPolicy=persistent$/,
    },
    { [UDEV]: '', [RANDOM]: '1\n', [DEFAULT_LINK]: PERSISTENT },
    { [UDEV]: '', [RANDOM]: '1\n', [DEFAULT_LINK]: PERSISTENT, 'etc/systemd/network/10-flannel.link': RULE },
  ),
  inRoot(
    {
      check: 'mac-policy',
      name: 'a file takes the place of one that was for other devices',
      verdict: 'warning',
      evidence: /^10-flannel\.link: MACAddressPolicy=random$/,
    },
    {
      ...{ [UDEV]: '', [RANDOM]: '1\n', [DEFAULT_LINK]: PERSISTENT },
      'usr/lib/systemd/network/10-flannel.link': RULE,
      'etc/systemd/network/10-flannel.link': '[Match]\nKind=vxlan tap\n[Link]\nMACAddressPolicy=random\n',
    },
    // Whoever made the device has set its MAC: systemd leaves it.
    { [UDEV]: '', [RANDOM]: '3\n', [DEFAULT_LINK]: PERSISTENT },
  ),
  inRoot(
    {
      check: 'mac-policy',
      name: 'NetworkManager takes all devices',
      verdict: 'warning',
      evidence: /^NetworkManager: flannel\.1 is not among/,
    },
    { [MANAGER]: '1\n', 'etc/NetworkManager/conf.d/90-all.conf': '[keyfile]\n' },
    { [MANAGER]: '1\n', 'etc/NetworkManager/conf.d/10-pods.conf': UNMANAGED },
  ),
  inRoot(
    {
      check: 'mac-policy',
      name: 'NetworkManager excepts a device from those it leaves alone',
      byHand: 'an exception has to be taken out of the file where it stands',
      verdict: 'warning',
      evidence: /^NetworkManager: flannel\.1 is not among/,
    },
    {
      [MANAGER]: '1\n',
      'usr/lib/NetworkManager/conf.d/10-pods.conf': UNMANAGED,
      'etc/NetworkManager/conf.d/90-all.conf':
        '[keyfile]\nunmanaged-devices=interface-name:veth*,except:interface-name:flannel.1\n',
    },
    { [MANAGER]: '1\n', 'etc/NetworkManager/conf.d/10-pods.conf': UNMANAGED },
  ),
  {
    check: 'networks-apart',
    byHand: 'one of the two networks has to move',
    name: "Docker's bridge is in the pod network",
    make: ['ip link add docker0 type bridge', 'ip address add 10.244.200.1/24 dev docker0'],
    mend: ['ip link delete docker0'],
    verdict: 'error',
    evidence: /^10\.244\.200\.1\/24 dev docker0$/,
  },
  {
    check: 'networks-apart',
    byHand: 'one of the two networks has to move',
    name: "a network around the pods' is on a device",
    make: ['ip link add lan0 type bridge', 'ip address add 10.1.2.3/8 dev lan0'],
    mend: ['ip link delete lan0'],
    verdict: 'warning',
    evidence: /^10\.1\.2\.3\/8 dev lan0$/,
  },
  {
    check: 'networks-apart',
    name: "a route takes a part of a peer's subnet",
    make: [
      'ip link add wg0 type bridge',
      'ip link set wg0 up',
      'ip route add 10.244.2.128/25 dev wg0',
      // One around all is no harm.
      'ip route add 10.0.0.0/8 dev wg0',
    ],
    mend: ['ip link delete wg0'],
    verdict: 'error',
    evidence: /^10\.244\.2\.128\/25 dev wg0/,
  },
  reserve('an address is reserved and no pod has it', 'podlan', ['10.244.1.77'], {
    verdict: 'warning',
    evidence: /^podlan\/10\.244\.1\.77: f00d$/,
  }),
  reserve('two networks have given out one address', 'cbr0', ['10.244.1.2'], {
    verdict: 'error',
    evidence: /^cbr0\/10\.244\.1\.2: f00d$/,
  }),
  reserve('an address of another subnet is reserved', 'podlan', ['10.244.9.3'], {
    verdict: 'warning',
    evidence: /^podlan\/10\.244\.9\.3: f00d$/,
  }),
  reserve('nearly all addresses are given out', 'podlan', many, {
    verdict: 'warning',
    evidence: /^10\.244\.1\.0\/24: 23\d of 253$/,
  }),
  {
    check: 'pod-addresses',
    byHand: 'the pod has to be made anew',
    name: 'a pod has an address that is not reserved',
    make: (lab) => lab.in('pod-a1', 'ip', 'address', 'add', '10.244.1.99/24', 'dev', 'eth0'),
    mend: (lab) => lab.in('pod-a1', 'ip', 'address', 'delete', '10.244.1.99/24', 'dev', 'eth0'),
    verdict: 'error',
    evidence: /^pod-a1: 10\.244\.1\.99, and no file/,
  },
];
