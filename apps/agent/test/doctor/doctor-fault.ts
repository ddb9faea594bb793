/** A fault of a node, made for real, and what a check has to say of it. */
import type { CheckResult } from '../../dist/doctor/check.js';
import { examine } from '../../dist/doctor/examine.js';
import { withLeases } from '../../dist/doctor/live/patient.js';
import { probePeers } from '../../dist/doctor/live/probe-peers.js';
import { captureHost } from '../../dist/lab/lab-snapshot.js';
import { labDirectory } from '../../dist/lab/lab-state.js';
import type { FaultLab } from '../faults/fault.js';
import { KERNEL_LAB, sh, WASM_LAB } from '../faults/fault-lab.js';
import type { TestLab } from '../test-lab.js';

/** Agents would put the faults right; without them its hosts are as flanneld leaves a node. */
export const STOPPED_LAB: FaultLab = { ...KERNEL_LAB, hosts: 2 };
export const RUNNING_LAB = WASM_LAB;

/** Commands of a shell on the host, or whatever else. */
type Deed = readonly string[] | ((lab: TestLab) => Promise<unknown>);
type Look = (lab: TestLab, host: string) => Promise<CheckResult[]>;

export interface DoctorFault {
  /** The check that finds it. */
  readonly check: string;
  readonly name: string;
  /** Default: the one whose agents have ended. */
  readonly lab?: FaultLab;
  readonly make: Deed;
  /** Why no command of the report mends it; absent: those do. */
  readonly byHand?: string;
  /** What is left to be done then; absent: nothing. */
  readonly mend?: Deed;
  readonly verdict: 'warning' | 'error';
  /** In one of the rows that show it. */
  readonly evidence: RegExp;
  /** What is said to be the cause, where a check knows several; and what is advised. */
  readonly why?: RegExp;
  readonly advice?: RegExp;
  /** Default: host-a. */
  readonly host?: string;
  /** Default: at this one host, with the leases of the store, and nothing sent. */
  readonly look?: Look;
  /** Where the files of the host are for `look`. Default: where they are. */
  readonly root?: (lab: TestLab) => string;
}

export const snapshotOf = async (lab: TestLab, host: string) => {
  const entry = lab.state.hosts.find(({ name }) => name === host)!;
  const store = { kind: 'sqlite', path: `${labDirectory(lab.name)}/leases.db` } as const;
  return withLeases(await captureHost(lab.state, entry), store);
};

export const examineHost: Look = async (lab, host) => examine([await snapshotOf(lab, host)]);

/** With packets to its peers. */
export const probeHost: Look = async (lab, host) => {
  const snapshot = await snapshotOf(lab, host);
  return examine([snapshot], await probePeers([snapshot], () => lab.netns(host)));
};

/** As from files: nobody tells of leases, and each node is held against the others. */
export const compareHosts: Look = async (lab, host) => {
  const nodes = await Promise.all(lab.state.hosts.map((entry) => captureHost(lab.state, entry)));
  const untold = nodes.map(({ control, ...rest }) => {
    const { leases: _, ...others } = control!;
    return { ...rest, control: others };
  });
  return (await examine(untold)).filter(({ node }) => node === host);
};

export const wrongOf = (results: readonly CheckResult[]): CheckResult[] =>
  results.filter(({ verdict }) => verdict === 'error' || verdict === 'warning');

/** A line for a shell, and no advice. */
const isCommand = (line: string): boolean =>
  /^(ip|bridge|sysctl|nft|ethtool|modprobe|mv|mkdir|printf) /.test(line);

/** What a reader would paste who knows nothing, or what `--fix` would run. */
export async function paste(
  lab: TestLab,
  host: string,
  results: readonly CheckResult[],
  what: 'commands' | 'fixable',
  root = '',
): Promise<void> {
  const lines = results
    .filter(({ fixable }) => fixable || what === 'commands')
    .flatMap(({ mend }) => mend.filter(isCommand));
  for (const line of new Set(lines)) await sh(lab, host, line.replaceAll(' /etc/', ` ${root}/etc/`));
}

export async function doIt(lab: TestLab, host: string, deed: Deed): Promise<void> {
  if (typeof deed === 'function') await deed(lab);
  else await sh(lab, host, ...deed);
}
