/** What `podlan lab status` reports. */
import { askAgent } from '../agent/control-socket.js';
import type { AgentStatus } from '../status/agent-status.js';
import { table } from '../table.js';
import { agentSocket, isAgentOf } from './lab-agents.js';
import { type LabHost, type LabState, labDirectory } from './lab-state.js';
import { underlayNetns } from './topology.js';

export interface LabStatus {
  readonly name: string;
  readonly directory: string;
  readonly underlayOffloads: boolean;
  readonly backend: string;
  readonly family: string;
  readonly store: string;
  /** The URL of the lab's etcd, where that is the store; reached from the namespace `underlay`. */
  readonly etcd?: string;
  readonly underlay: string;
  readonly hosts: readonly {
    readonly name: string;
    readonly netns: string;
    readonly address: string;
    /** One for each family. */
    readonly addresses: readonly string[];
    /** Null when the agent does not answer. */
    readonly subnet: string | null;
    readonly subnets: readonly string[];
    readonly dataplane: string;
    /** Null when the agent is not running. */
    readonly pid: number | null;
    readonly socket: string;
    readonly peers: number;
  }[];
  readonly pods: readonly {
    readonly name: string;
    readonly host: string;
    readonly netns: string;
    readonly address: string;
    readonly addresses: readonly string[];
  }[];
}

export async function labStatus(state: LabState): Promise<LabStatus> {
  const { name, underlayOffloads, backend, family, store, etcdUrl, pods } = state;
  return {
    name,
    directory: labDirectory(name),
    underlayOffloads,
    backend,
    family,
    store,
    ...(etcdUrl !== undefined && { etcd: etcdUrl }),
    underlay: underlayNetns(name),
    hosts: await Promise.all(state.hosts.map((host) => hostStatus(name, host))),
    pods,
  };
}

async function hostStatus(lab: string, host: LabHost): Promise<LabStatus['hosts'][number]> {
  const { name, netns, address, addresses, dataplane } = host;
  const socket = agentSocket(lab, name);
  const agent = (await askAgent(socket, '/status').catch(() => undefined)) as AgentStatus | undefined;
  const pid = agent?.pid ?? host.pid;
  const subnets = agent?.lease?.subnets ?? [];
  return {
    ...{ name, netns, address, addresses, dataplane, socket },
    subnet: subnets[0] ?? null,
    subnets,
    pid: isAgentOf(lab, pid) ? pid : null,
    peers: agent?.peers.length ?? 0,
  };
}

const listOf = ({ address, addresses }: { address: string; addresses: readonly string[] }): string =>
  addresses.join(', ') || address;

export function labStatusText(status: LabStatus): string {
  const hostRows = status.hosts.map((one) => [
    one.name,
    listOf(one),
    one.subnets.join(', ') || '-',
    one.dataplane,
    one.pid === null ? 'stopped' : String(one.pid),
    String(one.peers),
    one.netns,
  ]);
  const podRows = status.pods.map((one) => [one.name, one.host, listOf(one), one.netns]);
  const { store, etcd, underlay, backend, underlayOffloads, directory } = status;
  return [
    table(['HOST', 'ADDRESS', 'SUBNET', 'DATAPLANE', 'PID', 'PEERS', 'NETNS'], hostRows),
    table(['POD', 'HOST', 'ADDRESS', 'NETNS'], podRows),
    [
      `backend: ${backend}`,
      `store: ${etcd === undefined ? store : `etcd at ${etcd}, reached from ${underlay}`}`,
      `underlay offloads: ${underlayOffloads ? 'on' : 'off'}`,
      `state: ${directory}`,
    ].join('\n'),
  ].join('\n\n');
}
