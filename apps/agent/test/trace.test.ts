/** `podlan trace` as a person types it: on labs that run, on files, and with a real packet beside the computed one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Output, podlan, run, TestLab } from './test-lab.js';
import { parseTrace } from './trace-json.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'podlan-trace-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const NOBODY = '10.244.2.77';

const LABS = [
  { dataplane: 'kernel', family: 'ipv4', crossings: 1 },
  { dataplane: 'wasm', family: 'dual', crossings: 3 },
] as const;

describe.each(LABS)('a lab on $dataplane, $family', ({ dataplane, family, crossings }) => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start({ family }, dataplane, dataplane);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const trace = (...args: string[]): Promise<Output> => podlan('trace', ...args, '--name', lab.name);
  const json = async (...args: string[]) => {
    const output = await trace(...args, '--json');
    return { code: output.code, ...parseTrace(output.stdout) };
  };

  test('an answered packet is told hop by hop, without colours, and ends with 0', async () => {
    const { code, stdout } = await trace('pod-a1', 'pod-b1');
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    const places = lines.filter((line) => /^(pod|host|underlay)[-\w]*$/.test(line));
    const there = ['pod-a1', 'host-a', 'underlay', 'host-b', 'pod-b1'];
    expect(places).toEqual([...there, ...there.toReversed()]);
    expect(lines).toContain('answered');
    expect(stdout).toContain(`crossings between user space and kernel on the sending side: ${crossings}\n`);
    expect(stdout).not.toContain('\u001b');
  });

  test('the JSON is what is documented', async () => {
    const { code, source, destination, hops, lost, ...rest } = await json('pod-a1@host-a', '10.244.2.2');
    expect({ code, source, destination, lost }).toEqual({
      code: 0,
      source: 'pod-a1',
      destination: '10.244.2.2',
      lost: null,
    });
    expect(rest).toMatchObject({ arrived: true, answered: true, crossings, live: null, findings: [] });
    const delivered = hops
      .filter(({ event }) => event === 'deliver')
      .map(({ netns, leg }) => `${netns} ${leg}`);
    expect(delivered).toEqual(['pod-b1 request', 'pod-a1 reply']);
  });

  test('a lost packet ends with 1, with the place, the reason and what mends it', async () => {
    const { code, stdout } = await trace('pod-a1', NOBODY);
    expect(code).toBe(1);
    expect(stdout).toContain('lost on host-b, cni0: neighbor-unresolved\n');
    expect(stdout).toMatch(/host-b, cni0: .*\n(.*\n)+ {2}mend it:\n {4}\S/);
    const { lost, hops, findings } = await json('pod-a1', NOBODY);
    expect(hops[lost!.hop]).toMatchObject({ netns: 'host-b', device: 'cni0', row: { table: 'neighbor' } });
    expect(findings[0]).toMatchObject({ node: 'host-b', device: 'cni0' });
  });

  test.each([
    { args: ['--df', '--size', '1500'], reason: 'too-big', netns: 'pod-a1' },
    { args: ['--ttl', '1'], reason: 'ttl-exceeded', netns: 'host-a' },
    { args: ['--ttl', '2', '--proto', 'tcp', '--dport', '22'], reason: 'ttl-exceeded', netns: 'host-b' },
  ])('$args ends as $reason on $netns', async ({ args, reason, netns }) => {
    const { code, lost, hops } = await json('pod-a1', 'pod-b1', ...args);
    expect([code, lost!.reason, hops[lost!.hop]!.netns]).toEqual([1, reason, netns]);
  });

  test('a datagram for a port without a listener arrives: 0', async () => {
    const { code, arrived } = await json(
      'pod-a1',
      'pod-b1',
      '--proto',
      'udp',
      '--dport',
      '9',
      '--sport',
      '4444',
    );
    expect([code, arrived]).toEqual([0, true]);
  });

  test('--pcap writes what tshark reads, an interface for each device', async () => {
    const file = join(directory, `${dataplane}.pcapng`);
    await trace('pod-a1', 'pod-b1', '--pcap', file);
    const tshark = (...args: string[]) =>
      run('tshark', '-n', '-r', file, '-d', 'udp.port==8472,vxlan', ...args);
    const { stdout } = await tshark('-T', 'fields', '-e', 'frame.interface_name', '-Y', 'vxlan');
    const wire = ['host-a:eth0', 'underlay:host-a', 'underlay:host-b', 'host-b:eth0'];
    expect(stdout.trim().split('\n')).toEqual([...wire, ...wire.toReversed()]);
    expect((await tshark('-Y', '_ws.malformed')).stdout).toBe('');
  });

  test('on files of the lab, the way is that of the lab', async () => {
    const files = join(directory, dataplane);
    await podlan('lab', '--name', lab.name, 'snapshot', '--output', files);
    const { code, stdout } = await podlan('trace', 'pod-a1', 'pod-b1', '--json', '--snapshots', files);
    expect(code).toBe(0);
    const endsLast = await podlan('trace', '--json', '--snapshots', files, 'pod-a1', 'pod-b1');
    expect(endsLast).toMatchObject({ code: 0, stdout });
    const way = (hops: readonly { netns: string; device: string | null; event: string }[]) =>
      hops.map(({ netns, device, event }) => `${netns} ${device} ${event}`);
    const here = await json('pod-a1', 'pod-b1');
    expect(way(parseTrace(stdout).hops)).toEqual(way(here.hops));
  });

  test.each([
    'pod-a1 pod-b1',
    'pod-a1 host-b',
    'host-a pod-b1',
    'pod-a1 pod-b1 --proto tcp --dport 22',
    'pod-a1 pod-b1 --proto udp --dport 9 --size 1000',
    ...(family === 'dual' ? ['pod-a1 pod-b1 --family ipv6'] : []),
  ])('a real packet agrees: %s', async (line) => {
    const args = line.split(' ');
    const { code, live, hops } = await json(...args, '--live');
    expect({ code, live }).toMatchObject({ code: 0, live: { agrees: true, parting: null } });
    const last = hops.findLast(
      ({ event, leg }) => (event === 'receive' || event === 'transmit') && /request|reply/.test(leg),
    );
    expect(live!.lastAgreed).toMatchObject({ netns: last!.netns, device: last!.device });
  });

  test('both lose what nobody answers for, and neither is answered', async () => {
    const { code, live } = await json('pod-a1', NOBODY, '--live');
    expect({ code, live }).toMatchObject({
      code: 1,
      live: { agrees: true, lastAgreed: { netns: 'host-b', device: 'flannel.1' } },
    });
  });

  test('both are lost by the rule that drops what comes in by a device', async () => {
    const rules =
      'table inet t { chain i { type filter hook input priority 0; iifname eth0 udp dport 8472 drop; }; }';
    const { code: added } = await lab.in('host-b', 'nft', rules);
    expect(added).toBe(0);
    const { code, lost, hops, live } = await json('pod-a1', 'pod-b1', '--live');
    await lab.in('host-b', 'nft', 'delete table inet t');
    expect({ code, lost, live }).toMatchObject({
      code: 1,
      lost: { reason: 'filtered' },
      live: { agrees: true, lastAgreed: { netns: 'host-b', device: 'eth0', direction: 'in' } },
    });
    expect(hops[lost!.hop]).toMatchObject({
      netns: 'host-b',
      row: { table: 'nftables', text: expect.stringContaining('udp dport 8472 drop') },
    });
  });

  test('they part behind the device whose frames a rule drops', async () => {
    const rules =
      'table netdev t { chain i { type filter hook ingress device eth0 priority 0; udp dport 8472 drop; }; }';
    const { code: added } = await lab.in('host-b', 'nft', rules);
    expect(added).toBe(0);
    const { code, stdout } = await trace('pod-a1', 'pod-b1', '--live');
    const { live } = await json('pod-a1', 'pod-b1', '--live');
    await lab.in('host-b', 'nft', 'delete table netdev t');
    expect(code).toBe(1);
    expect(stdout).toContain(
      'a real packet agrees as far as host-b eth0 (in), and parts at host-b flannel.1 (in)\n',
    );
    expect(live).toMatchObject({
      agrees: false,
      lastAgreed: { netns: 'host-b', device: 'eth0', direction: 'in', leg: 'request' },
      parting: { netns: 'host-b', device: 'flannel.1', direction: 'in', leg: 'request' },
    });
  });

  test('a name that nobody has is answered with those there are', async () => {
    const { code, stderr } = await trace('pod-a1', 'pod-z9');
    expect(code).toBe(2);
    expect(stderr).toBe(
      'podlan: expected a host or pod, found pod-z9; there are: host-a, pod-a1, host-b, pod-b1, underlay\n',
    );
  });
});

describe('what cannot be told ends with 2 and says', () => {
  test.each([
    [['a'], "missing required argument 'destination'"],
    [['a', 'b', '--proto', 'sctp'], '--proto: expected icmp, tcp, udp, found sctp'],
    [['a', 'b', '--dport', '80'], '--dport: expected --proto tcp or udp, found icmp'],
    [
      ['a', 'b', '--proto', 'tcp', '--size', '90'],
      '--size: expected --proto icmp or udp: a SYN has no content',
    ],
    [['a', 'b', '--size', '27'], '--size: expected a whole number from 28 to 65535, found 27'],
    [['a', 'b', '--ttl', '0'], '--ttl: expected a whole number from 1 to 255, found 0'],
    [['a', 'b', '--family', 'ipv5'], '--family: expected ipv4 or ipv6, found ipv5'],
    [['a', 'b', '--live', '--snapshots', 'x'], '--live: expected the lab, found --snapshots'],
    [
      ['a', 'b', '--name', 'none-here'],
      'start one with: podlan lab up, or give files that podlan snapshot wrote',
    ],
    [['a', 'b', '--snapshots', '/nowhere/x'], 'expected a file or directory, found none at /nowhere/x'],
  ])('%s: %s', async (args, message) => {
    const { code, stderr } = await podlan('trace', ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test.each([
    ['{"schema": "podlan-snapshot", "version": 1, "node": 3}', 'the snapshot at node: expected'],
    ['{"schema": "podlan', 'the snapshot: expected JSON'],
  ])('the file and the place: %s', async (text, message) => {
    const file = join(directory, 'broken.json');
    writeFileSync(file, text);
    const { code, stderr } = await podlan('trace', 'a', 'b', '--snapshots', file);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`${file}: ${message}`)]);
  });

  test('a directory without snapshots', async () => {
    const empty = mkdtempSync(join(directory, 'empty-'));
    const { code, stderr } = await podlan('trace', 'a', 'b', '--snapshots', empty);
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining(`expected files *.json in ${empty}, found none`),
    ]);
  });
});
