/**
 *     HOST namespace: cni0 10.244.1.1/24 -- veth pairs -- a 10.244.1.2, b 10.244.1.3, each in its namespace
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CNI_CODE, CNI_VERSIONS } from '@podlan/cni/protocol';
import { deleteNetns } from '@podlan/linux';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resultFaults } from '../../../packages/cni/test/oracle/result-types.js';
import { DUAL_STACK, PLUGIN, SUBNET_ENV, TestHost, within } from './host.js';
import type { Container } from './runtime.js';

let host: TestHost;
let a: Container & { readonly netns: string };
beforeEach(async () => {
  host = await TestHost.start();
  a = await host.container('a');
});
afterEach(() => host.dispose());

const add = (container: Container = a, list = host.list()) => host.runtime.add(list, container);

describe('ADD', () => {
  test('gives the pod an address of the host’s subnet, and tells of everything it made', async () => {
    const { code, json } = await add();
    expect(code).toBe(0);
    expect(json).toEqual({
      cniVersion: '1.1.0',
      interfaces: [
        { name: 'cni0', mac: '0a:58:0a:f4:01:01', mtu: 1450 },
        { name: expect.stringMatching(/^veth[0-9a-z]{11}$/), mac: expect.any(String), mtu: 1450 },
        { name: 'eth0', mac: expect.any(String), mtu: 1450, sandbox: a.netns },
      ],
      ips: [{ address: '10.244.1.2/24', gateway: '10.244.1.1', interface: 2 }],
      routes: [
        { dst: '10.244.0.0/16', gw: '10.244.1.1' },
        { dst: '0.0.0.0/0', gw: '10.244.1.1' },
      ],
    });
    const [eth0] = JSON.parse(await within(a.netns, 'ip', '-j', 'link', 'show', 'eth0'));
    expect(eth0).toMatchObject({ mtu: 1450, address: json.interfaces[2].mac });
    const [port] = await host.json('-d', 'link', 'show', json.interfaces[1].name);
    expect(port).toMatchObject({ master: 'cni0', linkinfo: { info_slave_data: { hairpin: true } } });
  });

  test('two pods reach each other and their gateway with full-size packets', async () => {
    const b = await host.container('b');
    await add();
    expect((await add(b)).json.ips[0].address).toBe('10.244.1.3/24');
    for (const target of ['10.244.1.1', '10.244.1.3']) {
      const argv = ['ping', '-c', '1', '-W', '2', '-M', 'do', '-s', '1422', target];
      expect(await within(a.netns, ...argv)).toContain(' 0% packet loss');
    }
  });

  test.each(CNI_VERSIONS)('answers a list of %s in that version’s types', async (version) => {
    host.writeSubnetEnv(DUAL_STACK);
    const dns = { nameservers: ['10.96.0.10'], search: ['svc.cluster.local'] };
    const { code, json } = await add(a, host.list({ dns }, version));
    expect(code).toBe(0);
    expect(resultFaults(json, version)).toEqual([]);
    expect(json.ips.map(({ address }: { address: string }) => address)).toEqual([
      '10.244.1.2/24',
      'fd00:244:0:1::2/64',
    ]);
    expect(json.dns).toEqual(dns);
  });

  test('without isDefaultGateway there is a way to the pod networks only, as with flannel’s plugin', async () => {
    await add(
      a,
      host.list({ delegate: {}, ipam: { ...host.plugin.ipam, routes: [{ dst: '172.16.0.0/12' }] } }),
    );
    const routes = JSON.parse(await within(a.netns, 'ip', '-j', 'route'));
    expect(routes.map(({ dst }: { dst: string }) => dst).sort()).toEqual([
      '10.244.0.0/16',
      '10.244.1.0/24',
      '172.16.0.0/12',
    ]);
  });

  test.each([
    ['in delegate', { delegate: { bridge: 'br7', mtu: 1400 } }],
    ['beside it', { bridge: 'br7', mtu: 1400 }],
  ])('bridge and mtu %s are followed', async (_name, more) => {
    const { json } = await add(a, host.list(more));
    expect(json.interfaces[0]).toMatchObject({ name: 'br7', mtu: 1400 });
    expect(json.interfaces[2]).toMatchObject({ mtu: 1400 });
  });

  const MAC = '02:00:00:00:00:07';
  test.each<[string, object, Partial<Container>]>([
    [
      'capabilities',
      { capabilities: { ips: true, mac: true } },
      { capabilities: { ips: ['10.244.1.77/24'], mac: MAC } },
    ],
    ['CNI_ARGS', {}, { args: `IgnoreUnknown=1;IP=10.244.1.77;MAC=${MAC};K8S_POD_NAME=web` }],
    ['args of the configuration', { args: { cni: { ips: ['10.244.1.77'], mac: MAC } } }, {}],
  ])('an address and a MAC asked for by %s are given', async (_name, more, asked) => {
    const { json } = await add({ ...a, ...asked }, host.list(more));
    expect(json.ips[0].address).toBe('10.244.1.77/24');
    expect(json.interfaces[2].mac).toBe(MAC);
  });

  test('what plugins before it in the chain made stays in the result', async () => {
    const prevResult = {
      interfaces: [{ name: 'lo', sandbox: a.netns }],
      ips: [{ address: '127.0.0.1/8', interface: 0 }],
    };
    const { json } = await add(a, host.list({ prevResult }));
    expect(json.interfaces.map(({ name }: { name: string }) => name)).toEqual([
      'lo',
      'cni0',
      expect.stringMatching(/^veth/),
      'eth0',
    ]);
    expect(json.ips.map((ip: { interface: number }) => ip.interface)).toEqual([0, 3]);
  });
});

describe('DEL', () => {
  test('takes the pair and the address away, and may come again', async () => {
    await add();
    for (let round = 0; round < 2; round++) {
      expect((await host.runtime.del(host.list(), a)).code).toBe(0);
      expect(await host.links()).toEqual(['cni0', 'lo']);
      expect(host.reserved()).toEqual([]);
    }
  });

  test('works without an ADD before it', async () => {
    expect((await host.runtime.del(host.list(), a)).code).toBe(0);
  });

  test('works with the namespace gone', async () => {
    await add();
    await deleteNetns(a.netns.split('/').at(-1)!);
    expect((await host.runtime.del(host.list(), a)).code).toBe(0);
    expect((await host.runtime.del(host.list(), { ...a, netns: undefined })).code).toBe(0);
    expect(host.reserved()).toEqual([]);
  });

  test('without CNI_NETNS it still takes the pair', async () => {
    await add();
    expect((await host.runtime.del(host.list(), { ...a, netns: undefined })).code).toBe(0);
    expect(await host.links()).toEqual(['cni0', 'lo']);
  });

  test('after a reboot, when the devices are gone and the address is still reserved', async () => {
    await add();
    const { json } = await host.runtime.add(host.list(), await host.container('b'));
    for (const name of ['cni0', ...(await host.links()).filter((one) => one.startsWith('veth'))]) {
      await host.exec('ip', 'link', 'del', name);
    }
    expect((await host.runtime.del(host.list(), { ...a, netns: undefined })).code).toBe(0);
    expect(host.reserved()).toEqual([json.ips[0].address.split('/')[0]]);
  });

  test('with subnet.env missing', async () => {
    await add();
    host.writeSubnetEnv('');
    expect((await host.runtime.del(host.list({ subnetFile: '/nowhere/subnet.env' }), a)).code).toBe(0);
    expect(host.reserved()).toEqual([]);
    expect(await host.links()).toEqual(['cni0', 'lo']);
  });

  test('a key that ADD refuses does not keep it from taking away, and is told', async () => {
    await add();
    const { code, stderr } = await host.runtime.del(host.list({ colour: 'red' }), a);
    expect(code).toBe(0);
    expect(stderr).toContain('colour="red"');
    expect(host.reserved()).toEqual([]);
  });

  test('never deletes an interface of the host’s own namespace', async () => {
    await host.exec('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'other');
    const own = { ...a, netns: `/var/run/netns/${host.name}` };
    expect((await host.runtime.del(host.list(), own)).code).toBe(0);
    expect(await host.links()).toContain('eth0');
  });

  test('a pod that flannel’s chain attached is taken over', async () => {
    const bridge = {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipam: { type: 'host-local', dataDir: host.networksDir, ranges: [[{ subnet: '10.244.1.0/24' }]] },
    };
    const before = { cniVersion: '1.0.0', name: 'podlan', plugins: [bridge] };
    expect((await host.runtime.add(before, a)).json.ips[0].address).toBe('10.244.1.2/24');
    mkdirSync(host.dataDir);
    writeFileSync(join(host.dataDir, 'a'), JSON.stringify(bridge));

    const b = await host.container('b');
    expect((await add(b)).json.ips[0].address).toBe('10.244.1.3/24');
    expect((await host.runtime.del(host.list(), a)).code).toBe(0);
    expect(host.reserved()).toEqual(['10.244.1.3']);
    expect(readdirSync(host.dataDir)).toEqual([]);
    expect((await host.links()).filter((name) => name.startsWith('veth'))).toHaveLength(1);
  });
});

describe('CHECK', () => {
  test.each(['0.4.0', '1.0.0', '1.1.0'])(
    'finds nothing to say of a pod that is as it was, in %s',
    async (version) => {
      host.writeSubnetEnv(DUAL_STACK);
      const list = host.list({}, version);
      await add(a, list);
      expect(await host.runtime.check(list, a)).toEqual({ code: 0, json: undefined, stderr: '' });
    },
  );

  const inPod = (...argv: string[]) => within(a.netns, 'ip', ...argv);
  const veth = async () => (await host.links()).find((name) => name.startsWith('veth'))!;
  test.each<[string, () => Promise<unknown>, string]>([
    ['the link gone', () => inPod('link', 'del', 'eth0'), 'expected link eth0'],
    ['the link down', () => inPod('link', 'set', 'eth0', 'down'), 'mtu 1450 down type veth'],
    ['the MTU', () => inPod('link', 'set', 'eth0', 'mtu', '1400'), 'found link eth0'],
    [
      'the MAC',
      () => inPod('link', 'set', 'eth0', 'address', '02:00:00:00:00:09'),
      'found link eth0 address 02:00:00:00:00:09',
    ],
    [
      'the address',
      () => inPod('addr', 'del', '10.244.1.2/24', 'dev', 'eth0'),
      'expected address 10.244.1.2/24 dev eth0, found none',
    ],
    [
      'a route',
      () => inPod('route', 'del', '10.244.0.0/16'),
      'expected route 10.244.0.0/16 via 10.244.1.1 dev eth0, found none',
    ],
    [
      'the default route',
      () => inPod('route', 'replace', 'default', 'via', '10.244.1.9'),
      'found route 0.0.0.0/0 via 10.244.1.9',
    ],
    ['the port', async () => host.exec('ip', 'link', 'set', await veth(), 'nomaster'), 'master cni0'],
    [
      'the port’s hairpin',
      async () => host.exec('ip', 'link', 'set', await veth(), 'type', 'bridge_slave', 'hairpin', 'off'),
      'hairpin on',
    ],
    ['the bridge gone', () => host.exec('ip', 'link', 'del', 'cni0'), 'expected link cni0'],
    [
      'the bridge down',
      () => host.exec('ip', 'link', 'set', 'cni0', 'down'),
      'found link cni0 mtu 1450 down',
    ],
    [
      'the gateway',
      () => host.exec('ip', 'addr', 'del', '10.244.1.1/24', 'dev', 'cni0'),
      'expected address 10.244.1.1/24 dev cni0, found none',
    ],
  ])('names %s', async (_name, disturb, said) => {
    await add();
    await disturb();
    const { code, json } = await host.runtime.check(host.list(), a);
    expect(code).toBe(1);
    expect(json).toMatchObject({ code: CNI_CODE.NOT_AS_CONFIGURED, details: expect.stringContaining(said) });
  });

  test('names the address when another has it, and every difference at once', async () => {
    await add();
    writeFileSync(join(host.networksDir, 'podlan', '10.244.1.2'), 'other\r\neth0');
    await inPod('route', 'del', 'default');
    const { json } = await host.runtime.check(host.list(), a);
    expect(json.details).toContain('found held by other eth0');
    expect(json.details).toContain('expected route 0.0.0.0/0');
  });

  test('a result that is another plugin’s is refused', async () => {
    const prevResult = { cniVersion: '1.1.0', interfaces: [{ name: 'eth0', sandbox: a.netns }] };
    const env = { CNI_CONTAINERID: 'a', CNI_NETNS: a.netns, CNI_IFNAME: 'eth0' };
    const config = { ...host.plugin, cniVersion: '1.1.0', name: 'podlan', prevResult };
    const { json } = await host.runtime.call({ plugin: PLUGIN, verb: 'CHECK', env, config });
    expect(json).toMatchObject({ code: CNI_CODE.INVALID_NETWORK_CONFIG });
  });
});

describe('GC', () => {
  test('keeps what the runtime names, and takes the pairs and addresses of all others', async () => {
    const [b, c] = [await host.container('b'), await host.container('c')];
    for (const one of [a, b, c]) await add(one);
    expect((await host.runtime.gc(host.list(), [b])).code).toBe(0);
    expect(host.reserved()).toEqual(['10.244.1.3']);
    expect((await host.links()).filter((name) => name.startsWith('veth'))).toHaveLength(1);
    expect(await within(b.netns, 'ping', '-c', '1', '-W', '2', '10.244.1.1')).toContain(' 0% packet loss');
    expect((await host.runtime.check(host.list(), b)).code).toBe(0);
  });

  test('takes a pair whose address nobody has any more, and leaves other networks alone', async () => {
    await add();
    const other = { ...host.list(), name: 'other' };
    await add(await host.container('b'), other);
    readdirSync(join(host.networksDir, 'podlan'));
    await host.runtime.del({ ...host.list(), plugins: [{ ...host.plugin }] }, { id: 'nobody' });
    writeFileSync(join(host.networksDir, 'podlan', '10.244.1.2'), '');
    expect((await host.runtime.gc(host.list(), [])).code).toBe(0);
    expect(host.reserved()).toEqual([]);
    expect(host.reserved('other')).toHaveLength(1);
    expect((await host.links()).filter((name) => name.startsWith('veth'))).toHaveLength(1);
  });
});

describe('STATUS', () => {
  const overlay = async (state = 'up') => {
    await host.exec(
      'ip',
      'link',
      'add',
      'flannel.1',
      'type',
      'vxlan',
      'id',
      '1',
      'local',
      '127.0.0.1',
      'dstport',
      '8472',
    );
    await host.exec('ip', 'addr', 'add', '10.244.1.0/32', 'dev', 'flannel.1');
    await host.exec('ip', 'link', 'set', 'flannel.1', state);
  };
  const status = () => host.runtime.status(host.list());

  test('a node with a lease and its device up takes pods', async () => {
    await overlay();
    await add();
    expect(await status()).toEqual({ code: 0, json: undefined, stderr: '' });
  });

  test('a node of host-gw has no device that could be down', async () => {
    await host.exec('ip', 'link', 'add', 'ext0', 'mtu', '1450', 'type', 'veth', 'peer', 'name', 'ext1');
    expect((await status()).code).toBe(0);
  });

  test('a node whose overlay device is gone is no node of host-gw: its MTU is smaller than any device’s', async () => {
    await host.exec('ip', 'link', 'add', 'ext0', 'type', 'veth', 'peer', 'name', 'ext1');
    await add();
    expect((await status()).json).toMatchObject({
      code: CNI_CODE.LIMITED_CONNECTIVITY,
      details: expect.stringContaining('expected a device flannel.* with 10.244.1.0'),
    });
  });

  test('without a lease it takes none', async () => {
    host.writeSubnetEnv('FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.2');
    const { json } = await status();
    expect(json).toMatchObject({
      code: CNI_CODE.NOT_AVAILABLE,
      details: expect.stringContaining('FLANNEL_SUBNET, FLANNEL_MTU, FLANNEL_IPMASQ'),
    });
  });

  test('with the device down other hosts are out of reach', async () => {
    await overlay('down');
    expect((await status()).json).toMatchObject({
      code: CNI_CODE.LIMITED_CONNECTIVITY,
      details: expect.stringContaining('flannel.1 is down'),
    });
  });

  test('a device of an earlier subnet does not do', async () => {
    await overlay();
    host.writeSubnetEnv(SUBNET_ENV.replace('10.244.1.1', '10.244.9.1'));
    expect((await status()).json).toMatchObject({
      code: CNI_CODE.LIMITED_CONNECTIVITY,
      details: expect.stringContaining('expected 10.244.9.0'),
    });
  });

  test('nor does a bridge of an earlier subnet', async () => {
    await overlay();
    await add();
    await host.exec('ip', 'addr', 'add', '10.244.9.0/32', 'dev', 'flannel.1');
    host.writeSubnetEnv(SUBNET_ENV.replace('10.244.1.1', '10.244.9.1'));
    expect((await status()).json).toMatchObject({
      code: CNI_CODE.NOT_AVAILABLE,
      details: expect.stringContaining('found 10.244.1.1/24'),
    });
  });

  test('with every address in use it takes none', async () => {
    await overlay();
    host.writeSubnetEnv(SUBNET_ENV.replace('10.244.1.1/24', '10.244.1.1/30'));
    await add();
    expect((await status()).json).toMatchObject({ code: CNI_CODE.NOT_AVAILABLE, msg: 'no free address' });
  });
});

test('host-local and podlan keep out of each other’s way in one folder', async () => {
  await add();
  expect(readFileSync(join(host.networksDir, 'podlan', '10.244.1.2'), 'utf8')).toBe('a\r\neth0');
  expect(existsSync(join(host.networksDir, 'podlan', 'lock'))).toBe(true);
  const ipam = { type: 'host-local', dataDir: host.networksDir, ranges: [[{ subnet: '10.244.1.0/24' }]] };
  const env = { CNI_CONTAINERID: 'b', CNI_NETNS: a.netns, CNI_IFNAME: 'eth0' };
  const config = { cniVersion: '1.0.0', name: 'podlan', type: 'bridge', ipam };
  const { json } = await host.runtime.call({ plugin: 'host-local', verb: 'ADD', env, config });
  expect(json.ips[0].address).toBe('10.244.1.3/24');
});
