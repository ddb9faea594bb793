/** Every host of a lab as a snapshot of its own, and the switch between them as one more node. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeSnapshot } from '@podlan/simulator/snapshot';
import { captureNode } from '../snapshot/capture-node.js';
import { leadsNowhere } from '../snapshot/pod-links.js';
import { refusingToWrite, writeSnapshot } from '../snapshot/snapshot-file.js';
import { agentSocket, hostDirectory, subnetFile } from './lab-agents.js';
import type { LabHost, LabState } from './lab-state.js';
import { underlayNetns } from './topology.js';

/** The hosts in their order, then the underlay. */
export async function captureLab(state: LabState): Promise<NodeSnapshot[]> {
  const nodes: NodeSnapshot[] = [];
  for (const host of state.hosts) nodes.push(await captureHost(state, host));
  const underlay = { name: 'underlay', netns: underlayNetns(state.name), isPodLink: leadsNowhere };
  return [...nodes, await captureNode(underlay)];
}

export const captureHost = ({ name: lab, pods }: LabState, { name, netns }: LabHost): Promise<NodeSnapshot> =>
  captureNode({
    name,
    netns,
    socketPath: agentSocket(lab, name),
    subnetFile: subnetFile(lab, name),
    ipamDirectory: join(hostDirectory(lab, name), 'cni', 'networks'),
    podName: (own) => pods.find((pod) => pod.netns === own)?.name ?? own,
  });

/** `DIRECTORY/NODE.json` for each; returns their paths. */
export function writeSnapshots(directory: string, nodes: readonly NodeSnapshot[]): string[] {
  refusingToWrite(directory, () => mkdirSync(directory, { recursive: true }));
  return nodes.map((snapshot) => {
    const path = join(directory, `${snapshot.node}.json`);
    writeSnapshot(path, snapshot);
    return path;
  });
}
