/** The lab's pods: a namespace each, attached to its host as a container runtime would have it attached. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attachPod, detachPod, type PodAddress } from '@podlan/cni/attach';
import { HostLocal } from '@podlan/cni/host-local';
import { parseSubnetEnv } from '@podlan/fabric';
import { LinuxKernel } from '@podlan/linux';
import { nthAddress } from '@podlan/linux/prefix';
import {
  type IpAddress,
  type IpPrefix,
  parseInterfaceAddress,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';
import { hostDirectory, subnetFile } from './lab-agents.js';
import type { LabHost, LabPod } from './lab-state.js';
import { makeNamespace, podNetns, removeNamespace } from './topology.js';

const ipam = (lab: string, host: string) =>
  new HostLocal({ dataDir: join(hostDirectory(lab, host), 'cni', 'networks'), network: 'podlan' });

/** Stable for a pod, so that a lab killed half-way finds it again. */
const hostVeth = (pod: string) => `veth${createHash('sha256').update(pod).digest('hex').slice(0, 8)}`;

export async function addPod(lab: string, host: LabHost, pod: string): Promise<LabPod> {
  const { subnets, networks, mtu } = parseSubnetEnv(readFileSync(subnetFile(lab, host.name), 'utf8'));
  if (subnets.length === 0 || mtu === undefined)
    throw new Error(`${subnetFile(lab, host.name)} is not whole`);
  const addresses: PodAddress[] = [];
  for (const [range, subnet] of subnets.entries())
    addresses.push(await allocate(lab, host.name, pod, subnet, range));
  const netns = podNetns(lab, pod);
  await makeNamespace(netns);
  await attachPod({
    host: new LinuxKernel({ netns: host.netns }),
    pod: new LinuxKernel({ netns }),
    podNetns: netns,
    hostVeth: hostVeth(pod),
    addresses,
    networks,
    mtu,
  });
  const texts = addresses.map(({ address }) => prefixAddress(address));
  return { name: pod, host: host.name, netns, address: texts[0]!, addresses: texts };
}

async function allocate(
  lab: string,
  host: string,
  pod: string,
  subnet: IpPrefix,
  range: number,
): Promise<PodAddress> {
  const gateway = nthAddress(subnet, 1);
  const holder = { containerId: pod, interfaceName: 'eth0' };
  const address = await ipam(lab, host).allocate({ ...holder, subnet, gateway, range });
  const inSubnet = (one: IpAddress) => parseInterfaceAddress(`${one}/${prefixLength(subnet)}`)!;
  return { address: inSubnet(address), gateway: inSubnet(gateway) };
}

export async function removePod(lab: string, host: LabHost, pod: LabPod): Promise<void> {
  await detachPod({ host: new LinuxKernel({ netns: host.netns }), hostVeth: hostVeth(pod.name) });
  await ipam(lab, host.name).release({ containerId: pod.name, interfaceName: 'eth0' });
  await removeNamespace(pod.netns);
}
