/** `podlan lab …`: flags to calls. What only Linux can load is loaded by who needs it: a simulation runs anywhere. */
import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { type Dataplane, parseDataplane, parseNumber, parseOneOf } from '../agent/flags/flag-values.js';
import { demo } from '../lab/demo.js';
import { LAB_BACKENDS, LAB_FAMILIES, LAB_STORES, type LabShape } from '../lab/lab-shape.js';
import { parseLanguage } from '../lab/narration.js';
import { givenPath, isRoot, runInHolder } from '../lab/rootless.js';
import { UsageError } from '../usage-error.js';

interface LabFlags {
  readonly name: string;
  readonly json?: boolean;
  readonly hosts: string;
  readonly pods: string;
  readonly dataplane?: string;
  readonly underlayOffloads: string;
  readonly store: string;
  readonly backend: string;
  readonly family: string;
  readonly lang?: string;
  readonly output: string;
  readonly simulate?: boolean;
  readonly ipMasq?: boolean;
}

const NAME_FLAG = [
  '--name <name>',
  'name of the lab; its namespaces begin with it (default: podlan)',
] as const;

/** A default of the flag itself would hide what is given after the verb. */
const flagsOf = (command: Command): LabFlags =>
  Object.assign({ name: 'podlan' }, command.optsWithGlobals<LabFlags>());

const progress = (step: string) => process.stderr.write(`  ${step}\n`);
const print = (json: boolean | undefined, value: unknown, text: () => string) =>
  process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);

function parseOnOff(flag: string, text: string): boolean {
  if (text === 'on' || text === 'off') return text === 'on';
  throw new UsageError(`${flag}: expected on or off, found ${text}`);
}

type Lab = typeof import('../lab/lab.js');
const loadLab = (): Promise<Lab> => import('../lab/lab.js');

/** A verb of the lab runs as root of some namespace: the machine's own, or the holder's. */
function verb<A extends unknown[]>(
  keepsHolder: boolean,
  run: (lab: Lab, flags: LabFlags, ...args: A) => Promise<number>,
) {
  return async (...given: unknown[]) => {
    const command = given.pop() as Command;
    given.pop();
    const flags = flagsOf(command);
    if (!isRoot()) {
      process.exitCode = await runInHolder(flags.name, keepsHolder);
      return;
    }
    const lab = await loadLab();
    process.exitCode = await lab.withLab(flags.name, () => run(lab, flags, ...(given as A)));
  };
}

const dataplaneOf = (flags: LabFlags, otherwise: Dataplane): Dataplane =>
  flags.dataplane === undefined ? otherwise : parseDataplane(flags.dataplane);

const shapeOf = (flags: LabFlags): LabShape => ({
  hosts: parseNumber('--hosts', flags.hosts, 1, 200),
  pods: parseNumber('--pods', flags.pods, 0, 100),
  dataplane: dataplaneOf(flags, 'wasm'),
  underlayOffloads: parseOnOff('--underlay-offloads', flags.underlayOffloads),
  ipMasq: flags.ipMasq ?? false,
  store: parseOneOf('--store', flags.store, LAB_STORES),
  backend: parseOneOf('--backend', flags.backend, LAB_BACKENDS),
  family: parseOneOf('--family', flags.family, LAB_FAMILIES),
});

const demoOnLab = verb(true, async (_lab, { name, lang }) => {
  const { LabStage } = await import('../lab/lab-stage.js');
  return demo(new LabStage(`${name}-demo`), parseLanguage(lang));
});

async function demoSimulated({ lang }: LabFlags): Promise<void> {
  const language = parseLanguage(lang);
  const { SimulationStage } = await import('../lab/simulation-stage.js');
  process.exitCode = await demo(new SimulationStage(), language);
}

async function status({ requireLab }: Lab, flags: LabFlags): Promise<number> {
  const { labStatus, labStatusText } = await import('../lab/lab-status.js');
  const report = await labStatus(requireLab(flags.name));
  print(flags.json, report, () => labStatusText(report));
  return 0;
}

export function declareLab(program: Command): void {
  const lab = program
    .command('lab')
    .description('a real cluster on this machine: hosts and pods as network namespaces')
    .option(...NAME_FLAG);

  const dataplaneFlag = ['--dataplane <wasm|kernel>', 'what carries the packets of vxlan'] as const;

  lab
    .command('demo')
    .description('two hosts, their pods, one that joins, one that leaves, told step by step')
    .option('--lang <en|zh>', 'language of the narration (default: from the locale)')
    .option('--simulate', 'on simulated kernels in this one process: no Linux, namespaces or rights needed')
    .action((flags: LabFlags, command: Command) =>
      flags.simulate ? demoSimulated(flags) : demoOnLab(flags, command),
    );

  lab
    .command('up')
    .description('bring a lab up')
    .option('--hosts <n>', 'how many hosts', '2')
    .option('--pods <n>', 'pods on each host', '1')
    .option(...dataplaneFlag, 'wasm')
    .option(
      '--underlay-offloads <on|off>',
      'on: hosts pass packets on unsegmented and without checksums, as veth can and no wire does; ' +
        'then UDP from kernel to wasm hosts, and TCP between them, is lost',
      'off',
    )
    .option('--ip-masq', 'pods reach what is outside by the address of their host')
    .option('--store <sqlite|etcd>', 'where hosts keep their leases; etcd is started with the lab', 'sqlite')
    .option('--backend <vxlan|host-gw|udp>', 'how packets go from host to host', 'vxlan')
    .option('--family <ipv4|ipv6|dual>', 'addresses of pods and hosts', 'ipv4')
    .option('--json', 'report as JSON')
    .action(
      verb(true, async (lab, flags) => {
        await lab.up(flags.name, shapeOf(flags), progress);
        return status(lab, flags);
      }),
    );

  lab
    .command('join')
    .description('one more host')
    .option(...dataplaneFlag)
    .option('--json', 'report as JSON')
    .action(
      verb(true, async ({ requireLab, joinHost }, flags) => {
        const state = requireLab(flags.name);
        const joined = await joinHost(state, dataplaneOf(flags, state.dataplane), progress);
        print(flags.json, { host: joined.host, pods: joined.pods }, () => `${joined.host.name} joined`);
        return 0;
      }),
    );

  lab
    .command('leave')
    .description('take a host out: its pods, its lease, its namespace')
    .argument('<host>')
    .action(
      verb(true, async ({ requireLab, leave }, flags, host: string) => {
        await leave(requireLab(flags.name), host);
        return 0;
      }),
    );

  lab
    .command('exec')
    .description('run a command on a host or in a pod: podlan lab exec pod-a1 -- ip route')
    .argument('<host|pod>')
    .argument('<command...>')
    .passThroughOptions()
    .action(async (...given: unknown[]) => {
      const flags = flagsOf(given[3] as Command);
      if (!isRoot()) {
        process.exitCode = await runInHolder(flags.name, true);
        return;
      }
      const { netnsOf, requireLab } = await loadLab();
      const netns = netnsOf(requireLab(flags.name), given[0] as string);
      const [first, ...rest] = given[1] as string[];
      // commander keeps the `--` where it passes options through.
      const argv = first === '--' ? rest : [first!, ...rest];
      const { status } = spawnSync('ip', ['netns', 'exec', netns, ...argv], { stdio: 'inherit' });
      process.exitCode = status ?? 1;
    });

  lab
    .command('status')
    .description('hosts and pods, where they are and who runs them')
    .option('--json', 'report as JSON')
    .action(verb(true, status));

  lab
    .command('snapshot')
    .description('what every host has, and the switch between them, as one JSON file each')
    .option('--output <dir>', 'where to write HOST.json and underlay.json', '.')
    .option('--json', 'report as JSON')
    .action(
      verb(true, async ({ requireLab }, flags) => {
        const { captureLab, writeSnapshots } = await import('../lab/lab-snapshot.js');
        const files = writeSnapshots(givenPath(flags.output), await captureLab(requireLab(flags.name)));
        print(flags.json, { files }, () => files.join('\n'));
        return 0;
      }),
    );

  lab
    .command('down')
    .description('end the lab, also one that was killed half-way')
    .action(
      verb(false, async ({ down }, flags) => {
        const had = await down(flags.name);
        process.stdout.write(had ? 'the lab is down\n' : 'there was no lab\n');
        return 0;
      }),
    );

  // Before the verb or after it.
  for (const command of lab.commands) command.option(...NAME_FLAG);
}
