/** `podlan connectivity test` on whole labs of every kind, on a broken one, and from a node of a cluster. */
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { junitXml } from '../dist/connectivity/junit.js';
import { type ConnectivityReport, connectivityReport } from '../dist/connectivity/report.js';
import type { CaseResult } from '../dist/connectivity/run-cases.js';
import { agentSocket } from '../dist/lab/lab-agents.js';
import { type LabChoice, MAIN, podlan, run, TestLab } from './test-lab.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'podlan-connectivity-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** Machines that do other things too are slow to answer. */
const PATIENCE_MS = '2000';

const failedIn = ({ cases }: ConnectivityReport): CaseResult[] =>
  cases.filter(({ verdict }) => verdict === 'failed');

async function tested(lab: TestLab, ...flags: string[]) {
  const captures = join(directory, lab.name);
  const args = ['--name', lab.name, '--captures', captures, '--timeout', PATIENCE_MS, '--json', ...flags];
  const { code, stdout, stderr } = await podlan('connectivity', 'test', ...args);
  return { code, stderr, report: JSON.parse(stdout) as ConnectivityReport, captures };
}

const WHOLE: readonly [LabChoice, number][] = [
  // Two pods: 4 kinds both ways; pods and hosts, their own too: 2 kinds, 8 pairs; outside 2.
  [{ dataplane: 'wasm', ipMasq: true }, 26],
  [{ dataplane: 'kernel', ipMasq: true, family: 'dual' }, 52],
  [{ backend: 'host-gw', dataplane: 'kernel' }, 24],
  [{ backend: 'udp', dataplane: 'wasm' }, 24],
];

test.each(WHOLE)('everybody reaches everybody in a lab of %j', async (choice, cases) => {
  await using lab = await TestLab.start({ ...choice, hosts: 2 });
  const { code, report } = await tested(lab);
  expect(failedIn(report)).toEqual([]);
  expect([code, report.passed]).toEqual([0, cases]);
  expect(report.skipped).toEqual(choice.ipMasq ? [] : [expect.stringContaining('--ip-masq')]);
});

describe('in a broken lab', () => {
  let lab: TestLab;
  let found: Awaited<ReturnType<typeof tested>>;
  const junit = () => join(directory, 'report.xml');
  beforeAll(async () => {
    lab = await TestLab.start({ dataplane: 'kernel', hosts: 3 });
    await lab.kill('host-a', 'SIGTERM');
    await lab.in('host-a', 'ip', 'route', 'delete', '10.244.2.0/24');
    found = await tested(lab, '--junit', junit());
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());

  test('the pair that is cut off fails, and no other', () => {
    expect(found.code).toBe(1);
    const pairs = failedIn(found.report).map(({ fromNode, toNode }) => [fromNode, toNode].sort().join(' '));
    expect(new Set(pairs)).toEqual(new Set(['host-a host-b']));
    const kinds = failedIn(found.report).filter(({ from, to }) => from === 'pod-a1' && to === 'pod-b1');
    expect(kinds.map(({ kind }) => kind)).toEqual(['ping', 'tcp', 'udp', 'full-mtu']);
  });

  test('says as far as where packets came', () => {
    const [ping] = failedIn(found.report);
    expect(ping).toMatchObject({
      ...{ from: 'pod-a1', to: 'pod-b1', kind: 'ping', reason: `no answer within ${PATIENCE_MS} ms` },
      ...{ seenAt: ['pod-a1/eth0', 'host-a/cni0', 'host-a/eth0'] },
    });
    expect(ping!.notSeenAt).toContain('pod-b1/eth0');
  });

  test('keeps the frames of each failed case, as tshark reads them', async () => {
    for (const { capture, address, kind } of failedIn(found.report)) {
      const args = [
        '-r',
        capture!,
        '-Y',
        `ip.dst == ${address}`,
        '-T',
        'fields',
        '-e',
        'frame.interface_name',
      ];
      const { code, stdout } = await run('tshark', ...args);
      expect(code, kind).toBe(0);
      expect(stdout.trim(), kind).not.toBe('');
    }
    const malformed = await run('tshark', '-r', failedIn(found.report)[0]!.capture!, '-Y', '_ws.malformed');
    expect(malformed.stdout).toBe('');
  });

  test('reports to JUnit', async () => {
    const xml = await readFile(junit(), 'utf8');
    const { passed, failed } = found.report;
    expect(xml).toContain(`tests="${passed + failed}" failures="${failed}"`);
    expect(xml.match(/<failure /g)).toHaveLength(failed);
    expect(xml).toContain(
      'seen at      pod-a1/eth0, host-a/cni0, host-a/eth0\nnot seen at  host-a/flannel.1',
    );
    expect(xml).toMatch(
      /name="pod-a1 to pod-b1, ping IPv4"[^/]*>\s*<failure message="no answer within \d+ ms"/,
    );
  });

  test('people see a table of hosts, and what to do next', async () => {
    const { stdout, code } = await podlan(
      'connectivity',
      'test',
      '--name',
      lab.name,
      '--timeout',
      PATIENCE_MS,
      '--captures',
      found.captures,
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/^FROM \\ TO .*host-b/);
    expect(stdout).toMatch(/host-c +✓ +✓ +✓/);
    expect(stdout).toContain(`podlan trace pod-a1 10.244.2.2 --proto tcp --name ${lab.name}\n`);
    expect(stdout).toMatch(/podlan trace pod-a1 10\.244\.2\.2 --df --size \d+ --name/);
    const [line] = /podlan trace pod-a1 10\.244\.2\.2 --df .*/.exec(stdout)!;
    const traced = await podlan(...line.split(' ').slice(1));
    expect([traced.code, traced.stderr]).toEqual([1, '']);
  });

  test('address translation between pods is told from a way that is whole', async () => {
    const rule =
      'chain ip bad post { type nat hook postrouting priority 90; oifname "flannel.1" masquerade; }';
    const made = await lab.in('host-b', 'nft', `add table ip bad; add ${rule}`);
    expect(made.stderr).toBe('');
    const { report } = await tested(lab);
    const failed = failedIn(report).filter(
      ({ fromNode, toNode }) => `${fromNode} ${toNode}` === 'host-b host-c',
    );
    expect(failed.map(({ from, to, kind }) => `${from} ${to} ${kind}`)).toEqual([
      'pod-b1 pod-c1 tcp',
      'pod-b1 pod-c1 udp',
    ]);
    expect(failed[0]!.reason).toMatch(/came from 10\.244\.2\.0, expected 10\.244\.2\.2/);
  });
});

/** A process on a host that has a port for itself. */
async function holdPort(lab: TestLab, host: string, port: number) {
  const listen = `require('net').createServer().listen(${port}, () => console.log('listening'))`;
  const child = lab.spawn(host, process.execPath, '-e', listen);
  await once(child.stdout, 'data');
  return { [Symbol.asyncDispose]: async () => void (child.kill() && (await once(child, 'exit'))) };
}

describe('in a lab where somebody has a port', () => {
  const PORT = 7946;
  let lab: TestLab;
  let held: AsyncDisposable;
  beforeAll(async () => {
    lab = await TestLab.start({ dataplane: 'kernel', hosts: 2 });
    held = await holdPort(lab, 'host-b', PORT);
  });
  afterAll(async () => {
    await held?.[Symbol.asyncDispose]();
    await lab?.[Symbol.asyncDispose]();
  });

  test('the ends listen where it is free', async () => {
    const { code, report } = await tested(lab, '--only', 'tcp,udp');
    expect(failedIn(report)).toEqual([]);
    expect([code, report.passed]).toEqual([0, 12]);
  });

  test('that very port is asked for in vain, and it is said on whom', async () => {
    const { code, stderr } = await podlan('connectivity', 'test', '--name', lab.name, '--port', `${PORT}`);
    expect(code).toBe(2);
    expect(stderr).toMatch(/expected port 7946 to be free on host-b, found: .*EADDRINUSE.*--port/);
  });

  test('nobody listens for cases that nobody has to listen for', async () => {
    const { code, report } = await tested(lab, '--port', `${PORT}`, '--only', 'ping');
    expect(failedIn(report)).toEqual([]);
    expect(code).toBe(0);
  });

  test('a choice that leaves nothing is no success', async () => {
    const args = ['--name', lab.name, '--family', 'ipv6', '--only', 'ping,tcp'];
    const { code, stdout, stderr } = await podlan('connectivity', 'test', ...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/to try with --family ipv6 --only ping,tcp, found ping IPv4, tcp IPv4, .* alone/);
  });
});

describe('on a node of a cluster', () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start({ dataplane: 'wasm', hosts: 2 });
  });
  afterAll(() => lab?.[Symbol.asyncDispose]());
  const onNode = (...flags: string[]) => {
    const node = ['--node', '--socket', agentSocket(lab.name, 'host-a'), '--json', '--timeout', PATIENCE_MS];
    const captures = ['--captures', join(directory, lab.name)];
    const command = [process.execPath, MAIN, 'connectivity', 'test', ...node, ...captures];
    return lab.in('host-a', ...command, ...flags);
  };

  test('host and pod reach the peers of the agent', async () => {
    const { code, stdout } = await onNode();
    const report = JSON.parse(stdout) as ConnectivityReport;
    expect(failedIn(report)).toEqual([]);
    expect([code, report.of, report.passed]).toEqual([0, 'host-a', 8]);
    expect(report.skipped).toEqual(['pods to the outside: name an address with --outside']);
    expect(existsSync(join(directory, lab.name))).toBe(false);
  });

  describe('with a container that is no pod', () => {
    // Before the pods by its name, which is the order in which they are looked at.
    const stranger = () => `a-stranger-${lab.name}`;
    beforeAll(async () => {
      await run('ip', 'netns', 'add', stranger());
      const inHost = [
        'ip link add docker0 type bridge',
        'ip addr add 172.17.0.1/16 dev docker0',
        'ip link set docker0 up',
        `ip link add strange up master docker0 type veth peer name eth0 netns ${stranger()}`,
      ];
      expect((await lab.in('host-a', 'sh', '-ec', inHost.join('\n'))).stderr).toBe('');
      const inside =
        'ip addr add 172.17.0.2/16 dev eth0; ip link set eth0 up; ip route add default via 172.17.0.1';
      expect((await run('ip', 'netns', 'exec', stranger(), 'sh', '-ec', inside)).stderr).toBe('');
    });
    afterAll(() => run('ip', 'netns', 'delete', stranger()));

    test('that one is not what is sent from', async () => {
      const { code, stdout } = await onNode('--only', 'ping');
      const { cases } = JSON.parse(stdout) as ConnectivityReport;
      expect([code, cases.map(({ from }) => from)]).toEqual([0, ['host-a', lab.netns('pod-a1')]]);
    });
  });

  describe('whose peer drops all that comes in', () => {
    const VXLAN = 'udp.port==8472,vxlan';
    const HOOK = '{ type filter hook prerouting priority -500; }';
    const WALL = `add table inet wall; add chain inet wall c ${HOOK}; add rule inet wall c udp dport 8472 drop`;
    let failed: CaseResult[];
    beforeAll(async () => {
      const made = await lab.in('host-b', 'nft', WALL);
      expect(made.stderr).toBe('');
      const { code, stdout } = await onNode();
      expect(code).toBe(1);
      failed = failedIn(JSON.parse(stdout));
    });
    afterAll(() => lab.in('host-b', 'nft', 'delete table inet wall'));

    test('it is named, and how far packets came', () => {
      expect(new Set(failed.map(({ to }) => to))).toEqual(new Set(['192.168.77.12']));
      const pings = failed.filter(({ kind }) => kind === 'ping');
      const pod = pings.find(({ from }) => from !== 'host-a')!;
      expect(pod).toMatchObject({
        seenAt: [`${pod.from}/eth0`, 'host-a/cni0', 'host-a/flannel.1', 'host-a/eth0'],
        notSeenAt: [],
      });
      const host = pings.find(({ from }) => from === 'host-a')!;
      expect(host).toMatchObject({ seenAt: ['host-a/flannel.1', 'host-a/eth0'], notSeenAt: [] });
    });

    test('the frames of each case are kept, for their owner alone, and no others', async () => {
      for (const { capture, address, kind, from } of failed) {
        expect(statSync(capture!).mode & 0o777).toBe(0o600);
        const numbers = (...filter: string[]) =>
          run('tshark', '-r', capture!, '-d', VXLAN, ...filter, '-T', 'fields', '-e', 'frame.number');
        const all = await numbers();
        const ours = await numbers('-Y', `ip.addr == ${address} or arp`);
        expect([all.code, ours.stdout], `${from} ${kind}`).toEqual([0, all.stdout]);
        expect(ours.stdout.trim(), `${from} ${kind}`).not.toBe('');
      }
    });
  });

  test('what cannot be kept is told of all the same', async () => {
    await lab.in('host-b', 'ip', 'link', 'set', 'eth0', 'down');
    const { code, stdout } = await onNode('--only', 'ping', '--captures', MAIN);
    expect(code).toBe(1);
    for (const { capture, captureFailure, seenAt } of failedIn(JSON.parse(stdout))) {
      expect(capture).toBeUndefined();
      expect(captureFailure).toMatch(/EEXIST|ENOTDIR/);
      expect(seenAt).toContain('host-a/flannel.1');
    }
  });
});

test.each<[string, string[], RegExp]>([
  ['no lab', ['--name', 'no-such-lab'], /expected a lab, found none/],
  ['a port that is none', ['--port', '70000'], /--port: expected/],
  [
    'an outside that is no address',
    ['--outside', 'example'],
    /--outside: expected an IP address, found example/,
  ],
  [
    'a node without an agent',
    ['--node', '--socket', '/no/agent.sock'],
    /expected an agent at \/no\/agent.sock/,
  ],
])('%s is refused with exit code 2', async (_, flags, message) => {
  const { code, stdout, stderr } = await podlan('connectivity', 'test', ...flags);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(message);
});

test('what XML keeps for itself is escaped', () => {
  const one: CaseResult = {
    ...{ from: 'a', fromNode: 'a&b', to: 'b', toNode: '<c>', address: '10.0.0.1' as CaseResult['address'] },
    ...{ family: 4, kind: 'tcp', verdict: 'failed', ms: 1500, reason: 'says "no"' },
  };
  const xml = junitXml(connectivityReport('lab', [one], []));
  expect(xml).toContain('name="a&amp;b to &lt;c&gt;"');
  expect(xml).toContain('message="says &quot;no&quot;"');
  expect(xml).toContain('time="1.5"');
});
