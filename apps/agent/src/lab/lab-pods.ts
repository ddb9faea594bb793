/** The lab's pods: a namespace each, attached to its host as a container runtime would have it attached. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachPod, detachPod } from '@podlan/cni/attach';
import { HostLocal } from '@podlan/cni/host-local';
import { parseSubnetEnv } from '@podlan/fabric';
import { LinuxKernel } from '@podlan/linux';
import { nthAddress } from '@podlan/linux/prefix';
import { type InterfaceAddress, type IpAddress, parseInterfaceAddress, prefixLength } from '@podlan/wire';
import { hostDirectory, subnetFile } from './lab-agents.js';
import type { LabHost, LabPod } from './lab-state.js';
import { makeNamespace, podNetns, removeNamespace } from './topology.js';

const ipam = (lab: string, host: string) =>
  new HostLocal({ dataDir: join(hostDirectory(lab, host), 'cni', 'networks'), network: 'podlan' });

/** Stable for a pod, so that a lab killed half-way finds it again. */
const hostVeth = (pod: string) => `veth${createHash('sha256').update(pod).digest('hex').slice(0, 8)}`;

export async function addPod(lab: string, host: LabHost, pod: string): Promise<LabPod> {
  const { subnets, networks, mtu } = parseSubnetEnv(readFileSync(subnetFile(lab, host.name), 'utf8'));
  const subnet = subnets[0];
  if (subnet === undefined || mtu === undefined)
    throw new Error(`${subnetFile(lab, host.name)} is not whole`);
  const gateway = nthAddress(subnet, 1);
  const inSubnet = (address: IpAddress): InterfaceAddress =>
    parseInterfaceAddress(`${address}/${prefixLength(subnet)}`)!;
  const holder = { containerId: pod, interfaceName: 'eth0' };
  const address = await ipam(lab, host.name).allocate({ ...holder, subnet, gateway });
  const netns = podNetns(lab, pod);
  await makeNamespace(netns);
  await attachPod({
    host: new LinuxKernel({ netns: host.netns }),
    pod: new LinuxKernel({ netns }),
    podNetns: netns,
    hostVeth: hostVeth(pod),
    address: inSubnet(address),
    gateway: inSubnet(gateway),
    networks,
    mtu,
  });
  return { name: pod, host: host.name, netns, address };
}

export async function removePod(lab: string, host: LabHost, pod: LabPod): Promise<void> {
  await detachPod({ host: new LinuxKernel({ netns: host.netns }), hostVeth: hostVeth(pod.name) });
  await ipam(lab, host.name).release({ containerId: pod.name, interfaceName: 'eth0' });
  await removeNamespace(pod.netns);
}
