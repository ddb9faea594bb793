/** What the kernel's tools must never be told, and what they say when they refuse. */
import type { InterfaceAddress, IpAddress, IpPrefix, MacAddress } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseErrors } from '../src/batch.js';
import { batchLines } from '../src/batch-lines.js';
import { LinuxError } from '../src/linux-error.js';
import { LinuxKernel } from '../src/linux-kernel.js';
import type { Link, Row } from '../src/model.js';
import { addNetns, deleteNetns, listNetns, netnsExists, netnsPath, runIn } from '../src/netns.js';
import { run } from '../src/run.js';

const mac = '02:00:00:00:00:01' as MacAddress;
const tap: Link = { kind: 'link', name: 'tap0', type: 'tap', mac, mtu: 1450, up: true };
const ALL = { devices: ['tap0', 'br0'], sysctls: [], chains: false };

const HOSTILE = [
  '',
  'a b',
  'eth0\nlink del eth0',
  'x'.repeat(16),
  '../eth0',
  'a/b',
  'dev;',
  '$(id)',
  '.',
  '..',
];

describe('no line comes of', () => {
  test.each(HOSTILE)('a device called %j', (name) => {
    const rows: Row[] = [
      { ...tap, name },
      { ...tap, master: name },
      { kind: 'address', dev: name, address: '10.0.0.1/24' as InterfaceAddress },
      { kind: 'route', prefix: '10.0.0.0/24' as IpPrefix, dev: name },
      { kind: 'fdb', dev: name, mac, dst: '10.0.0.1' as IpAddress },
    ];
    for (const row of rows) {
      expect(() => batchLines({ op: 'add', row })).toThrow(TypeError);
    }
  });

  test.each<[string, Row]>([
    ['an address', { kind: 'address', dev: 'a', address: '10.0.0.1/24\nlink del eth0' as InterfaceAddress }],
    ['a neighbor', { kind: 'neighbor', dev: 'a', address: '10.0.0.1 nud' as IpAddress, mac }],
    ['a MAC', { kind: 'fdb', dev: 'a', mac: 'self' as MacAddress, dst: '10.0.0.1' as IpAddress }],
    ['a prefix', { kind: 'route', prefix: 'default' as IpPrefix, dev: 'a' }],
    ['a gateway', { kind: 'route', prefix: '10.0.0.0/8' as IpPrefix, dev: 'a', via: 'dev' as IpAddress }],
    ['a metric', { kind: 'route', prefix: '10.0.0.0/8' as IpPrefix, dev: 'a', metric: 1.5 }],
    ['an MTU', { ...tap, mtu: -1 }],
    ['a namespace', { ...tap, type: 'veth', peer: { name: 'eth0', netns: 'a b' } } as Row],
  ])('%s that is none', (_, row) => {
    expect(() => batchLines({ op: 'add', row })).toThrow(TypeError);
  });
});

test('a namespace is a name or a path', () => {
  expect(netnsPath('host-a')).toBe('/var/run/netns/host-a');
  expect(netnsPath('/proc/7/ns/net')).toBe('/proc/7/ns/net');
  for (const name of ['../x', 'a b', '', '-x', '/x\ny']) expect(() => netnsPath(name)).toThrow(TypeError);
});

test('errors of a batch are told apart by their lines', () => {
  const stderr =
    'RTNETLINK answers: File exists\nCommand failed -:4\nCannot find device "x"\nCommand failed -:8\nend\n';
  expect(parseErrors(stderr)).toEqual({
    failed: new Map([
      [3, 'File exists'],
      [7, 'Cannot find device "x"'],
    ]),
    tail: 'end',
  });
});

describe('in a namespace', () => {
  const netns = `linux-refusals-${process.pid}`;
  const kernel = new LinuxKernel({ netns });
  beforeAll(() => addNetns(netns));
  afterAll(() => deleteNetns(netns));

  test('namespaces are listed, and making one twice is no error', async () => {
    await addNetns(netns);
    expect(await listNetns()).toContain(netns);
    expect(await netnsExists(netns)).toBe(true);
    expect(await netnsExists(`${netns}-not`)).toBe(false);
    await deleteNetns(`${netns}-not`);
  });

  test('a hostile row fails alone', async () => {
    const bad: Row = { ...tap, name: 'x\nlink del lo' };
    const failures = await kernel.apply([
      { op: 'add', row: bad },
      { op: 'add', row: tap },
    ]);
    expect(failures.map(({ change }) => change.row)).toEqual([bad]);
    expect(await kernel.snapshot(ALL)).toContainEqual(tap);
  });

  test('a name that a device of another kind has is refused', async () => {
    const bridge: Link = { kind: 'link', name: 'br0', type: 'bridge', mtu: 1450, up: true };
    await kernel.apply([{ op: 'add', row: bridge }]);
    const failures = await kernel.apply([{ op: 'add', row: { ...tap, name: 'br0' } }]);
    expect(failures).toHaveLength(1);
    expect(failures[0]!.error).toMatchObject({ name: 'LinuxError', errno: 'EEXIST' });
    expect(failures[0]!.error.message).toContain('br0 is bridge');
  });

  test('a bridge keeps its address when ports come', async () => {
    const bridge: Link = { kind: 'link', name: 'br0', type: 'bridge', mtu: 1450, up: true };
    await kernel.apply([{ op: 'add', row: bridge }]);
    const [before] = await kernel.snapshot({ ...ALL, devices: ['br0'] });
    await kernel.apply([
      { op: 'add', row: { ...tap, mac: '02:00:00:00:00:00' as MacAddress, master: 'br0' } },
    ]);
    const [after] = await kernel.snapshot({ ...ALL, devices: ['br0'] });
    expect(after).toEqual(before);
  });

  test('deleting neighbors that are not there does not end the batch', async () => {
    const neighbor = (n: number): Row => ({
      kind: 'neighbor',
      dev: 'tap0',
      address: `10.0.0.${n}` as IpAddress,
      mac,
    });
    await kernel.apply([{ op: 'add', row: tap }]);
    const failures = await kernel.apply([
      { op: 'add', row: neighbor(1) },
      { op: 'delete', row: neighbor(2) },
      { op: 'add', row: { ...neighbor(3), dev: 'nowhere' } as Row },
      { op: 'delete', row: neighbor(4) },
      { op: 'delete', row: neighbor(5) },
      { op: 'add', row: neighbor(6) },
    ]);
    expect(failures.map(({ change, error }) => [change.row, error])).toEqual([
      [{ ...neighbor(3), dev: 'nowhere' }, expect.objectContaining({ errno: 'ENODEV' })],
    ]);
    const found = (await kernel.snapshot(ALL)).filter(({ kind }) => kind === 'neighbor');
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining([neighbor(1), neighbor(6)]));
  });

  test('forwarders and tunnels are not its rows', async () => {
    const tunnel: Row = {
      kind: 'tunnel',
      dev: 'tap0',
      prefix: '10.0.0.0/8' as IpPrefix,
      remote: '10.0.0.1' as IpAddress,
      port: 1,
    };
    const [failure] = await kernel.apply([{ op: 'add', row: tunnel }]);
    expect(failure!.error.message).toContain('needs the forwarder');
  });

  test('a program that is not there is named, with what to install', async () => {
    await expect(runIn(netns, ['no-such-program'])).rejects.toThrow(/not found/);
    await expect(run(['no-such-program'])).rejects.toMatchObject({ name: 'LinuxError', errno: 'ENOENT' });
  });

  test('a namespace that is not there is named', async () => {
    const nowhere = new LinuxKernel({ netns: `${netns}-not` });
    await expect(nowhere.snapshot(ALL)).rejects.toThrow(new RegExp(`${netns}-not.*No such file`));
    await expect(nowhere.watch(new AbortController().signal)[Symbol.asyncIterator]().next()).rejects.toThrow(
      /No such file/,
    );
  });

  test('sysctls outside net/, and those that climb, are refused', async () => {
    const rows: Row[] = ['kernel/hostname', 'net/../kernel/hostname', '/etc/passwd', 'net/ipv4/x\ny'].map(
      (key) => ({
        kind: 'sysctl',
        key,
        value: '1',
      }),
    );
    const failures = await kernel.apply(rows.map((row) => ({ op: 'replace', row })));
    expect(failures).toHaveLength(rows.length);
    for (const { error } of failures) expect(error).toBeInstanceOf(TypeError);
  });
});

test('where nft is missing there is no table of ours, and making one says what to install', async () => {
  const kernel = new LinuxKernel({
    run: async (argv, input) => {
      if (argv[0] === 'ip' || argv[0] === 'bridge') return run(argv, input);
      throw new LinuxError({
        op: 'nft',
        errno: 'ENOENT',
        message: 'not found: install the package nftables',
      });
    },
  });
  const rows = await kernel.snapshot({ devices: [], sysctls: [], chains: true });
  expect(rows.filter(({ kind }) => kind === 'chain')).toEqual([]);
  const row = {
    kind: 'chain',
    name: 'x',
    type: 'nat',
    hook: 'postrouting',
    priority: 100,
    rules: [],
  } as const;
  const [failure] = await kernel.apply([{ op: 'add', row }]);
  expect(failure?.error.message).toMatch(/install the package nftables/);
});

test('output that is not understood is an error, not an empty answer', async () => {
  const kernel = new LinuxKernel({ run: async () => ({ code: 0, stdout: '{"a":1}', stderr: '' }) });
  await expect(kernel.snapshot(ALL)).rejects.toThrow(/was not understood/);
});
