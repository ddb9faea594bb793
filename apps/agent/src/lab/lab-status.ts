/** What `podlan lab status` reports. */
import { askAgent } from '../agent/control-socket.js';
import type { AgentStatus } from '../agent/status.js';
import { table } from '../table.js';
import { agentSocket, isAgentOf } from './lab-agents.js';
import { type LabState, labDirectory } from './lab-state.js';

export interface LabStatus {
  readonly name: string;
  readonly directory: string;
  readonly underlayOffloads: boolean;
  readonly hosts: readonly {
    readonly name: string;
    readonly netns: string;
    readonly address: string;
    /** Null when the agent does not answer. */
    readonly subnet: string | null;
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
  }[];
}

export async function labStatus(state: LabState): Promise<LabStatus> {
  const hosts = await Promise.all(
    state.hosts.map(async ({ name, netns, address, dataplane, pid }) => {
      const socket = agentSocket(state.name, name);
      const agent = (await askAgent(socket, '/status').catch(() => undefined)) as AgentStatus | undefined;
      const running = isAgentOf(state.name, agent?.pid ?? pid) ? (agent?.pid ?? pid) : null;
      const subnet = agent?.lease?.subnets[0] ?? null;
      return {
        name,
        netns,
        address,
        subnet,
        dataplane,
        pid: running,
        socket,
        peers: agent?.peers.length ?? 0,
      };
    }),
  );
  const { name, underlayOffloads, pods } = state;
  return { name, directory: labDirectory(name), underlayOffloads, hosts, pods };
}

export function labStatusText({ hosts, pods, directory, underlayOffloads }: LabStatus): string {
  const hostRows = hosts.map((one) => [
    one.name,
    one.address,
    one.subnet ?? '-',
    one.dataplane,
    one.pid === null ? 'stopped' : String(one.pid),
    String(one.peers),
    one.netns,
  ]);
  const podRows = pods.map((one) => [one.name, one.host, one.address, one.netns]);
  return [
    table(['HOST', 'ADDRESS', 'SUBNET', 'DATAPLANE', 'PID', 'PEERS', 'NETNS'], hostRows),
    table(['POD', 'HOST', 'ADDRESS', 'NETNS'], podRows),
    `underlay offloads: ${underlayOffloads ? 'on' : 'off'}\nstate: ${directory}`,
  ].join('\n\n');
}
