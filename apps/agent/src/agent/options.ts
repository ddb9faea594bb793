/** The agent's flags, checked. Named as flanneld's where flanneld has the same. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { parseNetworkConfig } from '@podlan/fabric';
import { type IpAddress, parseIpAddress } from '@podlan/wire';
import type { Command } from 'commander';
import { defaultSocketPath } from '../paths.js';
import { UsageError } from '../usage-error.js';

export const DATAPLANES = ['wasm', 'kernel'] as const;
export type Dataplane = (typeof DATAPLANES)[number];

export interface AgentOptions {
  readonly name: string;
  readonly storePath: string;
  /** net-conf.json as given. */
  readonly configText?: string;
  readonly dataplane?: Dataplane;
  readonly iface: readonly string[];
  readonly ifaceRegex: readonly string[];
  readonly publicIp?: IpAddress;
  readonly subnetFile: string;
  readonly ipMasq: boolean;
  readonly socketPath: string;
  readonly resyncSeconds: number;
  readonly renewMarginMinutes: number;
  readonly logLevel: string;
  readonly cleanup: boolean;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error'];
const collect = (value: string, before: string[]) => [...before, value];

export function declareAgentFlags(command: Command): Command {
  return command
    .option('--name <name>', 'name of this node', hostname())
    .option('--store <url>', 'lease store, sqlite:PATH', 'sqlite:/var/lib/podlan/leases.db')
    .option('--net-config-path <file>', "network configuration (flannel's net-conf.json); kept in the store")
    .option(
      '--dataplane <wasm|kernel>',
      "what carries vxlan packets (default: the configuration's, else wasm)",
    )
    .option('--iface <name|address>', 'external interface; repeatable, first match', collect, [])
    .option('--iface-regex <regex>', 'external interface by address or name; repeatable', collect, [])
    .option('--public-ip <address>', 'address that peers send to (default: that of the external interface)')
    .option('--subnet-file <file>', 'where to write subnet.env', '/run/flannel/subnet.env')
    .option('--ip-masq', 'masquerade traffic that leaves the pod network', false)
    .option('--subnet-lease-renew-margin <minutes>', 'renew the lease this long before it expires', '60')
    .option('--resync <seconds>', 'full comparison with the kernel at least this often', '30')
    .option('--socket <path>', "the agent's Unix socket (default: /run/podlan/NAME.sock)")
    .option('--log-level <level>', 'trace, debug, info, warn, error', 'info')
    .option('--cleanup', 'remove what podlan made on this host, release the lease, and exit', false);
}

export function parseAgentOptions(flags: Record<string, unknown>): AgentOptions {
  const text = (key: string) => String(flags[key]);
  const configText = flags.netConfigPath === undefined ? undefined : readConfig(text('netConfigPath'));
  const dataplane = flags.dataplane === undefined ? undefined : parseDataplane(text('dataplane'));
  const publicIp = flags.publicIp === undefined ? undefined : parsePublicIp(text('publicIp'));
  return {
    name: text('name'),
    storePath: parseStore(text('store')),
    ...(configText !== undefined && { configText }),
    ...(dataplane && { dataplane }),
    ...(publicIp && { publicIp }),
    iface: flags.iface as string[],
    ifaceRegex: flags.ifaceRegex as string[],
    subnetFile: text('subnetFile'),
    ipMasq: flags.ipMasq === true,
    socketPath: flags.socket === undefined ? defaultSocketPath(text('name')) : text('socket'),
    resyncSeconds: parseNumber('--resync', text('resync'), 1, 86_400),
    renewMarginMinutes: parseNumber('--subnet-lease-renew-margin', text('subnetLeaseRenewMargin'), 1, 1439),
    logLevel: parseLogLevel(text('logLevel')),
    cleanup: flags.cleanup === true,
  };
}

export function parseDataplane(text: string): Dataplane {
  const found = DATAPLANES.find((dataplane) => dataplane === text);
  if (!found) throw new UsageError(`--dataplane: expected ${DATAPLANES.join(' or ')}, found ${text}`);
  return found;
}

export function parseNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new UsageError(`${flag}: expected a whole number from ${min} to ${max}, found ${text}`);
}

function parseLogLevel(text: string): string {
  if (LOG_LEVELS.includes(text)) return text;
  throw new UsageError(`--log-level: expected ${LOG_LEVELS.join(', ')}, found ${text}`);
}

function parseStore(url: string): string {
  const path = /^sqlite:(.+)$/.exec(url)?.[1];
  if (!path) throw new UsageError(`--store: expected sqlite:PATH, found ${url}`);
  return path;
}

function parsePublicIp(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (!address) throw new UsageError(`--public-ip: expected an IP address, found ${text}`);
  return address;
}

function readConfig(path: string): string {
  try {
    const text = readFileSync(path, 'utf8');
    parseNetworkConfig(text);
    return text;
  } catch (cause) {
    throw new UsageError(`--net-config-path ${path}: ${(cause as Error).message}`, { cause });
  }
}
