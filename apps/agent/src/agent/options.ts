/** The agent's flags, checked. Named as flanneld's where flanneld has the same. */
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { defaultSocketPath } from '../paths.js';
import type { InterfaceChoice } from './external/external-interface.js';
import { asText, flag, onOff } from './flags/flag.js';
import { type Dataplane, parseDataplane, parseNumber, parseOneOf } from './flags/flag-values.js';
import { declareFlowFlags, type FlowFlags } from './flags/flow-flags.js';
import { declareHealthFlags, type HealthFlags } from './flags/health-flags.js';
import { declareInterfaceFlags, type InterfaceFlags, interfaceChoice } from './flags/interface-flags.js';
import { declareMetricsFlags, type MetricsFlags } from './flags/metrics-flags.js';
import { declareRuleFlags, type RuleFlags } from './flags/rule-flags.js';
import { declareStoreFlags, type StoreChoice, type StoreFlags, storeChoice } from './flags/store-flags.js';

export interface AgentOptions {
  readonly name: string;
  readonly store: StoreChoice;
  readonly external: InterfaceChoice;
  readonly dataplane?: Dataplane;
  readonly subnetFile: string;
  readonly rules: RuleFlags;
  /** `healthzPort` 0: no health server. */
  readonly health: HealthFlags;
  /** `metricsPort` 0: no metrics. */
  readonly metrics: MetricsFlags;
  readonly flows: FlowFlags;
  readonly socketPath: string;
  readonly resyncSeconds: number;
  readonly renewMarginMinutes: number;
  readonly logLevel: string;
  /** Take over from an agent of this name that runs. */
  readonly replace: boolean;
  readonly cleanup: boolean;
}

/** What commander makes of the command line and the environment. */
export interface AgentFlags
  extends StoreFlags,
    InterfaceFlags,
    RuleFlags,
    HealthFlags,
    MetricsFlags,
    FlowFlags {
  readonly name: string;
  readonly dataplane?: Dataplane;
  readonly subnetFile: string;
  readonly subnetLeaseRenewMargin: number;
  readonly resync: number;
  readonly socket?: string;
  readonly logLevel: string;
  readonly replace: boolean;
  readonly cleanup: boolean;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'];

export function declareAgentFlags(command: Command): Command {
  command.addOption(flag('--name <name>', 'name of this node', asText).default(hostname(), "this host's"));
  declareStoreFlags(command);
  declareInterfaceFlags(command);
  declareDatapathFlags(command);
  declareRuleFlags(command);
  declareHealthFlags(command);
  declareMetricsFlags(command);
  declareFlowFlags(command);
  declareProcessFlags(command);
  return command;
}

function declareDatapathFlags(command: Command): void {
  command
    .addOption(
      flag(
        '--dataplane <wasm|kernel>',
        "what carries vxlan packets (default: the configuration's, else wasm)",
        (_name, text) => parseDataplane(text),
      ),
    )
    .addOption(
      flag('--resync <seconds>', 'full comparison with the kernel at least this often', (name, text) =>
        parseNumber(name, text, 1, 86_400),
      ).default(30),
    );
}

function declareProcessFlags(command: Command): void {
  command
    .addOption(
      flag('--subnet-file <file>', 'where to write subnet.env', asText).default('/run/flannel/subnet.env'),
    )
    .addOption(
      flag(
        '--subnet-lease-renew-margin <minutes>',
        'renew the lease this long before it expires',
        (name, text) => parseNumber(name, text, 1, 1439),
      ).default(60),
    )
    .addOption(flag('--socket <path>', "the agent's Unix socket (default: /run/podlan/NAME.sock)", asText))
    .addOption(
      flag('--log-level <level>', `least severe level to log: ${LOG_LEVELS.join(', ')}`, (name, text) =>
        parseOneOf(name, text, LOG_LEVELS),
      ).default('info'),
    )
    .addOption(
      onOff(
        '--replace',
        'take over from the agent of this name that runs, if one does: no packet is lost between the two, and it ends',
        false,
      ),
    )
    .addOption(
      onOff('--cleanup', 'remove what podlan made on this host, release the lease, and exit', false),
    );
}

/** Throws UsageError where flags contradict each other, or a file they name is not what it should be. */
export function agentOptions(flags: AgentFlags): AgentOptions {
  const { name, dataplane, subnetFile, logLevel, replace, cleanup } = flags;
  return {
    name,
    store: storeChoice(flags),
    external: interfaceChoice(flags),
    ...(dataplane && { dataplane }),
    subnetFile,
    rules: flags,
    health: flags,
    metrics: flags,
    flows: flags,
    socketPath: flags.socket ?? defaultSocketPath(name),
    resyncSeconds: flags.resync,
    renewMarginMinutes: flags.subnetLeaseRenewMargin,
    logLevel,
    replace,
    cleanup,
  };
}
