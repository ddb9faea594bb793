/** Checksums of what is tunnelled: whether the kernel leaves them wrong, and whether wrong ones come in. */
import type { Check, Problem } from '../check.js';
import { type Overlay, type Scene, sysctlText } from '../scene.js';

const OFFLOAD = 'tx-checksum-ip-generic';
/** From here on NAT leaves alone a checksum that is not made yet (flannel-io/flannel#1279, kubernetes#88986). */
const FIXED_IN: readonly [number, number] = [5, 7];

const checksumOffload: Check = {
  id: 'checksum-offload',
  title: 'the kernel makes right checksums for what it tunnels',
  page: 'course/vxlan#udp',
  examine(scene) {
    const tunnels = scene.overlays.filter(({ kind }) => kind === 'vxlan');
    if (tunnels.length === 0) return { skipped: 'no device here is of VXLAN in the kernel' };
    const read = tunnels.filter(({ name }) => offloadOf(scene, name) !== undefined);
    const version = versionOf(scene.snapshot.kernel);
    if (read.length === 0 || version === undefined)
      return { skipped: "features of devices, or the kernel's version, were not read" };
    return {
      looked: ['uname -r', ...read.map(({ name }) => `ethtool -k ${name}`)],
      problems: isBefore(version, FIXED_IN)
        ? read.filter(({ name }) => offloadOf(scene, name)).map((one) => leftToCard(scene, one))
        : [],
    };
  },
};

const offloadOf = ({ machine }: Scene, name: string): boolean | undefined =>
  machine.offloads?.find(({ ifname }) => ifname === name)?.features[OFFLOAD];

function versionOf(kernel: string): [number, number] | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(kernel) ?? [];
  return major === undefined ? undefined : [Number(major), Number(minor)];
}

const isBefore = ([major, minor]: readonly [number, number], [toMajor, toMinor]: readonly [number, number]) =>
  major < toMajor || (major === toMajor && minor < toMinor);

const leftToCard = ({ snapshot }: Scene, { name }: Overlay): Problem => ({
  verdict: 'warning',
  why:
    `Where rules of NAT meet a packet that ${name} has wrapped, as kube-proxy's masquerading with --random-fully does, a kernel before ` +
    `${FIXED_IN.join('.')} sends it with a wrong checksum, unless its distribution has taken the repair over: services answer after 1, 3 or 63 seconds, or not at all.`,
  evidence: [`kernel ${snapshot.kernel}`, `${name}: ${OFFLOAD}: on`],
  mend: [`ethtool -K ${name} ${OFFLOAD} off`, 'or take a later kernel'],
});

/** Fewer than these come of the wires anywhere. */
const MOST_WRONG = 10;
const MOST_WRONG_SHARE = 1 / 1000;

const udpChecksums: Check = {
  id: 'udp-checksums',
  title: 'UDP that comes in has right checksums',
  page: 'course/vxlan#udp',
  examine({ machine: { udp } }) {
    if (udp === undefined) return { skipped: 'the counters of UDP were not read' };
    const { inCsumErrors: wrong, inDatagrams: right } = udp;
    const isMuch = wrong > MOST_WRONG && wrong > (wrong + right) * MOST_WRONG_SHARE;
    const problem: Problem = {
      verdict: 'warning',
      why: `${wrong} datagrams had wrong checksums and were dropped without a word, beside ${right} that were taken: a peer, its card, or a device that translates addresses on the way, makes them wrong.`,
      evidence: [sysctlText('UdpInCsumErrors', `${wrong}`), sysctlText('UdpInDatagrams', `${right}`)],
      mend: [
        'see whose they are: dmesg | grep "bad checksum", or tcpdump -vv -n udp port 8472',
        'on the node that sends them: ethtool -K flannel.1 tx-checksum-ip-generic off',
        'where that does not help: ethtool -K CARD tx-udp_tnl-csum-segmentation off tx-udp_tnl-segmentation off',
      ],
    };
    return { looked: ['nstat -az UdpInCsumErrors UdpInDatagrams'], problems: isMuch ? [problem] : [] };
  },
};

export const CHECKSUM_CHECKS: readonly Check[] = [checksumOffload, udpChecksums];
