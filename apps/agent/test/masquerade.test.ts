/**
 * `--ip-masq`: pods reach the outside by their host's address, and each other by their own. Seen on real packets:
 *
 *   pod-a1 -- host-a (kernel) ==underlay== host-b (wasm) -- pod-b1
 *                                  |
 *                              the outside: 192.168.77.1 answers to no address but the hosts'
 */
import { capture } from '@podlan/linux';
import { ETHERNET_HEADER_BYTES, IcmpType, IpProtocol, parseIpv4 } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { underlayNetns } from '../dist/lab/topology.js';
import { eventually, rightWithinASecond, run, TestLab } from './test-lab.js';

const OUTSIDE = '192.168.77.1';
const [HOST_A, POD_A, POD_B] = ['192.168.77.11', '10.244.1.2', '10.244.2.2'];
let lab: TestLab;

/** Agents started from here on are run with these flags, as environment variables. */
async function restartWith(host: string, flags: Readonly<Record<string, string>>): Promise<void> {
  await lab.kill(host, 'SIGTERM');
  Object.assign(process.env, flags);
  await lab.restart(host);
  for (const name of Object.keys(flags)) delete process.env[name];
}

beforeAll(async () => {
  lab = await TestLab.start('kernel', 'wasm');
});
afterAll(() => lab[Symbol.asyncDispose]());

const pings = async (from: string, to: string, ...options: string[]) =>
  (await lab.in(from, 'ping', '-n', '-c', '1', '-W', '1', ...options, to)).code === 0;
const outside = (...command: string[]) => run('ip', 'netns', 'exec', underlayNetns(lab.name), ...command);
const rules = async (host: string) =>
  (await lab.in(host, 'nft', 'list', 'chain', 'inet', 'podlan', 'postrouting')).stdout;

/** Where echo requests for `destination` come from that pass there while `send` is under way. */
async function sourceSeen(
  netns: string,
  device: string,
  destination: string,
  send: () => Promise<unknown>,
): Promise<string | undefined> {
  const stop = new AbortController();
  const frames = await capture({ netns, device, signal: stop.signal });
  await send();
  stop.abort();
  for await (const { bytes } of frames) {
    const packet = parseIpv4(bytes.subarray(ETHERNET_HEADER_BYTES));
    const isRequest = packet?.protocol === IpProtocol.icmp && packet.payload[0] === IcmpType.echoRequest;
    if (isRequest && packet.destination === destination) return packet.source;
  }
  return undefined;
}

test('without it the outside does not know pods; with it, it answers', async () => {
  expect(await pings('pod-a1', OUTSIDE)).toBe(false);
  for (const host of ['host-a', 'host-b']) await restartWith(host, { FLANNELD_IP_MASQ: 'true' });
  await eventually(
    () => pings('pod-a1', OUTSIDE),
    (yes) => yes,
  );
  expect(await pings('pod-b1', OUTSIDE)).toBe(true);
});

test('row 4: flushed nftables rules are restored', async () => {
  const before = await rules('host-a');
  await rightWithinASecond(
    () => lab.in('host-a', 'nft', 'flush', 'ruleset'),
    () => rules('host-a'),
    (now) => now === before,
  );
  await eventually(
    () => pings('pod-a1', OUTSIDE),
    (yes) => yes,
  );
});

test('random source ports can be turned off', async () => {
  expect(await rules('host-b')).toMatch(/masquerade fully-random/);
  await restartWith('host-b', { FLANNELD_IP_MASQ: 'true', FLANNELD_IP_MASQ_FULLY_RANDOM_DISABLE: 'true' });
  expect(await rules('host-b')).toMatch(/masquerade\n/);
  expect(await rules('host-b')).not.toMatch(/fully-random/);
});

describe('who a packet comes from', () => {
  const inPod = (pod: string, destination: string, send: () => Promise<unknown>) =>
    sourceSeen(lab.netns(pod), 'eth0', destination, send);
  const onUnderlay = (destination: string, send: () => Promise<unknown>) =>
    sourceSeen(underlayNetns(lab.name), 'br0', destination, send);

  test.each([
    ['pod-a1', 'pod-b1'],
    ['pod-b1', 'pod-a1'],
  ])('%s to %s: from the pod itself', async (from, to) => {
    expect(await inPod(to, lab.address(to), () => pings(from, lab.address(to)))).toBe(lab.address(from));
  });

  test('a pod to the outside: from its host', async () => {
    expect(await onUnderlay(OUTSIDE, () => pings('pod-a1', OUTSIDE))).toBe(HOST_A);
  });

  test("a host's own address to a pod elsewhere: from the host's flannel.1, so that the answer finds back", async () => {
    const send = () => pings('host-a', POD_B, '-I', HOST_A);
    expect(await inPod('pod-b1', POD_B, send)).toBe('10.244.1.0');
    expect(await send()).toBe(true);
  });

  test('the outside to a pod: as it came on the pod’s own host, from flannel.1 by way of another', async () => {
    await outside('ip', 'route', 'add', '10.244.0.0/16', 'via', HOST_A);
    expect(await inPod('pod-a1', POD_A, () => outside('ping', '-c1', '-W1', POD_A))).toBe(OUTSIDE);
    expect(await inPod('pod-b1', POD_B, () => outside('ping', '-c1', '-W1', POD_B))).toBe('10.244.1.0');
    await outside('ip', 'route', 'delete', '10.244.0.0/16');
  });

  test('multicast from a pod address: as it is', async () => {
    const group = '224.0.0.251';
    const send = () => lab.in('host-a', 'ping', '-c1', '-W1', group);
    await lab.in('host-a', 'ip', 'route', 'add', group, 'dev', 'eth0', 'src', '10.244.1.1');
    expect(await onUnderlay(group, send)).toBe('10.244.1.1');
  });

  test('what kube-proxy has marked: left to kube-proxy, other marks not', async () => {
    const mark = async (value: string) => {
      await lab.in('host-a', 'nft', 'add table ip marks; flush table ip marks');
      await lab.in('host-a', 'nft', 'add chain ip marks in { type filter hook prerouting priority -150; }');
      await lab.in('host-a', 'nft', `add rule ip marks in ip saddr ${POD_A} meta mark set ${value}`);
    };
    const source = () => onUnderlay(OUTSIDE, () => pings('pod-a1', OUTSIDE));
    await mark('0x4000');
    expect(await source()).toBe(POD_A);
    await mark('0xc001');
    expect(await source()).toBe(POD_A);
    await mark('0x8001');
    expect(await source()).toBe(HOST_A);
    await lab.in('host-a', 'nft', 'delete', 'table', 'ip', 'marks');
  });
});

test('a pod reaches itself and others by a service address, as kube-proxy makes it', async () => {
  const kubeProxy = [
    'add table ip kube',
    'add chain ip kube services { type nat hook prerouting priority -100; }',
    `add rule ip kube services ip daddr 10.96.0.1 meta mark set 0x4000 dnat to ${POD_A}`,
    `add rule ip kube services ip daddr 10.96.0.2 dnat to ${POD_B}`,
    'add chain ip kube marked { type nat hook postrouting priority 100; }',
    'add rule ip kube marked meta mark & 0x4000 == 0x4000 masquerade fully-random',
  ];
  for (const command of kubeProxy) expect(await lab.in('host-a', 'nft', command)).toMatchObject({ code: 0 });
  expect(await pings('pod-a1', '10.96.0.1')).toBe(true);
  expect(await pings('pod-a1', '10.96.0.2')).toBe(true);
});
