/** A simulated cluster from its first host to packets between its pods, and what each part of that takes. */
import { ROUTE_PROTOCOL } from '@podlan/linux/model';
import { SimCluster, seededRandom } from '@podlan/simulator';

/** As many as come up together: a cluster grows by groups of machines. */
const WAVE = 50;
/** RT_TABLE_MAIN. */
const MAIN = 254;
/** Room for tens of thousands of hosts. */
const NETWORK = { Network: '10.0.0.0/8', SubnetLen: 24, Backend: { Type: 'vxlan' } };

export async function measureCluster({ hosts, pairs, dataplane, seed = 1 }) {
  const cluster = new SimCluster({ config: NETWORK, dataplane, mostHosts: hosts, seed });
  try {
    const joinMs = await timed(() => joinAll(cluster, hosts));
    const podMs = await timed(() => addPods(cluster));
    global.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    const sentBefore = packetsSent(cluster);
    const simulatedMs = cluster.clock.nowMs();
    let unanswered = [];
    const probeMs = await timed(() => {
      unanswered = probePairs(cluster, pairs, seed);
    });
    const packets = packetsSent(cluster) - sentBefore;
    return {
      ...{ hosts, dataplane, pairs, joinMs, podMs, simulatedMs, unanswered },
      ...{ rssMB: rss / 1e6, heapMB: heapUsed / 1e6, packets },
      probesPerSecond: (pairs / probeMs) * 1000,
      packetsPerSecond: (packets / probeMs) * 1000,
    };
  } finally {
    await cluster.stop();
  }
}

async function timed(work) {
  const startMs = performance.now();
  await work();
  return performance.now() - startMs;
}

/** Until each has the rows of all others. */
async function joinAll(cluster, hosts) {
  while (cluster.hosts.length < hosts) {
    const wave = Math.min(WAVE, hosts - cluster.hosts.length);
    const fresh = Array.from({ length: wave }, () => cluster.addHost());
    await cluster.settled(() => fresh.every(({ state }) => state?.ready), 'all hosts of a wave to be ready');
  }
  await cluster.settled(() => cluster.hosts.every(hasRoutes(hosts - 1)), 'routes to all peers');
}

const hasRoutes = (peers) => (host) => {
  let routes = 0;
  for (const { protocol } of host.netns.fib.routes(4, MAIN)) if (protocol === ROUTE_PROTOCOL) routes++;
  return routes === peers;
};

async function addPods(cluster) {
  for (const host of cluster.hosts) await host.addPod();
}

/** Returns the pairs between which no packet came and went. */
function probePairs(cluster, pairs, seed) {
  const { pods } = cluster;
  const random = seededRandom(seed);
  const one = () => pods[Math.floor(random() * pods.length)];
  const unanswered = [];
  for (let i = 0; i < pairs; i++) {
    const [from, to] = [one(), one()];
    const { answered, lost } = cluster.probe(from.name, { destination: to.addresses[0] });
    if (!answered) unanswered.push(`${from.name} to ${to.name}: ${lost?.text ?? 'no answer'}`);
  }
  return unanswered;
}

/** Out of all devices of all hosts and pods. */
function packetsSent({ network }) {
  let sum = 0;
  for (const { devices } of network.namespaces) for (const { counters } of devices) sum += counters.txPackets;
  return sum;
}
