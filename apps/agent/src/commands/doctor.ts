/** `podlan doctor`: flags to calls. Through files it runs wherever Node.js does: what only Linux can load is left alone. */
import type { Command } from 'commander';
import { declareStoreFlags, type StoreFlags, storeChoice } from '../agent/flags/store-flags.js';
import { requireRights } from '../agent/rights.js';
import { painterFor } from '../colour.js';
import { complainAnd } from '../complain.js';
import type { Patient } from '../doctor/live/patient.js';
import { isRoot, runInHolder } from '../lab/rootless.js';
import { UsageError } from '../usage-error.js';
import { captureOptions, type PlaceFlags, SUBNET_FILE } from './which-node.js';

interface DoctorFlags extends PlaceFlags, StoreFlags {
  readonly snapshots?: string[];
  readonly lab?: string | true;
  readonly probes: boolean;
  readonly fix?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Beyond those of a report: 0 healthy, 1 warnings, 2 errors. */
const NOT_RUN = 3;
const DEFAULT_LAB = 'podlan';

export function declareDoctor(program: Command): void {
  const doctor = program
    .command('doctor')
    .description(
      'checks of a node of podlan or flannel: what is wrong, the rows that show it, and what mends it',
    )
    .option('--name <name>', 'name of the node (default: this host, or NAME of --netns)')
    .option('--netns <name>', "the host's network namespace, by name or path (default: this one)")
    .option('--socket <path>', "the agent's socket (default: of the agent here, if one runs)")
    .option('--subnet-file <file>', `flannel's subnet.env (default: ${SUBNET_FILE})`)
    .option('--snapshots <path...>', 'files of podlan snapshot, or directories with them, not this host')
    .option('--lab [name]', 'every host of a lab, not this host')
    .option('--no-probes', 'send nothing to peers')
    .option('--fix', 'run what mends problems of what podlan and flannel make; asks before each')
    .option('--yes', 'with --fix: do not ask')
    .option('--verbose', 'also what was looked at where nothing is wrong, and why something was not')
    .option('--json', 'report as JSON');
  declareStoreFlags(doctor);
  doctor
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : NOT_RUN))
    .action(async (flags: DoctorFlags) => {
      process.exitCode = await runDoctor(flags).catch(complainAnd(NOT_RUN));
    });
}

async function runDoctor(flags: DoctorFlags): Promise<number> {
  refuseContradictions(flags);
  if (flags.lab !== undefined && !isRoot()) return runInHolder(labName(flags), true);
  const { examine, exitCodeOf } = await import('../doctor/examine.js');
  const { reportJson, reportText } = await import('../doctor/report.js');
  const { netnsOf, ...patient } = await patientOf(flags);
  const look = async () => {
    const { snapshots, probes } = await patient.look();
    return examine(snapshots, probes);
  };
  let results = await look();
  if (flags.fix) {
    const { fixAll } = await import('../doctor/live/fix.js');
    results = await fixAll(results, { netnsOf, look, yes: flags.yes ?? false });
  }
  const isLive = flags.snapshots === undefined;
  const text = flags.json
    ? JSON.stringify(reportJson(results))
    : reportText(results, { ...flags, isLive, paint: painterFor(process.stdout) });
  process.stdout.write(`${text}\n`);
  return exitCodeOf(results);
}

function refuseContradictions({ snapshots, lab, netns, fix, yes }: DoctorFlags): void {
  if (snapshots !== undefined && lab !== undefined)
    throw new UsageError('--snapshots: expected files or a lab, found --lab too');
  if (netns !== undefined && (snapshots ?? lab) !== undefined)
    throw new UsageError('--netns: expected one node, found --snapshots or --lab too');
  if (fix && snapshots !== undefined)
    throw new UsageError('--fix: expected a live node or a lab, found --snapshots: files have no kernel');
  if (yes && !fix) throw new UsageError('--yes: expected --fix with it, found none');
  if (fix && !yes && process.stdin.isTTY !== true)
    throw new UsageError(
      '--fix: expected a terminal to ask on, found none; to run without questions: --fix --yes',
    );
}

const labName = ({ lab }: DoctorFlags): string => (typeof lab === 'string' ? lab : DEFAULT_LAB);

async function patientOf(flags: DoctorFlags): Promise<Patient> {
  if (flags.snapshots !== undefined) {
    const { readSnapshots } = await import('../trace/snapshot-files.js');
    const snapshots = readSnapshots(flags.snapshots);
    return { look: async () => ({ snapshots }), netnsOf: () => undefined };
  }
  requireRights({
    capabilities: ['CAP_NET_ADMIN', 'CAP_SYS_ADMIN'],
    work: 'a check of a live node looks into the namespaces of pods',
    advice: 'Of files anybody can: podlan doctor --snapshots FILE',
  });
  const { labPatient, nodePatient } = await import('../doctor/live/patient.js');
  if (flags.lab !== undefined) return labPatient(labName(flags), flags.probes);
  return nodePatient(captureOptions(flags), namesStore(flags) ? storeChoice(flags) : undefined, flags.probes);
}

/** An agent tells leases itself; a default store would be asked of nobody. */
const namesStore = ({ store, etcdEndpoints, kubeSubnetMgr }: StoreFlags): boolean =>
  store !== undefined || etcdEndpoints !== undefined || kubeSubnetMgr;
