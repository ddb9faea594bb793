/**
 * The simulated kernel beside that of this machine: the same changes to both, and the same rows in both after each.
 *
 *     eth0 192.168.77.11/24, fd00:77::11/64       br0, a bridge       v0 ---veth--- v1       flannel.1, vxlan on eth0
 */
import { addNetns, deleteNetns, LinuxKernel, runIn } from '@podlan/linux';
import { type Change, type Kernel, type Link, type Row, rowText, type Scope } from '@podlan/linux/model';
import { parseInterfaceAddress, parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { Nic, SimKernel, SimNetwork, Switch } from '../src/index.js';

const ip = (text: string) => parseIpAddress(text)!;
const net = (text: string) => parseIpPrefix(text)!;
const on = (text: string) => parseInterfaceAddress(text)!;
const mac = (text: string) => parseMacAddress(text)!;

const DEVICES = ['br0', 'v0', 'v1', 'flannel.1'];
const SCOPE: Scope = {
  devices: DEVICES,
  sysctls: ['net/ipv4/ip_forward', 'net/ipv6/conf/br0/disable_ipv6'],
  chains: false,
};

const base = { kind: 'link', up: true } as const;
const br0: Link = { ...base, type: 'bridge', name: 'br0', mtu: 1450, mac: mac('02:00:00:00:00:01') };
const v0: Link = {
  ...{ ...base, type: 'veth', name: 'v0', mtu: 1450, mac: mac('02:00:00:00:00:02'), peer: { name: 'v1' } },
};
const v1: Link = { ...base, type: 'veth', name: 'v1', mtu: 1450, mac: mac('02:00:00:00:00:03') };
const vxlan: Link = {
  ...{ ...base, type: 'vxlan', name: 'flannel.1', mtu: 1430, mac: mac('02:00:00:00:00:04'), vni: 1 },
  ...{ port: 8472, local: ip('192.168.77.11'), dev: 'eth0', learning: false, gbp: false },
};
const port: Link = { ...v0, master: 'br0', hairpin: true };
const links: Link[] = [br0, v0, v1, port, vxlan].flatMap((link) => [link, { ...link, up: false }]);

const addresses = [
  ...['10.244.1.1/24', '10.9.0.1/32', 'fd00:9::1/64', 'fd00:9::2/128'].map((text) => ({ dev: 'br0', text })),
  ...['10.244.1.0/32', 'fd00:244::/128'].map((text) => ({ dev: 'flannel.1', text })),
  ...['10.9.1.1/24', 'fd00:91::1/64'].map((text) => ({ dev: 'v0', text })),
].map(({ dev, text }): Row => ({ kind: 'address', dev, address: on(text) }));

const neighbors = ['br0', 'v0', 'flannel.1'].flatMap((dev) =>
  ['10.244.2.0', 'fd00:244:2::'].flatMap((address): Row[] => [
    { kind: 'neighbor', dev, address: ip(address), mac: mac('02:00:00:00:02:00') },
    { kind: 'neighbor', dev, address: ip(address), mac: mac('02:00:00:00:02:01') },
  ]),
);

const routes: Row[] = [
  ...[net('10.244.2.0/24'), net('fd00:244:2::/64')].flatMap((prefix): Row[] => {
    const via = ip(prefix.split('/')[0]!);
    return [
      { kind: 'route', prefix, dev: 'flannel.1', via, onlink: true, protocol: 80 },
      { kind: 'route', prefix, dev: 'br0', metric: 77 },
      { kind: 'route', prefix, dev: 'v0' },
    ];
  }),
  { kind: 'route', prefix: net('10.7.0.0/16'), dev: 'br0', via: ip('10.244.1.9') },
  { kind: 'route', prefix: net('fd00:7::/64'), dev: 'br0', via: ip('fd00:9::9') },
  { kind: 'route', prefix: net('10.8.0.0/16'), dev: 'eth0', via: ip('192.168.77.12'), protocol: 80 },
];

const others: Row[] = [
  { kind: 'fdb', dev: 'flannel.1', mac: mac('02:00:00:00:02:00'), dst: ip('192.168.77.12') },
  { kind: 'fdb', dev: 'flannel.1', mac: mac('02:00:00:00:02:00'), dst: ip('192.168.77.13') },
  { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' },
  { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '0' },
  { kind: 'sysctl', key: 'net/ipv6/conf/br0/disable_ipv6', value: '1' },
  { kind: 'sysctl', key: 'net/ipv6/conf/br0/disable_ipv6', value: '0' },
];

const ofLinks = fc.constantFrom(...links);
const ofTables = fc.constantFrom(...addresses, ...neighbors, ...routes, ...others);
const changes = fc.oneof(
  { weight: 5, arbitrary: fc.record({ op: fc.constant('add' as const), row: ofLinks }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('delete' as const), row: ofLinks }) },
  { weight: 10, arbitrary: fc.record({ op: fc.constant('add' as const), row: ofTables }) },
  { weight: 3, arbitrary: fc.record({ op: fc.constant('delete' as const), row: ofTables }) },
);
const START: Change[] = [br0, v0, v1, vxlan].map((row) => ({ op: 'add', row }));

const made: string[] = [];
let count = 0;

async function linuxKernel(): Promise<Kernel> {
  const netns = `parity-${process.pid}-${++count}`;
  made.push(netns);
  await addNetns(netns);
  const commands = [
    'link set lo up',
    'link add eth0 type veth peer name far0',
    'addr add 192.168.77.11/24 dev eth0',
    'addr add fd00:77::11/64 dev eth0 nodad',
    'link set far0 up',
    'link set eth0 up',
  ];
  const { code, stderr } = await runIn(netns, ['ip', '-batch', '-'], { input: `${commands.join('\n')}\n` });
  if (code !== 0) throw new Error(stderr);
  return new LinuxKernel({ netns });
}

function simKernel(): Kernel {
  const network = new SimNetwork();
  const netns = network.addNetns('host-a');
  const eth0 = new Nic(netns, { name: 'eth0', mac: network.nextMac(), mtu: 1500, up: true });
  netns.addDevice(eth0);
  new Switch(network.clock, network.random).plug(eth0);
  for (const text of ['192.168.77.11/24', 'fd00:77::11/64']) netns.addAddress('eth0', on(text));
  return new SimKernel(network, 'host-a');
}

const seen = async (kernel: Kernel) => (await kernel.snapshot(SCOPE)).map(rowText).sort();

/**
 * Linux makes a device and then finds that its bridge is not there; the other end of a pair has any MAC: neither is what
 * is asked here.
 */
function stepOf(change: Change, rows: readonly string[]): Change[] {
  const { op, row } = change;
  if (op === 'delete' || row.kind !== 'link' || row.type !== 'veth') return [change];
  const has = (name: string) => rows.some((text) => text.startsWith(`link ${name} `));
  if (row.master !== undefined && !has(row.master)) return [];
  return has(row.name) ? [change] : [change, { op: 'add', row: v1 }];
}

/** What both kernels make of the changes, a step each. */
async function compare(steps: readonly Change[]): Promise<void> {
  const [linux, simulated] = [await linuxKernel(), simKernel()];
  for (const kernel of [linux, simulated]) expect(await kernel.apply(START)).toEqual([]);
  expect(await seen(simulated)).toEqual(await seen(linux));
  const done: string[] = [];
  for (const change of steps) {
    done.push(`${change.op} ${rowText(change.row)}`);
    const step = stepOf(change, await seen(linux));
    const refused = await Promise.all([linux.apply(step), simulated.apply(step)]);
    const [byLinux, bySimulated] = refused.map(([failure]) => failure?.error.message);
    const context = `${done.join('\n')}\nLinux: ${byLinux}; simulated: ${bySimulated}`;
    expect(bySimulated === undefined, context).toBe(byLinux === undefined);
    expect(await seen(simulated), context).toEqual(await seen(linux));
  }
}

afterEach(async () => {
  for (const netns of made.splice(0)) await deleteNetns(netns);
});

test('after any changes the rows are those that Linux has', { timeout: 120_000 }, async () => {
  const runs = fc.array(changes, { minLength: 10, maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(runs, (steps) => compare(steps)),
    { numRuns: 6, endOnFailure: true },
  );
});
