/**
 * A lab with a pair of hosts for each way that packets can go:
 *
 *     wasm      pod-a1 -> pod-b1    podlan's forwarder
 *     kernel    pod-c1 -> pod-d1    the kernel's vxlan
 *     dgram     pod-e1 -> pod-f1    rivals/dgram-tunnel.js, on the TAPs and routes that two agents left
 *     underlay  host-a -> host-b    no overlay: what the underlay could do
 */
import { fileURLToPath } from 'node:url';
import { joinHost, up } from '../dist/lab/lab.js';
import { stopAgent } from '../dist/lab/lab-agents.js';
import { run, start } from './processes.js';

const TUNNEL = fileURLToPath(new URL('./rivals/dgram-tunnel.js', import.meta.url));
const PORT = 8472;
const VNI = 1;

const HOSTS = ['wasm', 'wasm', 'kernel', 'kernel', 'wasm', 'wasm'];
const quietly = () => {};

export async function layPaths(name, underlayOffloads) {
  const state = await up(name, { hosts: 0, pods: 1, dataplane: 'wasm', underlayOffloads }, quietly);
  const hosts = [];
  for (const dataplane of HOSTS) hosts.push(await join(state, dataplane));
  const [a, b, c, d, e, f] = hosts;
  const tunnels = await digTunnels(name, e, f);
  const paths = [
    { name: 'wasm', ...between(a, b), agents: [a.host.pid, b.host.pid] },
    { name: 'kernel', ...between(c, d), agents: [c.host.pid, d.host.pid] },
    { name: 'dgram', ...between(e, f), agents: tunnels },
    {
      name: 'underlay',
      from: a.host.netns,
      to: b.host.netns,
      address: b.host.address,
      sender: 'host-a',
      agents: [],
    },
  ];
  for (const path of paths) await requireToTalk(path);
  return paths;
}

async function join(state, dataplane) {
  const { host, pods, status } = await joinHost(state, dataplane, quietly);
  return { host, pod: pods[0], subnet: status.lease.subnets[0] };
}

const between = (one, other) => ({
  from: one.pod.netns,
  to: other.pod.netns,
  address: other.pod.address,
  sender: one.host.name,
});

/** Puts the rival in the place of two agents, whose devices, routes and leases stay. Its process ids. */
async function digTunnels(lab, one, other) {
  const pids = [];
  for (const [here, there] of [
    [one, other],
    [other, one],
  ]) {
    await stopAgent(lab, here.host.pid);
    const peer = `${there.subnet}=${there.host.address}`;
    const args = ['flannel.1', here.host.address, String(PORT), String(VNI), peer];
    const tunnel = start(here.host.netns, process.execPath, TUNNEL, ...args);
    await tunnel.line();
    pids.push(tunnel.pid);
  }
  return pids;
}

/** The first packets find neighbors; all of the next ones must be answered. */
export async function requireToTalk({ name, from, address }) {
  await run(from, 'ping', '-n', '-q', '-c', '2', '-i', '0.1', address);
  const said = await run(from, 'ping', '-n', '-q', '-c', '10', '-i', '0.01', address);
  if (!said.includes(' 10 received'))
    throw new Error(`expected 10 replies on the path ${name}, found: ${said}`);
}
