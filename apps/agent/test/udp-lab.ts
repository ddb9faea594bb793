/**
 * A node beside those of a lab on the udp backend, one that runs none of podlan's code (flannel-udp-peer.js):
 *
 *     NAME-flannel                       NAME-flannel-pod
 *       eth0 192.168.77.200 (underlay)     eth0 10.244.77.2/24
 *       flannel0 10.244.77.0/32             |
 *       pod0 10.244.77.1/24 ----------------'
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { addNetns, deleteNetns, runIn } from '@podlan/linux';
import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
import { labDirectory } from '../dist/lab/lab-state.js';
import { underlayNetns } from '../dist/lab/topology.js';
import type { TestLab } from './test-lab.js';

const PEER = fileURLToPath(new URL('./flannel-udp-peer.js', import.meta.url));
const SUBNET = parseIpPrefix('10.244.77.0/24')!;
const ADDRESS = parseIpAddress('192.168.77.200')!;

export const leasesOf = (lab: TestLab) =>
  openSqliteStore({ path: join(labDirectory(lab.name), 'leases.db') });

export interface FlannelNode {
  /** Its pod. */
  readonly netns: string;
  readonly address: string;
  stop(): Promise<void>;
}

async function ip(netns: string, ...lines: string[]): Promise<void> {
  const { code, stderr } = await runIn(netns, ['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  if (code !== 0) throw new Error(stderr);
}

async function wireUp(lab: TestLab, node: string, pod: string): Promise<void> {
  await addNetns(node);
  await addNetns(pod);
  await ip(
    underlayNetns(lab.name),
    `link add flannel type veth peer name eth0 netns ${node}`,
    'link set flannel master br0 up',
  );
  await ip(
    node,
    'link set lo up',
    `addr add ${ADDRESS}/24 dev eth0`,
    'link set eth0 up',
    'tuntap add dev flannel0 mode tun',
    'addr add 10.244.77.0/32 dev flannel0',
    'link set flannel0 mtu 1472 up',
    'route add 10.244.0.0/16 dev flannel0',
    `link add pod0 type veth peer name eth0 netns ${pod}`,
    'addr add 10.244.77.1/24 dev pod0',
    'link set pod0 up',
  );
  await ip(
    pod,
    'link set lo up',
    'addr add 10.244.77.2/24 dev eth0',
    'link set eth0 mtu 1472 up',
    'route add default via 10.244.77.1',
  );
  await runIn(node, ['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
}

/** What flanneld writes. */
async function publish(lab: TestLab): Promise<void> {
  const store = await leasesOf(lab);
  const attributes = { backendType: '', endpoints: [{ publicIp: ADDRESS }] };
  const { subnets } = await store.acquire({ attributes, previous: [SUBNET] });
  await store.close();
  if (subnets[0] !== SUBNET) throw new Error(`expected the subnet ${SUBNET}, got ${subnets}`);
}

export async function startFlannelNode(lab: TestLab): Promise<FlannelNode> {
  const [node, pod] = [`${lab.name}-flannel`, `${lab.name}-flannel-pod`];
  await wireUp(lab, node, pod);
  const routes = Object.fromEntries(lab.state.hosts.map(({ address }, i) => [`10.244.${i + 1}.`, address]));
  const options = JSON.stringify({ dev: 'flannel0', local: ADDRESS, routes });
  const proxy = spawn('ip', ['netns', 'exec', node, process.execPath, PEER, options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => proxy.stdout.once('data', resolve));
  await publish(lab);
  return {
    netns: pod,
    address: '10.244.77.2',
    async stop() {
      proxy.kill('SIGKILL');
      await deleteNetns(pod);
      await deleteNetns(node);
    },
  };
}
