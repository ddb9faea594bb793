/** Frames that no honest node sends are dropped and counted. Every one is a real datagram on the underlay. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { underlayNetns } from '../dist/lab/topology.js';
import { innerPing } from './inner-ping.js';
import { eventually, run, TestLab } from './test-lab.js';

const SEND = `
const [address, hex] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
socket.send(Buffer.from(hex, 'hex'), 8472, address, () => socket.close());`;

describe('host-a on the wasm dataplane', () => {
  let lab: TestLab;
  let vtepMac: string;
  beforeAll(async () => {
    lab = await TestLab.start('wasm', 'kernel');
    const { stdout } = await lab.in('host-a', 'cat', '/sys/class/net/flannel.1/address');
    vtepMac = stdout.trim();
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const count = async (verdict: string) =>
    (await lab.agent('host-a')).forwarders['flannel.1']!.byVerdict[verdict as 'rx-delivered'];
  const sendFrom = (netns: string, source: string, target = lab.address('pod-a1')) => {
    const datagram = innerPing({ mac: vtepMac, source, target });
    return run(
      'ip',
      'netns',
      'exec',
      netns,
      'node',
      '-e',
      SEND,
      lab.address('host-a'),
      Buffer.from(datagram).toString('hex'),
    );
  };

  test.each([
    [
      'from an address that is no node',
      'rx-unknown-peer',
      () => underlayNetns(lab.name),
      () => lab.address('pod-b1'),
    ],
    [
      "whose inner source is the receiver's own",
      'rx-own-source',
      () => lab.netns('host-b'),
      () => '10.244.1.77',
    ],
    [
      "inside Network but outside its node's subnet",
      'rx-spoofed-source',
      () => lab.netns('host-b'),
      () => '10.244.9.9',
    ],
  ])('a frame %s is dropped and counted', async (_, verdict, netns, source) => {
    const [before, delivered] = [await count(verdict), await count('rx-delivered')];
    expect((await sendFrom(netns(), source())).code).toBe(0);
    await eventually(
      () => count(verdict),
      (now) => now === before + 1,
    );
    expect(await count('rx-delivered')).toBe(delivered);
  });

  test('an honest one through the same path is delivered', async () => {
    const before = await count('rx-delivered');
    await sendFrom(lab.netns('host-b'), lab.address('pod-b1'));
    await eventually(
      () => count('rx-delivered'),
      (now) => now > before,
    );
  });

  test("a remote node's own address passes and is counted apart", async () => {
    const before = await count('rx-delivered-outside');
    const { stdout } = await lab.in('pod-a1', 'ping', '-n', '-c', '2', '-i', '0.05', lab.address('host-b'));
    expect(stdout).toContain('2 received');
    expect(await count('rx-delivered-outside')).toBe(before + 2);
  });
});
