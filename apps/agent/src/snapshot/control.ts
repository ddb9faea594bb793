/** What podlan's agent says of its node or, where none answers, what flannel has left on it. */
import { readFile } from 'node:fs/promises';
import { type DesiredState, parseSubnetEnv } from '@podlan/fabric';
import type { ControlSnapshot, LinkSnapshot } from '@podlan/simulator/snapshot';
import type { IpAddress } from '@podlan/wire';
import { askAgent, SilentAgent } from '../agent/control-socket.js';
import type { ForwardersReport } from '../agent/forwarders-report.js';
import type { AgentStatus } from '../status/agent-status.js';
import { UsageError } from '../usage-error.js';
import { leasesOf } from './leases.js';

/** Where control is to be looked for. */
export interface ControlPlaces {
  /** Of podlan's agent. */
  readonly socketPath?: string;
  /** Whether it is an error if no agent answers there. */
  readonly agentRequired?: boolean;
  /** flannel's subnet.env. */
  readonly subnetFile?: string;
}

export async function readControl(
  places: ControlPlaces,
  links: readonly LinkSnapshot[],
): Promise<ControlSnapshot | undefined> {
  return (await fromAgent(places, links)) ?? (await fromFlannel(places, links));
}

async function fromAgent(
  places: ControlPlaces,
  links: readonly LinkSnapshot[],
): Promise<ControlSnapshot | undefined> {
  const { socketPath, agentRequired = false } = places;
  if (socketPath === undefined) return undefined;
  try {
    const status = (await askAgent(socketPath, '/status')) as AgentStatus;
    const report = (await askAgent(socketPath, '/forwarders')) as ForwardersReport;
    const desired = (await askAgent(socketPath, '/desired')) as DesiredState[];
    return { ...controlOf(status, report), leases: leasesOf(status, desired) };
  } catch (error) {
    const { cause } = error as Error;
    if (cause instanceof SilentAgent) return ofSilent(cause, await fromFlannel(places, links));
    // A UsageError: there is none.
    if (error instanceof UsageError && !agentRequired) return undefined;
    throw error;
  }
}

/** What an agent that hangs has left is what flannel leaves. */
const ofSilent = ({ message: unready }: SilentAgent, left: ControlSnapshot | undefined): ControlSnapshot => ({
  ...{ networks: [], subnets: [], peers: [], forwarders: [], tunnels: [] },
  ...left,
  ...{ source: 'podlan', unready },
});

function controlOf({ lease, peers, ...status }: AgentStatus, report: ForwardersReport): ControlSnapshot {
  return {
    source: 'podlan',
    ...report,
    dataplane: status.dataplane,
    subnets: lease?.subnets ?? [],
    mtu: status.mtu,
    interface: status.interface,
    ...(status.unready !== undefined && { unready: status.unready }),
    peers,
  };
}

/** The devices of flanneld's backends, by name. */
const BACKEND_DEVICES: readonly (readonly [RegExp, string])[] = [
  [/^flannel(-v6)?\.\d+$/, 'vxlan'],
  [/^flannel\d+$/, 'udp'],
  [/^flannel\.ipip$/, 'ipip'],
  [/^flannel-wg(-v6)?$/, 'wireguard'],
];

async function fromFlannel(
  { subnetFile }: ControlPlaces,
  links: readonly LinkSnapshot[],
): Promise<ControlSnapshot | undefined> {
  const text = subnetFile === undefined ? undefined : await readIfThere(subnetFile);
  const devices = links.filter(({ ifname }) => backendOf(ifname) !== undefined);
  if (text === undefined && devices.length === 0) return undefined;
  const backend = devices[0] && backendOf(devices[0].ifname);
  return {
    source: 'flannel',
    ...(backend !== undefined && { backend }),
    dataplane: 'kernel',
    ...parseSubnetEnv(text ?? ''),
    ...interfaceOf(devices),
    ...{ peers: [], forwarders: [], tunnels: [] },
  };
}

const backendOf = (device: string): string | undefined =>
  BACKEND_DEVICES.find(([names]) => names.test(device))?.[1];

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new UsageError(`expected flannel's subnet.env at ${path}, which cannot be read (${code})`, {
      cause,
    });
  }
}

/** A vxlan device says by which device and from which address it sends. */
function interfaceOf(devices: readonly LinkSnapshot[]): Pick<ControlSnapshot, 'interface'> {
  const data = devices.flatMap(({ linkinfo }) => linkinfo?.info_data ?? []);
  const name = data.find(({ link }) => link !== undefined)?.link;
  const addresses = data.flatMap(({ local, local6 }) => [local, local6]).filter(isAddress);
  return name === undefined ? {} : { interface: { name, addresses, publicIps: addresses } };
}

const isAddress = (address: IpAddress | undefined): address is IpAddress => address !== undefined;
