/**
 * A fresh node on a real kernel, beside the same device and entries made by one `ip -batch` and one `bridge -batch`; each
 * time in a network namespace that was made for it.
 */
import { addNetns, deleteNetns, LinuxKernel, runIn } from '@podlan/linux';
import { prefixAddress } from '@podlan/wire';
import { backendOn, startNode } from './node.js';
import { EventStore, peerLeases } from './peers.js';

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const EXTERNAL = [
  'link add eth0 type veth peer name eth1',
  'addr add 192.168.77.11/24 dev eth0',
  'link set eth0 up',
  'link set eth1 up',
];
const DEVICE = [
  'link add flannel.1 type vxlan id 1 local 192.168.77.11 dev eth0 dstport 8472 nolearning',
  'addr add 10.0.1.0/32 dev flannel.1',
  'link set flannel.1 up',
];

async function batch(netns, tool, lines) {
  const { code, stderr } = await runIn(netns, [tool, '-batch', '-'], { input: `${lines.join('\n')}\n` });
  if (code !== 0) throw new Error(stderr);
}

async function within(netns, run) {
  await addNetns(netns);
  try {
    await batch(netns, 'ip', EXTERNAL);
    return await run();
  } finally {
    await deleteNetns(netns);
  }
}

async function elapsed(run) {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** How many there are, that neither way may leave any out. */
async function requireEntries(netns, count) {
  const outputs = await Promise.all([
    runIn(netns, ['ip', 'route', 'show', 'proto', '80']),
    runIn(netns, ['ip', 'neigh', 'show', 'nud', 'permanent', 'dev', 'flannel.1']),
    runIn(netns, ['bridge', 'fdb', 'show', 'dev', 'flannel.1']),
  ]);
  const found = outputs.map(({ stdout }) => stdout.trimEnd().split('\n').length);
  if (found.some((entries) => entries !== count))
    throw new Error(`expected ${count} routes, neighbors and FDB entries, found ${found.join(', ')}`);
}

function byBatches(netns, leases) {
  const peers = leases.map(({ subnets: [subnet], attributes: { endpoints } }) => {
    const [{ publicIp, data }] = endpoints;
    return { subnet, via: prefixAddress(subnet), mac: data.VtepMAC, publicIp };
  });
  const neighbors = peers.map(
    ({ via, mac }) => `neigh replace ${via} lladdr ${mac} dev flannel.1 nud permanent`,
  );
  const routes = peers.map(
    ({ subnet, via }) => `route replace ${subnet} via ${via} dev flannel.1 proto 80 onlink`,
  );
  const entries = peers.map(
    ({ mac, publicIp }) => `fdb replace ${mac} dev flannel.1 dst ${publicIp} self permanent`,
  );
  return elapsed(async () => {
    await batch(netns, 'ip', [...DEVICE, ...neighbors, ...routes]);
    await batch(netns, 'bridge', entries);
  });
}

async function byNode(netns, leases) {
  let node;
  const kernel = new LinuxKernel({ netns });
  const ms = await elapsed(async () => {
    node = startNode({ kernel, store: new EventStore(leases), backend: backendOn('eth0') });
    await node.ready;
  });
  await node.stop();
  return ms;
}

/** `{ peers, batchMs, nodeMs, ratio }`: medians, the ratio within each round. */
export async function compareFirstConvergence(peers, rounds) {
  const leases = peerLeases(peers);
  const netns = `podlan-bench-${process.pid}`;
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const measured = {};
    for (const [name, run] of [
      ['batch', byBatches],
      ['node', byNode],
    ])
      measured[name] = await within(netns, async () => {
        const ms = await run(netns, leases);
        await requireEntries(netns, peers);
        return ms;
      });
    times.push(measured);
  }
  return {
    peers,
    batchMs: median(times.map(({ batch: ms }) => ms)),
    nodeMs: median(times.map(({ node: ms }) => ms)),
    ratio: median(times.map((one) => one.node / one.batch)),
  };
}
