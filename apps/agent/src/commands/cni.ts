/** `podlan cni`: the CNI plugin, put where container runtimes look, and taken away. */
import { type Command, Option } from 'commander';
import type { InstallOptions, UninstallOptions } from '../cni/install.js';

const BIN_DIR = ['--bin-dir <dir>', 'where the runtime looks for plugins', '/opt/cni/bin'] as const;
const CONF_DIR = ['--conf-dir <dir>', 'where it looks for networks', '/etc/cni/net.d'] as const;
const CONF_NAME = ['--conf-name <name>', "the network's file there", '10-podlan.conflist'] as const;

export function declareCni(program: Command): void {
  const cni = program.command('cni').description('the CNI plugin, by which container runtimes attach pods');
  cni
    .command('install')
    .description('write the plugin and, last of all, the network that names it')
    .option(...BIN_DIR)
    .option(...CONF_DIR)
    .option(...CONF_NAME)
    .addOption(
      new Option('--cni-version <version>', 'of the network')
        .choices(['0.3.1', '0.4.0', '1.0.0', '1.1.0'])
        .default('1.0.0'),
    )
    .option('--subnet-file <path>', 'as the agent has it (default: /run/flannel/subnet.env)')
    .option('--executable <path>', 'one that needs no Node.js, in place of the script')
    .option('--no-portmap', 'publish no ports')
    .addOption(
      new Option('--conflist <path>', "a network of your own, in place of podlan's").conflicts([
        'cniVersion',
        'subnetFile',
        'portmap',
      ]),
    )
    .option('--json', 'report as JSON')
    .action(installPlugin);
  cni
    .command('uninstall')
    .description('take both away; pods have to be deleted before')
    .option(...BIN_DIR)
    .option(...CONF_DIR)
    .option(...CONF_NAME)
    .option('--force', 'also while pods have addresses', false)
    .option('--json', 'report as JSON')
    .action(uninstallPlugin);
}

async function installPlugin({ json, ...options }: InstallOptions & { json?: boolean }): Promise<void> {
  const { install } = await import('../cni/install.js');
  const installed = install(options);
  if (json) return console.log(JSON.stringify(installed));
  console.log(`${installed.executable}\n${installed.conflist}`);
  for (const warning of installed.warnings) process.stderr.write(`podlan: ${warning}\n`);
}

async function uninstallPlugin({ json, ...options }: UninstallOptions & { json?: boolean }): Promise<void> {
  const { uninstall } = await import('../cni/install.js');
  const removed = uninstall(options);
  console.log(json ? JSON.stringify({ removed }) : removed.join('\n') || 'nothing was installed');
}
