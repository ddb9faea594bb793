/**
 * Row 7 of flannel's shortcomings: the address of a node changes while it runs. The node keeps its subnet, its pods keep
 * theirs, and its peers follow; likewise where its interface goes down and comes back, or gets another MTU.
 */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAND_OVER_PROTOCOL } from '../dist/agent/hand-over.js';
import { transfer } from '../dist/lab/demo-traffic.js';
import { agentSocket, subnetFile } from '../dist/lab/lab-agents.js';
import { type Dataplane, eventually, type LabChoice, TestLab } from './test-lab.js';

const CASES: [Dataplane, LabChoice][] = [
  ['kernel', { store: 'sqlite' }],
  ['wasm', { store: 'etcd' }],
  ['kernel', { store: 'etcd', backend: 'host-gw' }],
  ['wasm', { store: 'sqlite', backend: 'udp' }],
];
/** By which the pods' MTU is smaller than the interface's, and by which device. */
const OVERHEADS = {
  vxlan: { bytes: 50, device: 'flannel.1' },
  udp: { bytes: 28, device: 'flannel0' },
  'host-gw': { bytes: 0, device: 'eth0' },
} as const;
const OLD = '192.168.77.11';
const NEW = '192.168.77.111';
const NEWER = '192.168.77.112';

describe.each(CASES)('row 7: %s, %j', (dataplane, choice) => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start(choice, dataplane, dataplane);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const sh = async (host: string, script: string) => (await lab.in(host, 'sh', '-ec', script)).stdout;
  const leaseOf = async (host: string) => (await lab.agent(host)).lease!;
  const talks = async () => {
    for (const [from, to] of [
      ['pod-a1', 'pod-b1'],
      ['pod-b1', 'pod-a1'],
    ] as const)
      await eventually(
        () => lab.reaches(from, to),
        (yes) => yes,
        15_000,
      );
  };
  const move = (from: string, to: string) =>
    sh(
      'host-a',
      `ip addr del ${from}/24 dev eth0; ip addr add ${to}/24 dev eth0; ip route add default via 192.168.77.1`,
    );
  const published = (address: string) =>
    eventually(
      () => lab.agent('host-a'),
      ({ interface: { addresses }, lease }) =>
        addresses[0] === address && lease?.attributes.endpoints[0]?.publicIp === address,
      15_000,
    );
  /** One that has the agent's node loop rest, and is gone. */
  async function successorThatDies(meanwhile: () => Promise<unknown>) {
    const socketPath = agentSocket(lab.name, 'host-a');
    const netns = (await sh('host-a', 'readlink /proc/self/ns/net')).trim();
    const outgoing = request({ socketPath, path: '/hand-over', method: 'POST', agent: false });
    outgoing.write(`${JSON.stringify({ protocol: HAND_OVER_PROTOCOL, pid: process.pid, netns })}\n`);
    const [{ statusCode }] = await once(outgoing, 'response');
    expect(statusCode).toBe(200);
    await meanwhile();
    outgoing.on('error', () => {}).destroy();
  }
  const stateOfB = () =>
    sh('host-b', 'ip route; ip neigh show nud permanent; bridge fdb show | grep dst || true');

  test('another address: the same subnet, and pods talk as before', async () => {
    const { subnets, attributes } = await leaseOf('host-a');
    await talks();
    await move(OLD, NEW);
    const { interface: external } = await published(NEW);
    expect(external).toMatchObject({ name: 'eth0', publicIps: [NEW] });
    await talks();
    const after = await leaseOf('host-a');
    expect(after.subnets).toEqual(subnets);
    expect(after.attributes.endpoints[0]?.data).toEqual(attributes.endpoints[0]?.data);
    const to = { netns: lab.netns('pod-a1'), address: lab.address('pod-a1') };
    const { sent, received } = await transfer(lab.netns('pod-b1'), to, 5);
    expect(received.sha256).toBe(sent.sha256);
  });

  test('peers know the new address alone', async () => {
    const peers = await eventually(
      async () => (await lab.agent('host-b')).peers,
      ([peer]) => peer?.publicIps[0] === NEW && peer.status === 'programmed',
    );
    expect(peers).toHaveLength(1);
    expect(`${await stateOfB()} `).not.toMatch(/192\.168\.77\.11\s/);
  });

  test('a successor that dies leaves the node its subnet and MAC, though the address changes meanwhile', async () => {
    const before = await leaseOf('host-a');
    await successorThatDies(() => move(NEW, NEWER));
    await published(NEWER);
    await successorThatDies(async () => {});
    await move(NEWER, NEW);
    await published(NEW);
    const { subnets, attributes } = await leaseOf('host-a');
    expect({ subnets, attributes }).toEqual({ subnets: before.subnets, attributes: before.attributes });
    await talks();
  });

  test('an agent that starts anew keeps the subnet, too', async () => {
    const { subnets } = await leaseOf('host-a');
    await lab.kill('host-a', 'SIGKILL');
    expect((await lab.restart('host-a')).lease?.subnets).toEqual(subnets);
    await talks();
  });

  test('the interface down and up again: pods talk as before', async () => {
    await sh('host-a', 'ip link set eth0 down');
    expect(await lab.reaches('pod-a1', 'pod-b1')).toBe(false);
    await sh('host-a', 'ip link set eth0 up; ip route add default via 192.168.77.1');
    await talks();
    expect((await leaseOf('host-a')).attributes.endpoints[0]?.publicIp).toBe(NEW);
  });

  test('another MTU: the device and subnet.env take it over, and packets of that size pass', async () => {
    const { bytes, device } = OVERHEADS[choice.backend ?? 'vxlan'];
    const mtu = 1400 - bytes;
    await sh('host-a', 'ip link set eth0 mtu 1400');
    await eventually(
      async () => readFileSync(subnetFile(lab.name, 'host-a'), 'utf8'),
      (text) => text.includes(`FLANNEL_MTU=${mtu}\n`),
      15_000,
    );
    expect(await sh('host-a', `ip link show ${device}`)).toContain(`mtu ${mtu} `);
    const ping = ['ping', '-n', '-c', '1', '-W', '2', '-M', 'do', '-s', String(mtu - 28)];
    await eventually(
      () => lab.in('pod-a1', ...ping, lab.address('pod-b1')),
      ({ code }) => code === 0,
    );
  });
});
