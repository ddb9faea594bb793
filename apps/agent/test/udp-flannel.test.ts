/** A node of the udp backend beside one that runs none of podlan's code, and does as flannel's proxy does. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { transfer } from '../dist/lab/demo-traffic.js';
import { eventually, run, TestLab } from './test-lab.js';
import { udpEcho } from './udp-echo.js';
import { type FlannelNode, startFlannelNode } from './udp-lab.js';

const FULL_PAYLOAD = 1472 - 28;

let lab: TestLab;
let flannel: FlannelNode;
const pod = () => ({ netns: lab.netns('pod-a1'), address: lab.address('pod-a1') });

const ping = (from: { netns: string }, to: { address: string }, ...flags: string[]) =>
  run('ip', 'netns', 'exec', from.netns, 'ping', '-n', '-W', '2', '-c', '1', ...flags, to.address);

beforeAll(async () => {
  lab = await TestLab.start({ backend: 'udp' }, 'wasm');
  flannel = await startFlannelNode(lab);
  await eventually(
    () => ping(pod(), flannel),
    ({ code }) => code === 0,
  );
});
afterAll(async () => {
  await flannel?.stop();
  await lab[Symbol.asyncDispose]();
});

test('ICMP: every echo is answered, both ways', async () => {
  for (const [from, to] of [[pod(), flannel] as const, [flannel, pod()] as const]) {
    const { stdout } = await ping(from, to, '-c', '20', '-i', '0.01');
    expect(stdout).toContain('20 received');
  }
});

test('row 13: of four hops that flannel counts between two hosts, the one in podlan’s tunnel end is none', async () => {
  // Two kernels that route, and flannel's proxy.
  for (const [from, to] of [[pod(), flannel] as const, [flannel, pod()] as const]) {
    expect((await ping(from, to, '-t', '64')).stdout).toMatch(/ttl=61/);
  }
});

test('TCP: 20 MB arrive as they were sent, both ways', async () => {
  for (const [from, to] of [[pod(), flannel] as const, [flannel, pod()] as const]) {
    const { sent, received } = await transfer(from.netns, to, 20);
    expect(received).toMatchObject({ bytes: 20_000_000, sha256: sent.sha256 });
  }
});

test('UDP: datagrams of 1 byte, of a full MTU and of more than one fragment come back, both ways', async () => {
  const sizes = [1, FULL_PAYLOAD, 4000];
  const equal = sizes.map((size) => `${size} equal`);
  expect(await udpEcho(pod(), flannel, ...sizes)).toEqual(equal);
  expect(await udpEcho(flannel, pod(), ...sizes)).toEqual(equal);
});

test('a packet of exactly the MTU passes with DF set, both ways', async () => {
  for (const [from, to] of [[pod(), flannel] as const, [flannel, pod()] as const]) {
    const { stdout } = await ping(from, to, '-M', 'do', '-s', String(FULL_PAYLOAD));
    expect(stdout).toContain('1 received');
  }
});
