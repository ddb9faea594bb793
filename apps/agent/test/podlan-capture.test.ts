/** `podlan capture` beside a packet socket in the pod, read by tshark. One lab: host-a and host-b on wasm, host-c on the kernel. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '@podlan/linux';
import { type RecordedPacket, readCapture } from '@podlan/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, MAIN, podlan, run, TestLab } from './test-lab.js';

let lab: TestLab;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-capture-'));
  lab = await TestLab.start('wasm', 'wasm', 'kernel');
  await eventually(
    () => lab.reaches('pod-a1', 'pod-b1'),
    (seen) => seen,
  );
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** A capture on host-a that has begun. */
async function begin(name: string, ...flags: string[]) {
  const path = join(folder, `${name}.pcapng`);
  const argv = [MAIN, 'capture', '--lab', lab.name, '--name', 'host-a', '-w', path, ...flags];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'exit').then(([code]) => ({ code, said }));
  await eventually(
    async () => said,
    (text) => text.includes('capturing'),
  );
  return { path, ended, interrupt: () => child.kill('SIGINT') };
}

const ping = (count: number, ...flags: string[]) =>
  lab.in('pod-a1', 'ping', '-n', '-c', String(count), '-i', '0.01', ...flags);

/** VXLAN's port is another at IANA's. */
const AS_VXLAN = ['-d', 'udp.port==8472,vxlan'];

/** One array of fields for each block of the file. */
async function fields(path: string, ...names: string[]): Promise<string[][]> {
  const { code, stdout } = await run(
    'tshark',
    '-n',
    ...AS_VXLAN,
    '-r',
    path,
    '-T',
    'fields',
    ...names.flatMap((name) => ['-e', name]),
  );
  expect(code).toBe(0);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t'));
}

const packetsOf = (path: string): RecordedPacket[] => [...readCapture(readFileSync(path))];

/** The IP packet in a frame without TTL and checksum, which the host's routing changes. */
function routed(frame: Uint8Array): string {
  const packet = Uint8Array.from(frame.subarray(14));
  packet.fill(0, 8, 9).fill(0, 10, 12);
  return Buffer.from(packet).toString('hex');
}

test('both layers of a ping are there, as tshark reads them, and the inner one is what the pod sent', async () => {
  const stop = new AbortController();
  const frames = await capture({ netns: lab.netns('pod-a1'), device: 'eth0', signal: stop.signal });
  const seen = (async () => {
    const requests: string[] = [];
    for await (const { bytes } of frames)
      if (bytes[12] === 8 && bytes[13] === 0 && bytes[34] === 8) requests.push(routed(bytes));
    return requests;
  })();
  const { path, ended } = await begin('ping', '--pod', 'pod-a1', '--proto', 'icmp', '--count', '6');
  await ping(3, '-s', '200', lab.address('pod-b1'));
  expect(await ended).toMatchObject({ code: 0, said: expect.stringMatching(/6 packets, 0 lost/) });
  stop.abort();
  const [a, b] = [lab.address('pod-a1'), lab.address('pod-b1')];
  const [hostA, hostB] = [lab.address('host-a'), lab.address('host-b')];
  const rows = await fields(
    path,
    'frame.interface_name',
    'ip.src',
    'ip.dst',
    'udp.dstport',
    'vxlan.vni',
    'icmp.type',
    'frame.comment',
  );
  const sent = [
    ['flannel.1', a, b, '', '', '8', 'tx-tunneled'],
    ['underlay of flannel.1', `${hostA},${a}`, `${hostB},${b}`, '8472', '1', '8', 'tx-tunneled'],
  ];
  const received = [
    ['underlay of flannel.1', `${hostB},${b}`, `${hostA},${a}`, '8472', '1', '0', 'rx-delivered'],
    ['flannel.1', b, a, '', '', '0', 'rx-delivered'],
  ];
  // A later request may go before the reply to an earlier one comes.
  const expected = [1, 2, 3].flatMap(() => [...sent, ...received]);
  expect(rows.toSorted()).toEqual(expected.toSorted());
  expect(rows.slice(0, 2)).toEqual(sent);
  const checks = [
    '-o',
    'ip.check_checksum:TRUE',
    '-o',
    'udp.check_checksum:TRUE',
    '-Y',
    '_ws.malformed || _ws.expert.severity >= "Error" || ip.checksum.status == "Bad" || udp.checksum.status == "Bad"',
  ];
  expect(await run('tshark', '-n', ...AS_VXLAN, '-r', path, ...checks)).toMatchObject({
    code: 0,
    stdout: '',
  });
  const inner = packetsOf(path).filter(
    ({ interfaceName, comment }) => interfaceName === 'flannel.1' && comment === 'tx-tunneled',
  );
  expect(inner.map(({ bytes }) => routed(bytes))).toEqual(await seen);
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  for (const { timeNs } of packetsOf(path)) expect(Number(nowNs - timeNs) / 1e9).toBeLessThan(30);
});

/** Of a UDP datagram in IPv4 without options, whose header begins at `at`. */
const portsOf = (bytes: Uint8Array, at: number): string =>
  bytes[at + 9] === 17 ? Buffer.from(bytes.subarray(at + 20, at + 24)).toString('hex') : '';

test('the outer ports are those on the wire', async () => {
  const stop = new AbortController();
  const frames = await capture({ netns: lab.netns('host-a'), device: 'eth0', signal: stop.signal });
  const seen = (async () => {
    const ports = new Set<string>();
    for await (const { bytes, direction, isToOthers } of frames)
      if (!isToOthers && bytes[12] === 8 && portsOf(bytes, 14) !== '')
        ports.add(`${direction} ${portsOf(bytes, 14)}`);
    return ports;
  })();
  const { path, ended } = await begin('ports', '--pod', 'pod-a1', '--proto', 'icmp', '--count', '4');
  await ping(2, lab.address('pod-b1'));
  expect(await ended).toMatchObject({ code: 0 });
  stop.abort();
  const onTheWire = await seen;
  const told = packetsOf(path).filter(({ interfaceName }) => interfaceName?.startsWith('underlay'));
  expect(told).toHaveLength(4);
  for (const { bytes, comment } of told)
    expect(onTheWire).toContain(`${comment === 'tx-tunneled' ? 'out' : 'in'} ${portsOf(bytes, 0)}`);
});

test('two captures run beside each other, each with its own packets, and end by SIGINT with all they have', async () => {
  const echoes = await begin('echoes', '--proto', 'icmp', '--peer', lab.address('host-b'));
  const datagrams = await begin('datagrams', '--proto', 'udp', '--port', '9999');
  await ping(2, lab.address('pod-b1'));
  const send = `require('dgram').createSocket('udp4').send('podlan', 9999, '${lab.address('pod-b1')}', () => process.exit())`;
  await lab.in('pod-a1', process.execPath, '-e', send);
  await ping(1, lab.address('pod-c1'));
  echoes.interrupt();
  datagrams.interrupt();
  expect(await echoes.ended).toMatchObject({ code: 0, said: expect.stringMatching(/ 5 packets, 0 lost/) });
  expect(await datagrams.ended).toMatchObject({ code: 0, said: expect.stringMatching(/ 1 packets, 0 lost/) });
  // Nobody listens at that port: an error comes back, with the datagram in it.
  const types = (await fields(echoes.path, 'icmp.type', 'udp.dstport')).map(([type]) => type!);
  expect(types.toSorted()).toEqual(['0', '0', '0', '0', '3', '3', '8', '8', '8', '8']);
  const last = packetsOf(datagrams.path).at(-1)!;
  expect(Buffer.from(last.bytes.subarray(-6)).toString()).toBe('podlan');
});

test('a super-packet is there as the segments that go on the wire', async () => {
  const { path, ended } = await begin('tcp', '--port', '5302', '--count', '40');
  const server = lab.spawn('pod-b1', 'iperf3', '-s', '-1', '-p', '5302', '--forceflush');
  await once(server.stdout, 'data');
  await lab.in('pod-a1', 'iperf3', '-c', lab.address('pod-b1'), '-p', '5302', '-n', '1M');
  expect(await ended).toMatchObject({ code: 0 });
  const lengths = (await fields(path, 'frame.len', '_ws.malformed')).map(([length, malformed]) => [
    Number(length),
    malformed ?? '',
  ]);
  expect(lengths.length).toBe(80);
  expect(Math.max(...lengths.map(([length]) => length as number))).toBe(1500);
  expect(lengths.filter(([, malformed]) => malformed !== '')).toEqual([]);
});

test('a packet that is dropped is on the device, with the reason, and not on the underlay', async () => {
  const lost = ['10.244.98.0/24', 'dev', 'flannel.1'];
  const { path, ended } = await begin('drops', '--host', '10.244.98.9', '--duration', '2');
  // The agent takes such a route away again.
  await lab.in('host-a', 'ip', 'route', 'add', lost[0]!, 'via', '10.244.2.0', ...lost.slice(1), 'onlink');
  await ping(2, '-W', '1', '10.244.98.9');
  await lab.in('host-a', 'ip', 'route', 'del', lost[0]!);
  expect(await ended).toMatchObject({ code: 0, said: expect.stringMatching(/ 2 packets, 0 lost/) });
  const dropped = ['flannel.1', '10.244.98.9', 'tx-no-tunnel'];
  expect(await fields(path, 'frame.interface_name', 'ip.dst', 'frame.comment')).toEqual([dropped, dropped]);
});

test('an agent that gives way ends its captures in good order', async () => {
  const { path, ended } = await begin('replaced', '--proto', 'icmp');
  await ping(1, lab.address('pod-b1'));
  await lab.replace('host-a');
  expect(await ended).toMatchObject({ code: 0, said: expect.stringMatching(/ 2 packets, 0 lost/) });
  expect(packetsOf(path).length).toBe(4);
});

test.each([
  [
    ['--name', 'host-c'],
    /expected the wasm dataplane, whose packets pass the agent, found kernel: capture there with tcpdump/,
  ],
  [
    ['--name', 'host-a', '--pod', 'pod-a1', '--host', '10.244.1.2'],
    /--pod: expected it or --host, found both/,
  ],
  [['--name', 'host-a', '--proto', 'arp'], /--proto: expected a whole number from 0 to 255, found arp/],
  [['--name', 'host-a', '--port', '0'], /--port: expected a whole number from 1 to 65535, found 0/],
])('podlan capture %j fails and says why', async (flags, says) => {
  const { code, stderr } = await podlan('capture', '--lab', lab.name, '-w', join(folder, 'none'), ...flags);
  expect(code).toBe(1);
  expect(stderr).toMatch(says);
});
