/** The labs that faults are made in, and the commands that make and mend them. */
import { createHash } from 'node:crypto';
import { runIn } from '@podlan/linux';
import { underlayNetns } from '../../dist/lab/topology.js';
import { TestLab } from '../test-lab.js';
import type { FaultGround, FaultLab } from './fault.js';

export const KERNEL_LAB: FaultLab = {
  name: 'vxlan, kernel',
  backend: 'vxlan',
  dataplane: 'kernel',
  family: 'dual',
  hosts: 3,
  agents: 'stopped',
};
export const WASM_LAB: FaultLab = {
  name: 'vxlan, wasm',
  backend: 'vxlan',
  dataplane: 'wasm',
  family: 'ipv4',
  hosts: 2,
  agents: 'running',
};
export const HOST_GW_LAB: FaultLab = {
  name: 'host-gw',
  backend: 'host-gw',
  dataplane: 'kernel',
  family: 'ipv4',
  hosts: 2,
  agents: 'stopped',
};
export const UDP_LAB: FaultLab = {
  name: 'udp',
  backend: 'udp',
  dataplane: 'wasm',
  family: 'ipv4',
  hosts: 2,
  agents: 'running',
};

/** Its hosts are host-a, host-b (and host-c), with one pod each: pod-a1, pod-b1 (and pod-c1). */
export async function startFaultLab({
  backend,
  dataplane,
  family,
  hosts,
  agents,
}: FaultLab): Promise<TestLab> {
  const lab = await TestLab.start({ backend, family }, ...Array.from({ length: hosts }, () => dataplane));
  if (agents === 'stopped') for (const { name } of lab.state.hosts) await lab.kill(name, 'SIGTERM');
  return lab;
}

/** Runs commands of a shell on a host, in a pod or on the `underlay`, and throws what the first that fails complains of. */
export async function sh(lab: FaultGround, place: string, ...commands: string[]): Promise<string> {
  if (lab.sh !== undefined) return lab.sh(place, commands);
  return shInLab(lab as TestLab, place, commands);
}

async function shInLab(lab: TestLab, place: string, commands: readonly string[]): Promise<string> {
  const netns = place === 'underlay' ? underlayNetns(lab.name) : lab.netns(place);
  const script = commands.join('\n');
  const { code, stdout, stderr } = await runIn(netns, ['sh', '-ec', script]);
  if (code !== 0) throw new Error(`on ${place}: ${script}\n${stderr}`);
  return stdout;
}

/** What a fault is made of, where it is nothing but commands at one place. */
export const at =
  (place: string, ...commands: string[]) =>
  async (lab: FaultGround): Promise<void> => {
    await sh(lab, place, ...commands);
  };

export const nothing = async (): Promise<void> => {};

/** The host's end of a pod's veth pair. */
export const vethOf = (pod: string) => `veth${createHash('sha256').update(pod).digest('hex').slice(0, 8)}`;

const LETTERS = 'abc';
/** 1 for host-a, as in 10.244.1.0/24 and 192.168.77.11. */
const numberOf = (host: string) => LETTERS.indexOf(host.at(-1)!) + 1;
export const subnetOf = (host: string) => `10.244.${numberOf(host)}.0/24`;
export const vtepOf = (host: string) => `10.244.${numberOf(host)}.0`;
export const underlayOf = (host: string) => `192.168.77.${numberOf(host) + 10}`;

interface LinkJson {
  readonly address: string;
  readonly ifalias?: string;
}

async function linkOf(lab: FaultGround, host: string, dev: string): Promise<LinkJson> {
  const [link] = JSON.parse(await sh(lab, host, `ip -j link show dev ${dev}`)) as LinkJson[];
  return link!;
}

export async function vtepMac(lab: FaultGround, host: string): Promise<string> {
  return (await linkOf(lab, host, 'flannel.1')).address;
}

/** Writes the VTEP's MAC down where it outlives flannel.1: as the alias of eth0. */
export async function keepVtepMac(lab: FaultGround, host: string): Promise<void> {
  await sh(lab, host, `ip link set dev eth0 alias ${await vtepMac(lab, host)}`);
}

export async function keptVtepMac(lab: FaultGround, host: string): Promise<string> {
  return (await linkOf(lab, host, 'eth0')).ifalias!;
}

/** Gives a host what its agent gave it for its peers, in IPv4: neighbor, FDB entry and route of each. */
export async function meetPeers(lab: FaultGround, host: string): Promise<void> {
  for (const { name: peer } of lab.state.hosts) {
    if (peer === host) continue;
    const mac = await vtepMac(lab, peer);
    await sh(
      lab,
      host,
      `ip neigh replace ${vtepOf(peer)} lladdr ${mac} dev flannel.1 nud permanent`,
      `bridge fdb replace ${mac} dev flannel.1 dst ${underlayOf(peer)} self permanent`,
      `ip route replace ${subnetOf(peer)} via ${vtepOf(peer)} dev flannel.1 onlink proto 80`,
    );
  }
}

export const meetPeersOf = (host: string) => (lab: FaultGround) => meetPeers(lab, host);

/** Makes a host's flannel.1 anew, with its MAC and address, and with what differs; its peers are met again. */
export async function remakeVtep(
  lab: FaultGround,
  host: string,
  {
    vni = 1,
    port = 8472,
    mtu = 1450,
    local = underlayOf(host),
    lower = 'eth0',
    mac,
  }: {
    readonly vni?: number;
    readonly port?: number;
    readonly mtu?: number;
    readonly local?: string;
    readonly lower?: string;
    readonly mac?: string;
  },
): Promise<void> {
  const address = mac ?? (await vtepMac(lab, host));
  await sh(
    lab,
    host,
    'ip link delete flannel.1 2>/dev/null || true',
    `ip link add flannel.1 address ${address} mtu ${mtu} type vxlan id ${vni} dev ${lower} local ${local} dstport ${port} nolearning`,
    `ip addr add ${vtepOf(host)}/32 dev flannel.1`,
    'ip link set flannel.1 up',
  );
  await meetPeers(lab, host);
}
