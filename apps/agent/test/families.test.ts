/**
 * Bulk TCP over IPv4 and IPv6, by the forwarder to the forwarder and to the kernel's vxlan, on an underlay of either
 * family. The underlay's cards finish checksums and segments, so a capture shows what a wire would:
 *
 *   A  flannel.1 10.9.1.1, fd09:1::1                      B  flannel.1 10.9.2.1, fd09:2::1
 *   |  TAP or vxlan                                       |  TAP or vxlan
 *   '- eth0 192.168.99.1, fd99::1 ------ veth pair ------ '- eth0 192.168.99.2, fd99::2
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { addNetns, type CapturedFrame, capture, deleteNetns, runIn } from '@podlan/linux';
import { pcapHeader, pcapRecord } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { transfer } from '../dist/lab/demo-traffic.js';
import { type Dataplane, run } from './test-lab.js';

const FORWARDER = fileURLToPath(new URL('./bare-forwarder.js', import.meta.url));
const AS_A_WIRE = fileURLToPath(new URL('../dist/lab/as-a-wire.js', import.meta.url));
const PORT = 8472;
const MEGABYTES = 3;
/** Ethernet's 14 bytes and an MTU of 1500. */
const LONGEST_FRAME = 1514;

type Outer = 'IPv4' | 'IPv6';
const PAIRS: [Dataplane, Dataplane, Outer][] = [
  ['wasm', 'wasm', 'IPv4'],
  ['wasm', 'kernel', 'IPv4'],
  ['kernel', 'wasm', 'IPv4'],
  ['wasm', 'wasm', 'IPv6'],
  ['wasm', 'kernel', 'IPv6'],
  ['kernel', 'wasm', 'IPv6'],
];

interface Host {
  readonly netns: string;
  readonly number: 1 | 2;
  readonly peer: 1 | 2;
  readonly dataplane: Dataplane;
}

const mac = (number: number) => `02:00:00:00:09:0${number}`;
const outerAddress = (outer: Outer, number: number) =>
  outer === 'IPv4' ? `192.168.99.${number}` : `fd99::${number}`;
/** IPv6's header is 20 bytes longer. */
const innerMtu = (outer: Outer) => (outer === 'IPv4' ? 1450 : 1430);

async function ip(netns: string, ...lines: string[]): Promise<void> {
  const { code, stderr } = await runIn(netns, ['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  if (code !== 0) throw new Error(`ip in ${netns}: ${stderr}`);
}

async function connect(a: Host, b: Host): Promise<void> {
  await addNetns(a.netns);
  await addNetns(b.netns);
  await ip(a.netns, `link add eth0 type veth peer name eth0 netns ${b.netns}`);
  for (const { netns, number } of [a, b]) {
    await ip(
      netns,
      'link set lo up',
      'link set eth0 up',
      `addr add ${outerAddress('IPv4', number)}/24 dev eth0`,
      `addr add ${outerAddress('IPv6', number)}/64 dev eth0 nodad`,
    );
    const { code, stderr } = await runIn(netns, [process.execPath, AS_A_WIRE, 'card', 'eth0']);
    if (code !== 0) throw new Error(stderr);
    await run('ip', 'netns', 'exec', netns, 'sysctl', '-qw', 'net.ipv4.tcp_ecn=1');
  }
}

/** The overlay's device and what it leads to. */
async function overlay({ netns, number, peer, dataplane }: Host, outer: Outer): Promise<void> {
  const vxlan = `link add flannel.1 type vxlan id 1 dev eth0 dstport ${PORT} nolearning local ${outerAddress(outer, number)}`;
  const udp6 = outer === 'IPv6' ? ' udp6zerocsumrx' : '';
  await ip(
    netns,
    dataplane === 'kernel' ? vxlan + udp6 : 'tuntap add dev flannel.1 mode tap vnet_hdr',
    `link set flannel.1 address ${mac(number)} mtu ${innerMtu(outer)} up`,
    `addr add 10.9.${number}.1/32 dev flannel.1`,
    `addr add fd09:${number}::1/128 dev flannel.1 nodad`,
    `neigh replace 10.9.${peer}.1 lladdr ${mac(peer)} dev flannel.1 nud permanent`,
    `neigh replace fd09:${peer}::1 lladdr ${mac(peer)} dev flannel.1 nud permanent`,
    `route add 10.9.${peer}.1/32 dev flannel.1 src 10.9.${number}.1`,
    `route add fd09:${peer}::1/128 dev flannel.1 src fd09:${number}::1`,
  );
  if (dataplane === 'wasm') return;
  const entry = ['fdb', 'append', mac(peer), 'dev', 'flannel.1', 'dst', outerAddress(outer, peer)];
  const { code, stderr } = await runIn(netns, ['bridge', ...entry]);
  if (code !== 0) throw new Error(stderr);
}

async function forward({ netns, number, peer }: Host, outer: Outer): Promise<ChildProcess> {
  const remote = outerAddress(outer, peer);
  const settings = {
    ...{ dev: 'flannel.1', local: outerAddress(outer, number), port: PORT, vni: 1, mac: mac(number) },
    networks: ['10.9.0.0/16', 'fd09::/16'],
    subnets: [`10.9.${number}.0/24`, `fd09:${number}::/64`],
    tunnels: [`10.9.${peer}.0/24`, `fd09:${peer}::/64`].map((prefix) => ({ prefix, remote })),
  };
  const args = ['netns', 'exec', netns, process.execPath, FORWARDER, JSON.stringify(settings)];
  const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function sentFrames(netns: string, work: () => Promise<void>): Promise<CapturedFrame[]> {
  const stop = new AbortController();
  const frames = await capture({ netns, device: 'eth0', signal: stop.signal });
  const sent = collect(frames);
  await work();
  stop.abort();
  return sent;
}

async function collect(frames: AsyncIterable<CapturedFrame>): Promise<CapturedFrame[]> {
  const sent: CapturedFrame[] = [];
  for await (const frame of frames) if (frame.direction === 'out') sent.push(frame);
  return sent;
}

describe.each(PAIRS)('%s to %s over %s', (a, b, outer) => {
  const name = (host: string) => `t${process.pid}-families-${host}`;
  const hosts: [Host, Host] = [
    { netns: name('a'), number: 1, peer: 2, dataplane: a },
    { netns: name('b'), number: 2, peer: 1, dataplane: b },
  ];
  const forwarders: ChildProcess[] = [];
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'podlan-families-'));
    await connect(...hosts);
    for (const host of hosts) {
      await overlay(host, outer);
      if (host.dataplane === 'wasm') forwarders.push(await forward(host, outer));
    }
  });
  afterAll(async () => {
    for (const child of forwarders) child.kill('SIGKILL');
    for (const { netns } of hosts) await deleteNetns(netns);
    await rm(directory, { recursive: true });
  });

  test.each([
    ['IPv4', (number: number) => `10.9.${number}.1`],
    ['IPv6', (number: number) => `fd09:${number}::1`],
  ])('TCP over %s arrives as it was sent, in whole and checked datagrams', async (inner, addressOf) => {
    const [from, to] = hosts;
    const path = join(directory, `${inner}.pcap`);
    const sent = await sentFrames(from.netns, async () => {
      const target = { netns: to.netns, address: addressOf(to.number) };
      const report = await transfer(from.netns, target, MEGABYTES);
      expect(report.received.bytes).toBe(MEGABYTES * 1e6);
      expect(report.received.sha256).toBe(report.sent.sha256);
    });
    expect(Math.max(...sent.map(({ bytes }) => bytes.length))).toBe(LONGEST_FRAME);
    await writeFile(path, pcap(sent));
    await expectChecked(path, inner);
  });
});

function pcap(frames: readonly CapturedFrame[]): Uint8Array {
  return Buffer.concat([
    pcapHeader(),
    ...frames.map(({ timestampNs, bytes }) => pcapRecord({ timeNs: timestampNs, bytes })),
  ]);
}

const FIELDS = [
  'ip.checksum.status',
  'udp.checksum.status',
  'tcp.checksum.status',
  '_ws.malformed',
  'ip.dsfield.ecn',
  'ipv6.tclass.ecn',
];
/** ECT(0), which TCP marks data with where both ends speak ECN. */
const ECT_0 = '2';

/** By tshark: no checksum is bad, inside or outside, and marks outside are those inside. 1 is "good", 0 "bad", 3 "not present". */
async function expectChecked(path: string, inner: string): Promise<void> {
  const preferences = ['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]);
  const filter = inner === 'IPv4' ? 'vxlan && ip.src==10.9.1.1' : 'vxlan && ipv6.src==fd09:1::1';
  const output = ['-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=,'];
  const { stdout } = await run(
    'tshark',
    ...['-n', '-r', path, '-Y', filter, '-d', `udp.port==${PORT},vxlan`, ...preferences, ...output],
    ...FIELDS.flatMap((field) => ['-e', field]),
  );
  const rows = stdout.split('\n').filter(Boolean);
  expect(rows.length).toBeGreaterThan((MEGABYTES * 1e6) / 1500);
  let marked = 0;
  for (const row of rows) {
    const [ipStatus, udpStatus, tcpStatus, malformed, ipMarks, ipv6Marks] = row.split('\t');
    const [outer, inner] = `${ipMarks},${ipv6Marks}`.split(',').filter(Boolean);
    expect(outer).toBe(inner);
    if (inner === ECT_0) marked++;
    expect(ipStatus).toMatch(/^(1(,1)?)?$/);
    expect(udpStatus).toMatch(/^[13]$/);
    expect(tcpStatus).toBe('1');
    expect(malformed).toBe('');
  }
  expect(marked).toBeGreaterThan(rows.length / 2);
}
