/** Nodes on real etcd and real kernels: what flannel's do wrong there (rows are those of docs/content/flannel.md), and outages. */
import { rowText } from '@podlan/linux/model';
import { parseIpPrefix } from '@podlan/wire';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EtcdServer } from './etcd/etcd-server.js';
import { Gateway } from './etcd/gateway.js';
import { type EtcdNode, EtcdNodes, programmed, until } from './etcd/nodes.js';
import { Wire } from './etcd/wire.js';

const VXLAN = { Backend: { Type: 'vxlan' } };
const CONFIG = { Network: '10.244.0.0/16', ...VXLAN };
const [FIRST, SECOND, THIRD] = ['10.244.1.0/24', '10.244.2.0/24', '10.244.3.0/24'] as const;

let etcd: EtcdServer;
let gateway: Gateway;
let nodes: EtcdNodes;
let prefix: string;
let subnets: string;
let wires: Wire[];
let tests = 0;

beforeAll(async () => {
  etcd = await EtcdServer.start();
  gateway = new Gateway(etcd.url);
});
afterAll(() => etcd.stop());
beforeEach(() => {
  prefix = `/nodes/${tests++}`;
  subnets = `${prefix}/subnets`;
  nodes = new EtcdNodes({ endpoints: [etcd.url], prefix, config: CONFIG });
  wires = [];
});
afterEach(async () => {
  await nodes.stop();
  for (const wire of wires) await wire.cut();
});

async function layWire(): Promise<Wire> {
  const wire = await Wire.to(etcd.url);
  wires.push(wire);
  return wire;
}

const rowsOf = async (node: EtcdNode) => (await node.rows()).map(rowText).sort();
const own = ({ running }: EtcdNode) => running.state().lease?.subnets;
const macOf = async (node: EtcdNode) =>
  (await node.rows()).flatMap((row) => (row.kind === 'link' && 'mac' in row ? [row.mac] : []));

test('row 1: malformed values and strange keys are ignored, told and counted; peers stay', async () => {
  const [a, b] = [await nodes.start(1), await nodes.start(2)];
  await until(() => programmed(a).length === 1);
  const before = await rowsOf(a);
  await gateway.put(`${subnets}-extra`, '{}');
  await gateway.put(`${subnets}/10.244.9.0-24`, 'garbage');
  await gateway.put(`${subnets}/10.244.2.0-24`, '{"PublicIP":');
  await until(() => a.store.entriesIgnored === 3);
  const c = await nodes.start(3);
  await until(() => programmed(a).includes(THIRD));
  expect(await rowsOf(a)).toEqual(expect.arrayContaining(before));
  expect(a.log.filter((line) => line.includes('entry ignored'))).toHaveLength(3);
  // The node whose own lease was spoilt writes it anew, with the same subnet.
  await until(async () => (await gateway.list(`${subnets}/10.244.2.0-24`))[0]!.value.includes('192.168.1.2'));
  expect(own(b)).toEqual([SECOND]);
  await until(() => programmed(c).length === 2);
});

test('row 1: nor does an agent that starts anew lose its peers to garbage', async () => {
  await gateway.put(`${subnets}-extra`, '{}');
  await gateway.put(`${subnets}/10.244.9.0-24`, '[]');
  const [a] = [await nodes.start(1), await nodes.start(2)];
  await until(() => programmed(a).includes(SECOND));
  expect(a.running.state().store).toEqual({ watching: true, entriesIgnored: 2 });
});

test('row 8: a reservation, such as an operator writes, stays one', async () => {
  const key = `${subnets}/10.244.50.0-24`;
  await gateway.put(key, '{"PublicIP":"192.168.1.1"}');
  const a = await nodes.start(1);
  expect(own(a)).toEqual(['10.244.50.0/24']);
  expect(await rowsOf(a)).toContain('address 10.244.50.0/32 dev flannel.1');
  await a.stop();
  await nodes.start(1);
  expect(await gateway.list(subnets)).toMatchObject([
    { key, value: expect.stringContaining('"VtepMAC"'), lease: undefined },
  ]);
});

test('row 9: nodes of IPv6 alone have a subnet each, and routes to each other', async () => {
  const config = { EnableIPv4: false, EnableIPv6: true, IPv6Network: 'fd00:244::/48', ...VXLAN };
  const [a, b] = [await nodes.start(1, { config }), await nodes.start(2, { config })];
  expect([own(a), own(b)]).toEqual([['fd00:244:0:1::/64'], ['fd00:244:0:2::/64']]);
  await until(() => programmed(a).length === 1 && programmed(b).length === 1);
  expect(await rowsOf(a)).toContainEqual(
    expect.stringMatching(/^route fd00:244:0:2::\/64 .*dev flannel-v6\.1/),
  );
  const keys = (await gateway.list(subnets)).map(({ key }) => key.slice(subnets.length + 1));
  expect(keys).toEqual(['0.0.0.0-0&fd00:244:0:1::-64', '0.0.0.0-0&fd00:244:0:2::-64']);
});

test('row 12: a node keeps its MAC when its agent starts anew, even on a kernel without the device', async () => {
  const a = await nodes.start(1, { mac: '02:00:00:00:00:aa' });
  const before = (await gateway.list(subnets))[0]!.value;
  await a.stop();
  const again = await nodes.start(1, { mac: '02:00:00:00:00:bb' });
  expect(await macOf(again)).toEqual(['02:00:00:00:00:aa']);
  expect((await gateway.list(subnets))[0]!.value).toBe(before);
});

test('row 14: of two nodes that race for one subnet, the loser picks the next', async () => {
  const wire = await layWire();
  let rival: Promise<EtcdNode> | undefined;
  // Asked for after the leases were listed, and before one is written.
  const random = () => {
    if (rival === undefined) {
      wire.hold();
      rival = nodes.start(2).finally(() => wire.letGo());
    }
    return 0;
  };
  const a = await nodes.start(1, { endpoints: [wire.url], random });
  const b = await rival!;
  expect([own(a), own(b)]).toEqual([[SECOND], [FIRST]]);
  await until(() => programmed(a).length === 1 && programmed(b).length === 1);
  expect(await rowsOf(a)).toContainEqual(expect.stringMatching(/^route 10\.244\.1\.0\/24 .*dev flannel\.1/));
  expect(await rowsOf(b)).toContainEqual(expect.stringMatching(/^route 10\.244\.2\.0\/24 .*dev flannel\.1/));
});

describe('an outage of etcd', () => {
  test('changes nothing in the kernels; who changes or joins is seen when it is over', async () => {
    const [a, b] = [await nodes.start(1), await nodes.start(2)];
    await until(() => programmed(a).length === 1 && programmed(b).length === 1);
    const before = [await rowsOf(a), await rowsOf(b)];
    await etcd.kill();
    await until(() => [a, b].every(({ running }) => !running.state().store.watching));
    const joining = nodes.start(3);
    expect([await rowsOf(a), await rowsOf(b)]).toEqual(before);
    await etcd.restart();
    const c = await joining;
    await until(() => [a, b, c].every((node) => programmed(node).length === 2));
    expect([await rowsOf(a), await rowsOf(b)]).toEqual(before.map((rows) => expect.arrayContaining(rows)));
    expect([a, b].flatMap(({ running }) => running.state().notices)).toEqual([]);
  });

  const SHORT = { leaseTtlSeconds: 1, renewMarginMs: 600 };
  const keyOf = (subnet: string) => `${subnets}/${subnet.replace('/', '-')}`;
  const isGone = async (subnet: string) => (await gateway.list(keyOf(subnet))).length === 0;

  test('in which a lease ends, ends with the same subnet where it is free', async () => {
    const wire = await layWire();
    const b = await nodes.start(2);
    const a = await nodes.start(1, { endpoints: [wire.url], ...SHORT });
    const before = await rowsOf(a);
    await until(() => programmed(b).includes(SECOND) && programmed(a).length === 1);
    await wire.cut();
    await until(() => isGone(SECOND));
    await until(() => programmed(b).length === 0);
    expect(await rowsOf(a)).toEqual(expect.arrayContaining(before));
    await wire.mend();
    await until(() => programmed(b).includes(SECOND));
    expect(own(a)).toEqual([SECOND]);
    expect(a.running.state().notices).toEqual([]);
  });

  test('in which a lease ends and another takes its subnet, tells that pods are cut off', async () => {
    const wire = await layWire();
    const b = await nodes.start(2);
    const a = await nodes.start(1, { endpoints: [wire.url], ...SHORT });
    expect([own(b), own(a)]).toEqual([[FIRST], [SECOND]]);
    await wire.cut();
    await until(() => isGone(SECOND));
    const c = await nodes.start(3);
    expect(own(c)).toEqual([SECOND]);
    await wire.mend();
    await until(() => own(a)?.[0] === THIRD && programmed(a).length === 2);
    const told = `this node's subnet changed from ${SECOND} to ${THIRD}: pods started under the old one are cut off`;
    expect(a.running.state().notices).toEqual([expect.stringContaining(told)]);
    await until(() => programmed(b).includes(parseIpPrefix(THIRD)!));
  });
});
