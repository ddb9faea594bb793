/** What the agent tells of flows, beside what pods and their interfaces say. One lab: host-a and host-b on wasm. */
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { agentSocket } from '../dist/lab/lab-agents.js';
import { findHost } from '../dist/lab/lab-state.js';
import type { FlowEvent, FlowJson } from '../src/flows/flow-report.js';
import { eventually, isAlive, podlan, TestLab } from './test-lab.js';

let lab: TestLab;
let folder: string;
const logPath = () => join(folder, 'flows.jsonl');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podlan-flows-'));
  lab = await TestLab.start('wasm', 'wasm', 'kernel');
  await lab.replace('host-a', 'wasm', '--flow-log', logPath());
  await eventually(
    () => lab.reaches('pod-a1', 'pod-b1'),
    (seen) => seen,
  );
});
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const parsed = <T>(text: string): T[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);

async function flowsOf(...flags: string[]): Promise<FlowJson[]> {
  const { code, stdout, stderr } = await podlan(
    'flows',
    '--json',
    '--lab',
    lab.name,
    '--name',
    'host-a',
    ...flags,
  );
  expect([code, stderr]).toEqual([0, '']);
  return parsed(stdout);
}
const logged = () => parsed<FlowEvent>(readFileSync(logPath(), 'utf8'));

test('echoes of a ping are counted one by one, with tuple and peer', async () => {
  const { code } = await lab.in(
    'pod-a1',
    'ping',
    '-n',
    '-c',
    '7',
    '-i',
    '0.01',
    '-s',
    '72',
    '-e',
    '4711',
    lab.address('pod-b1'),
  );
  expect(code).toBe(0);
  const flows = (await flowsOf('--pod', 'pod-a1')).filter(({ icmpIdentifier }) => icmpIdentifier === 4711);
  const [a, b] = [lab.address('pod-a1'), lab.address('pod-b1')];
  const rest = {
    ...{ interfaceName: 'flannel.1', peerAddress: lab.address('host-b'), vni: 1, protocolIdentifier: 1 },
    // An IPv4 header, an ICMP header and the payload.
    ...{ icmpCodeIPv4: 0, packetTotalCount: 7, octetTotalCount: 7 * 100, forwardingStatus: 64 },
  };
  expect(flows.toSorted((one, other) => other.flowDirection - one.flowDirection)).toMatchObject([
    { ...rest, flowDirection: 1, sourceIPv4Address: a, destinationIPv4Address: b, icmpTypeIPv4: 8 },
    { ...rest, flowDirection: 0, sourceIPv4Address: b, destinationIPv4Address: a, icmpTypeIPv4: 0 },
  ]);
});

interface LinkStatistics {
  readonly packets: number;
  readonly bytes: number;
}
async function interfaceOf(pod: string): Promise<{ rx: LinkStatistics; tx: LinkStatistics }> {
  const { stdout } = await lab.in(pod, 'ip', '-json', '-stats', 'link', 'show', 'eth0');
  return JSON.parse(stdout)[0].stats64;
}

test("what iperf3's flows carried is what the pod's interface sent and received", async () => {
  // From before to after, nothing else may speak in the pod.
  for (const pod of ['pod-a1', 'pod-b1'])
    await lab.in(pod, 'sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1');
  // An interface counts a super-packet as one; without them it counts what goes on the wire.
  expect(await lab.in('pod-a1', 'ip', 'link', 'set', 'eth0', 'gso_max_segs', '1')).toMatchObject({ code: 0 });
  const server = lab.spawn('pod-b1', 'iperf3', '-s', '-1', '-p', '5301', '--forceflush');
  await new Promise((resolve) => server.stdout.once('data', resolve));
  const before = await interfaceOf('pod-a1');
  const { code, stdout } = await lab.in(
    'pod-a1',
    'iperf3',
    '-c',
    lab.address('pod-b1'),
    '-p',
    '5301',
    '-n',
    '20M',
    '-J',
  );
  expect([code, JSON.parse(stdout).error]).toEqual([0, undefined]);
  const flows = await eventually(
    async () =>
      (await flowsOf()).filter((flow) =>
        [flow.sourceTransportPort, flow.destinationTransportPort].includes(5301),
      ),
    (seen) => seen.length === 4,
  );
  const after = await interfaceOf('pod-a1');
  const sum = (direction: 0 | 1, of: (flow: FlowJson) => number) =>
    flows
      .filter(({ flowDirection }) => flowDirection === direction)
      .reduce((total, flow) => total + of(flow), 0);
  expect(
    flows.every(
      ({ protocolIdentifier, peerAddress }) =>
        protocolIdentifier === 6 && peerAddress === lab.address('host-b'),
    ),
  ).toBe(true);
  // ARP of the pod with its bridge comes on top: few frames of 42 bytes.
  const arp = after.tx.packets - before.tx.packets - sum(1, (flow) => flow.packetTotalCount);
  expect(arp).toBeGreaterThanOrEqual(0);
  expect(arp).toBeLessThan(8);
  const octets =
    after.tx.bytes - before.tx.bytes - sum(1, (flow) => flow.octetTotalCount + 14 * flow.packetTotalCount);
  expect(octets).toBe(arp * 42);
});

test('packets that are dropped are a flow with the reason', async () => {
  await lab.in(
    'host-a',
    'ip',
    'route',
    'add',
    '10.244.99.0/24',
    'via',
    '10.244.2.0',
    'dev',
    'flannel.1',
    'onlink',
  );
  await lab.in('pod-a1', 'ping', '-n', '-c', '3', '-i', '0.01', '-W', '1', '10.244.99.9');
  await lab.in('host-a', 'ip', 'route', 'del', '10.244.99.0/24');
  expect(await flowsOf('--pod', '10.244.99.9')).toMatchObject([
    {
      verdict: 'tx-no-tunnel',
      forwardingStatus: 128,
      packetTotalCount: 3,
      sourceIPv4Address: lab.address('pod-a1'),
    },
  ]);
});

test('a table names pods and nodes, and a peer alone is asked for', async () => {
  const flags = ['flows', '--lab', lab.name, '--name', 'host-a'];
  const { stdout } = await podlan(...flags, '--pod', 'pod-b1');
  expect(stdout).toMatch(/^PROTO +SOURCE +DESTINATION +PEER +PACKETS +OCTETS +SECONDS +VERDICT\n/);
  expect(stdout).toMatch(new RegExp(`icmp 8 +pod-a1 +pod-b1 +to ${lab.address('host-b')} .* tx-tunneled`));
  const none = await podlan(...flags, '--json', '--peer', '192.0.2.1');
  expect([none.code, none.stdout]).toEqual([0, '']);
});

test.each([
  [
    ['--name', 'host-c'],
    /^podlan: the agent at .* answered 500: expected the wasm dataplane, .* conntrack -L/,
  ],
  [['--name', 'host-x'], /^podlan: expected a host of the lab, found host-x/],
  [[], /^podlan: --lab: expected --name with a host of the lab/],
  [
    ['--name', 'host-a', '--pod', 'pod-z9'],
    /^podlan: --pod: expected an address or a pod, found pod-z9; pod-a1, /,
  ],
  [['--name', 'host-c', '--follow'], /expected the wasm dataplane/],
])('podlan flows %j fails and says why', async (flags, says) => {
  const { code, stdout, stderr } = await podlan('flows', '--lab', lab.name, ...flags);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(says);
});

test('whoever follows hears of a flow that begins; the log has it, too, and is reopened by SIGHUP', async () => {
  const child = lab.spawn(
    'host-a',
    process.execPath,
    new URL('../dist/main.js', import.meta.url).pathname,
    'flows',
    '--follow',
    '--json',
    '--socket',
    agentSocket(lab.name, 'host-a'),
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const isOurs = (event: FlowEvent) => event.icmpIdentifier === 4712 && event.event === 'start';
  // It listens only after a while.
  const heard = async () => {
    await lab.in('pod-a1', 'ping', '-n', '-c', '1', '-e', '4712', lab.address('pod-b1'));
    await lab.in(
      'pod-a1',
      'ping',
      '-n',
      '-c',
      '1',
      '-e',
      String(4713 + Math.floor(Math.random() * 9000)),
      lab.address('pod-b1'),
    );
    return parsed<FlowEvent>(text.slice(0, text.lastIndexOf('\n') + 1));
  };
  await eventually(heard, (events) =>
    events.some(({ event, icmpTypeIPv4 }) => event === 'start' && icmpTypeIPv4 === 8),
  );
  child.kill('SIGINT');
  expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  await eventually(
    async () => logged(),
    (events) => events.some(isOurs),
  );
  renameSync(logPath(), join(folder, 'flows.1'));
  process.kill(findHost(lab.state, 'host-a').pid, 'SIGHUP');
  await eventually(
    async () => {
      await lab.in('pod-a1', 'ping', '-n', '-c', '1', '-e', '4714', lab.address('pod-b1'));
      try {
        return logged();
      } catch {
        return [];
      }
    },
    (events) => events.some(({ icmpIdentifier }) => icmpIdentifier === 4714),
  );
});

test('an agent that gives way logs how its flows ended, and the successor sees flows', async () => {
  await lab.in('pod-a1', 'ping', '-n', '-c', '2', '-i', '0.01', '-e', '4800', lab.address('pod-b1'));
  await lab.replace('host-a', 'wasm', '--flow-log', logPath());
  const ofPing = logged().filter(
    ({ icmpIdentifier, flowDirection }) => icmpIdentifier === 4800 && flowDirection === 1,
  );
  expect(ofPing.at(-1)).toMatchObject({ event: 'end', flowEndReason: 4, packetTotalCount: 2 });
  expect(ofPing.reduce((sum, { packetDeltaCount }) => sum + packetDeltaCount, 0)).toBe(2);
  await lab.in('pod-a1', 'ping', '-n', '-c', '2', '-i', '0.01', '-e', '4801', lab.address('pod-b1'));
  const after = (await flowsOf()).filter(({ icmpIdentifier }) => icmpIdentifier === 4801);
  expect(after.map(({ packetTotalCount }) => packetTotalCount)).toEqual([2, 2]);
});

test('an agent without a log has nothing to open anew, and goes on', async () => {
  const { pid } = findHost(lab.state, 'host-b');
  process.kill(pid, 'SIGHUP');
  await lab.in('pod-a1', 'ping', '-n', '-c', '1', lab.address('pod-b1'));
  expect(await lab.agent('host-b')).toMatchObject({ pid });
  expect(isAlive(pid)).toBe(true);
});
