/** Faults of a host's kernel: checksums, tables with a limit, and its clock. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestLab } from '../test-lab.js';
import type { DoctorFault } from './doctor-fault.js';
import { type Edit, edited, withMachine } from './edited-host.js';

const RAW_DATAGRAMS = fileURLToPath(new URL('./raw-datagrams.js', import.meta.url));

/** To the host itself, from one of its own processes. */
async function datagrams(lab: TestLab, checksum: 'wrong' | 'right', count: number): Promise<void> {
  const { code, stderr } = await lab.in('host-a', process.execPath, RAW_DATAGRAMS, checksum, `${count}`);
  if (code !== 0) throw new Error(`${dirname(RAW_DATAGRAMS)}: ${stderr}`);
}

const OLD_KERNEL = '5.4.0-42-generic';
const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const leaseEnds =
  (hours: number): Edit =>
  (snapshot) => {
    const control = snapshot.control!;
    const leases = control.leases!.map((lease) =>
      lease.own ? { ...lease, expiresAt: inHours(hours) } : lease,
    );
    return { ...snapshot, control: { ...control, leases } };
  };
const neighbors = (count: number, tableFulls: number) =>
  withMachine(() => ({
    neighborTables: [{ family: 'inet', count, tableFulls, thresholds: [128, 512, 1024] }],
  }));

export const MACHINE_FAULTS: readonly DoctorFault[] = [
  {
    check: 'udp-checksums',
    name: 'datagrams come in with wrong checksums',
    byHand: 'whoever sends them is to be found first',
    make: (lab) => datagrams(lab, 'wrong', 20),
    // The counter never falls: so many are right that those are few.
    mend: (lab) => datagrams(lab, 'right', 20_000),
    verdict: 'warning',
    evidence: /^UdpInCsumErrors = 20$/,
  },
  // The kernel here has been repaired: the features are read from the device, and the version is another.
  edited(
    {
      check: 'checksum-offload',
      name: 'a kernel before the repair leaves checksums of tunnels to the card',
      verdict: 'warning',
      evidence: /^flannel\.1: tx-checksum-ip-generic: on$/,
    },
    (snapshot) => ({ ...snapshot, kernel: OLD_KERNEL }),
  ),
  // One limit holds for the whole machine, and only its first namespace may change it: the count is read, and the limit not.
  edited(
    {
      check: 'conntrack-table',
      name: 'the table is full',
      verdict: 'error',
      evidence: /nf_conntrack_max = 7$/,
    },
    withMachine(({ conntrack }) => ({ conntrack: { ...conntrack!, count: 7, max: 7 } })),
  ),
  edited(
    {
      check: 'conntrack-table',
      name: 'the table is nearly full',
      verdict: 'warning',
      evidence: /_count = 95$/,
    },
    withMachine(({ conntrack }) => ({ conntrack: { ...conntrack!, count: 95, max: 100 } })),
  ),
  edited(
    {
      check: 'conntrack-table',
      name: 'connections were dropped',
      verdict: 'warning',
      evidence: /early_drop 3$/,
    },
    withMachine(({ conntrack }) => ({ conntrack: { ...conntrack!, dropped: 3 } })),
  ),
  edited(
    {
      check: 'conntrack-table',
      name: 'connections could not be entered',
      verdict: 'warning',
      evidence: /insert_failed 500$/,
    },
    withMachine(({ conntrack }) => ({ conntrack: { ...conntrack!, insertFailed: 500 } })),
  ),
  // Its table and limits are the whole machine's: filled for real, it would be so for everybody.
  edited(
    { check: 'neighbor-table', name: 'the table is full', verdict: 'error', evidence: /^entries 2000, / },
    neighbors(2000, 0),
  ),
  edited(
    { check: 'neighbor-table', name: 'the table was full', verdict: 'warning', evidence: /table_fulls 4$/ },
    neighbors(40, 4),
  ),
  // No store lists a lease that has run out, and none gives one for so long: that is what a clock does.
  edited(
    { check: 'lease-time', name: 'the lease has run out', verdict: 'error', evidence: /^the lease ends at / },
    leaseEnds(-1),
  ),
  edited(
    {
      check: 'lease-time',
      name: 'the lease ends too late',
      verdict: 'warning',
      evidence: /^the lease ends at /,
    },
    leaseEnds(40),
  ),
];
