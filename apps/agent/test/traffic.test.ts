/** Pods on different hosts talk, on each pairing of dataplanes and by each backend, with leases in a file and in etcd. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transfer } from '../dist/lab/demo-traffic.js';
import { type Dataplane, type LabChoice, TestLab } from './test-lab.js';
import { udpEcho } from './udp-echo.js';

const CASES: [Dataplane, Dataplane, Required<Pick<LabChoice, 'backend' | 'store'>>, number][] = [
  ['wasm', 'wasm', { backend: 'vxlan', store: 'etcd' }, 1450],
  ['kernel', 'kernel', { backend: 'vxlan', store: 'sqlite' }, 1450],
  ['wasm', 'kernel', { backend: 'vxlan', store: 'etcd' }, 1450],
  ['kernel', 'kernel', { backend: 'host-gw', store: 'etcd' }, 1500],
  ['wasm', 'wasm', { backend: 'udp', store: 'etcd' }, 1472],
];
/** IPv4's 20 bytes and the 8 of ICMP, or of UDP. */
const HEADERS = 28;

describe.each(CASES)('%s to %s, %j', (a, b, choice, mtu) => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start(choice, a, b);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  /** An answer may be late, on a machine that does other things too; it may not be lost. */
  const pingTo = (address: string, ...flags: string[]) =>
    lab.in('pod-a1', 'ping', '-n', '-W', '10', ...flags, address);
  const ping = (...flags: string[]) => pingTo(lab.address('pod-b1'), ...flags);

  test('ICMP: every echo is answered, with one hop less for each host on the way', async () => {
    const { stdout } = await ping('-c', '20', '-i', '0.01');
    expect(stdout).toContain('20 received');
    expect(stdout).toMatch(/ttl=62/);
  });

  test.each([
    ['pod-a1', 'pod-b1'],
    ['pod-b1', 'pod-a1'],
  ])('TCP: 100 MB from %s to %s arrive as they were sent', async (from, to) => {
    const { sent, received } = await transfer(
      lab.netns(from),
      { netns: lab.netns(to), address: lab.address(to) },
      100,
    );
    expect(received.bytes).toBe(100_000_000);
    expect(received.sha256).toBe(sent.sha256);
  });

  test('UDP: datagrams of 1 byte, of a full MTU and of more than one fragment arrive', async () => {
    const place = (name: string) => ({ netns: lab.netns(name), address: lab.address(name) });
    const sizes = [1, mtu - HEADERS, 4000];
    expect(await udpEcho(place('pod-a1'), place('pod-b1'), ...sizes)).toEqual(
      sizes.map((size) => `${size} equal`),
    );
  });

  test('a packet of exactly the MTU passes with DF set', async () => {
    const { stdout } = await ping('-M', 'do', '-c', '3', '-i', '0.05', '-s', String(mtu - HEADERS));
    expect(stdout).toContain('3 received');
  });

  test('one byte more is refused in the pod itself, whose interface has the same MTU', async () => {
    const { code, stdout, stderr } = await ping('-M', 'do', '-c', '1', '-s', String(mtu - HEADERS + 1));
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(`mtu=${mtu}`);
  });

  test('from a pod with a larger MTU it is answered by ICMP "fragmentation needed" of the host', async () => {
    const links = [
      [
        'host-a',
        (await lab.in('host-a', 'ip', '-br', 'link', 'show', 'master', 'cni0')).stdout.split('@')[0]!,
      ],
      ['pod-a1', 'eth0'],
    ] as const;
    const setMtu = async (bytes: number) => {
      for (const [place, dev] of links) await lab.in(place, 'ip', 'link', 'set', dev, 'mtu', String(bytes));
      await lab.in('host-a', 'ip', 'link', 'set', 'cni0', 'mtu', String(bytes));
    };
    await setMtu(mtu + 50);
    try {
      const { stdout } = await ping('-M', 'do', '-c', '1', '-s', String(mtu - HEADERS + 1));
      expect(stdout).toMatch(/From 10\.244\.1\.1 .*Frag needed and DF set/);
      expect(stdout).toContain(`(mtu = ${mtu})`);
    } finally {
      await setMtu(mtu);
      await lab.in('pod-a1', 'ip', 'route', 'flush', 'cache');
    }
  });

  test('pod to remote node and back, without masquerade, keeps the pod address', async () => {
    const { stdout } = await pingTo(lab.address('host-b'), '-c', '3', '-i', '0.05');
    expect(stdout).toContain('3 received');
  });
});
