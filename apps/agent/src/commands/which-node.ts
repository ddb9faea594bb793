/** The flags by which a command that looks at a node finds it, and what tells of it. */
import { hostname } from 'node:os';
import type { CaptureOptions } from '../snapshot/capture-node.js';
import { socketOf } from './which-agent.js';

export interface PlaceFlags {
  readonly name?: string;
  readonly netns?: string;
  readonly socket?: string;
  readonly subnetFile?: string;
}

export const SUBNET_FILE = '/run/flannel/subnet.env';
const CNI_CONFIGS = '/etc/cni/net.d';
const RESERVATIONS = '/var/lib/cni/networks';

/** The agent and the files of this host say nothing of another namespace. */
export function captureOptions({ name, netns, socket, subnetFile }: PlaceFlags): CaptureOptions {
  const isHere = netns === undefined;
  const socketPath = socket ?? (isHere ? socketOf({}) : undefined);
  const file = subnetFile ?? (isHere ? SUBNET_FILE : undefined);
  return {
    name: name ?? netns?.split('/').at(-1) ?? hostname(),
    ...(netns !== undefined && { netns }),
    ...(socketPath !== undefined && { socketPath, agentRequired: socket !== undefined }),
    ...(file !== undefined && { subnetFile: file }),
    ...(isHere && { cniConfigDirectory: CNI_CONFIGS, ipamDirectory: RESERVATIONS, systemRoot: '/' }),
  };
}
