/** The underlay with and without transmit offloads: what passes, and in what size the wire sees it. */
import { type CapturedFrame, capture } from '@podlan/linux';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { transfer } from '../dist/lab/demo-traffic.js';
import { hostNetns, underlayNetns } from '../dist/lab/topology.js';
import { type Dataplane, podlan, TestLab } from './test-lab.js';

/** Ethernet's 14 bytes and an MTU of 1500. */
const LONGEST_FRAME = 1514;
const DATAPLANES: Dataplane[] = ['wasm', 'kernel'];

/** Enough for TCP to make super-packets. */
const MEGABYTES = 20;

function sendTcp(lab: TestLab) {
  const to = { netns: lab.netns('pod-b1'), address: lab.address('pod-b1') };
  return transfer(lab.netns('pod-a1'), to, MEGABYTES);
}

/** The longest frame that a host puts on the underlay while `work` runs. */
const longestFrame = (lab: string, host: string, work: () => Promise<unknown>) =>
  longestInto(underlayNetns(lab), host, work);

/** The longest frame that comes into a device while `work` runs. */
async function longestInto(netns: string, device: string, work: () => Promise<unknown>): Promise<number> {
  const stop = new AbortController();
  const frames = await capture({ netns, device, signal: stop.signal });
  const longest = longestOf(frames);
  await work();
  stop.abort();
  return longest;
}

async function longestOf(frames: AsyncIterable<CapturedFrame>): Promise<number> {
  let longest = 0;
  for await (const { direction, bytes } of frames)
    if (direction === 'in') longest = Math.max(longest, bytes.length);
  return longest;
}

describe.each(DATAPLANES)('%s to %s with offloads on', (dataplane) => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start({ underlayOffloads: true }, dataplane, dataplane);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  test('TCP arrives as it was sent', async () => {
    const { sent, received } = await sendTcp(lab);
    expect(received.sha256).toBe(sent.sha256);
  });

  test('UDP arrives', async () => {
    const echo = lab.spawn('pod-b1', 'node', '-e', ECHO_SERVER);
    try {
      await new Promise((resolve) => echo.stdout.once('data', resolve));
      const { stdout } = await lab.in('pod-a1', 'node', '-e', ECHO_CLIENT, lab.address('pod-b1'));
      expect(stdout.trim()).toBe('echoed');
    } finally {
      echo.kill('SIGKILL');
    }
  });
});

describe("what the kernel's vxlan puts on the underlay", () => {
  test('with offloads on: super-packets, whole', async () => {
    await using lab = await TestLab.start({ underlayOffloads: true }, 'kernel', 'kernel');
    expect(await longestFrame(lab.name, 'host-a', () => sendTcp(lab))).toBeGreaterThan(LONGEST_FRAME);
  });

  test('with offloads off: no frame longer than the MTU allows, each segment made', async () => {
    await using lab = await TestLab.start('kernel', 'kernel');
    expect(await longestFrame(lab.name, 'host-a', () => sendTcp(lab))).toBe(LONGEST_FRAME);
  });
});

test('with offloads off a host joins what comes in, as a card does, and the wire saw it in pieces', async () => {
  await using lab = await TestLab.start('kernel', 'kernel');
  const hostB = { netns: lab.netns('host-b'), address: lab.address('host-b') };
  const send = () => transfer(lab.netns('host-a'), hostB, MEGABYTES);
  let joined = 0;
  const sent = await longestFrame(lab.name, 'host-a', async () => {
    joined = await longestInto(hostB.netns, 'eth0', send);
  });
  expect(sent).toBe(LONGEST_FRAME);
  expect(joined).toBeGreaterThan(LONGEST_FRAME);
});

describe('podlan lab up --underlay-offloads', () => {
  const name = `t${process.pid}-offloads`;
  const lab = (verb: string, ...args: string[]) => podlan('lab', '--name', name, verb, ...args);
  const SMALL = ['--hosts', '1', '--pods', '0', '--dataplane', 'kernel'];
  afterEach(() => lab('down'));

  test('on holds for a host that joins later too', async () => {
    const up = await lab('up', ...SMALL, '--underlay-offloads', 'on');
    expect(up.stdout).toContain('underlay offloads: on');
    await lab('join');
    const hostA = { netns: hostNetns(name, 'host-a'), address: '192.168.77.11' };
    const longest = await longestFrame(name, 'host-b', () =>
      transfer(hostNetns(name, 'host-b'), hostA, MEGABYTES),
    );
    expect(longest).toBeGreaterThan(LONGEST_FRAME);
  });

  test('off is the default', async () => {
    expect((await lab('up', ...SMALL)).stdout).toContain('underlay offloads: off');
    expect(JSON.parse((await lab('status', '--json')).stdout).underlayOffloads).toBe(false);
  });

  test('anything but on and off is refused', async () => {
    const { code, stderr } = await lab('up', '--underlay-offloads', 'yes');
    expect(code).toBe(1);
    expect(stderr).toContain('--underlay-offloads: expected on or off, found yes');
  });
});

const ECHO_SERVER = `
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', (data, from) => socket.send(data, from.port, from.address));
socket.bind(9000, () => console.log('ready'));`;

const ECHO_CLIENT = `
const socket = require('node:dgram').createSocket('udp4');
socket.on('message', () => { console.log('echoed'); process.exit(); });
socket.send('hello', 9000, process.argv[1]);
setTimeout(() => { console.log('no answer'); process.exit(1); }, 3000);`;
