/**
 * How long a pod waits for its network: ADD and DEL of podlan-cni beside those of the standard `bridge` with
 * `host-local`, on the same namespaces, in turns, in one run. Prints the medians in milliseconds and their ratio, and
 * beside them how long each program takes to start (VERSION). ROUNDS can be set.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addNetns, deleteNetns } from '@podlan/linux';
import { median } from '@podlan/tooling/bench-report';

const ROUNDS = Number(process.env.ROUNDS ?? 20);
const STANDARD = ['/usr/lib/cni', '/opt/cni/bin'].find((folder) => existsSync(join(folder, 'bridge')));
if (!STANDARD) throw new Error('bridge not found: install the package containernetworking-plugins');
const built = (name) => fileURLToPath(new URL(`../build/${name}`, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'podlan-bench-'));
const host = `bench-${process.pid}`;
const pod = `${host}-pod`;
const subnetFile = join(folder, 'subnet.env');
writeFileSync(
  subnetFile,
  'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
);

const podlan = {
  type: 'podlan-cni',
  subnetFile,
  ipam: { dataDir: join(folder, 'podlan') },
  delegate: { bridge: 'cni0', hairpinMode: true, isDefaultGateway: true },
};
const bridge = {
  type: 'bridge',
  bridge: 'cni1',
  mtu: 1450,
  hairpinMode: true,
  isGateway: true,
  isDefaultGateway: true,
  ipam: {
    type: 'host-local',
    dataDir: join(folder, 'bridge'),
    ranges: [[{ subnet: '10.245.1.0/24' }]],
    routes: [{ dst: '10.245.0.0/16' }],
  },
};
const contenders = [
  { name: 'bridge + host-local', file: join(STANDARD, 'bridge'), config: bridge },
  { name: 'podlan-cni, one executable', file: built('podlan-cni'), config: podlan },
  { name: 'podlan-cni by node', file: built('podlan-cni.cjs'), config: podlan },
].filter(({ file }) => existsSync(file));

function call({ file, config }, verb) {
  const env = {
    ...process.env,
    CNI_COMMAND: verb,
    CNI_PATH: STANDARD,
    CNI_CONTAINERID: 'bench',
    CNI_NETNS: `/var/run/netns/${pod}`,
    CNI_IFNAME: 'eth0',
  };
  const input = JSON.stringify({ cniVersion: '1.0.0', name: 'bench', ...config });
  const start = performance.now();
  const { status, stdout } = spawnSync('nsenter', [`--net=/var/run/netns/${host}`, '--', file], {
    env,
    input,
  });
  const took = performance.now() - start;
  if (status !== 0) throw new Error(`${file} ${verb}: ${stdout}`);
  return took;
}

const VERBS = ['VERSION', 'ADD', 'DEL'];
const times = new Map(contenders.map(({ name }) => [name, { VERSION: [], ADD: [], DEL: [] }]));
await addNetns(host);
await addNetns(pod);
try {
  for (let round = -1; round < ROUNDS; round++) {
    for (const contender of contenders) {
      for (const verb of VERBS) {
        const took = call(contender, verb);
        // The first round makes the bridges.
        if (round >= 0) times.get(contender.name)[verb].push(took);
      }
    }
  }
} finally {
  await deleteNetns(pod);
  await deleteNetns(host);
  rmSync(folder, { recursive: true, force: true });
}

const baseline = times.get(contenders[0].name);
console.log(`milliseconds (times as long as ${contenders[0].name}), medians of ${ROUNDS}`);
console.log(`${''.padEnd(28)}${['start', 'ADD', 'DEL'].map((word) => word.padStart(16)).join('')}`);
for (const [name, taken] of times) {
  const cells = VERBS.map((verb) => {
    const ratio = median(taken[verb].map((time, round) => time / baseline[verb][round]));
    return `${median(taken[verb]).toFixed(1)} (${ratio.toFixed(2)})`.padStart(16);
  });
  console.log(`${name.padEnd(28)}${cells.join('')}`);
}
