/** What goes wrong: the error's code, a message that says what to do, and nothing half-configured left. */
import { rmSync, writeFileSync } from 'node:fs';
import { CNI_CODE } from '@podlan/cni/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DUAL_STACK, PLUGIN, SUBNET_ENV, TestHost, within } from './host.js';
import type { Container } from './runtime.js';

let host: TestHost;
let a: Container & { readonly netns: string };
beforeEach(async () => {
  host = await TestHost.start();
  a = await host.container('a');
});
afterEach(() => host.dispose());

const C = CNI_CODE;

/** No device, no address: as if ADD had never been called. */
async function nothingIsLeft(devices = ['lo']): Promise<void> {
  expect(await host.links()).toEqual(devices);
  expect(host.reserved()).toEqual([]);
}

const fails = async (container: Container = a, list = host.list()) => {
  const { code, json } = await host.runtime.add(list, container);
  expect(code).toBe(1);
  return json;
};

describe('what ADD is given', () => {
  test.each([
    ['nothing', '', C.DECODING_FAILURE, 'found nothing'],
    ['half a configuration', '{"cniVersion":"1.1.0","na', C.DECODING_FAILURE, 'in JSON on standard input'],
    ['another version', '{"cniVersion":"9.9.9"}', C.INCOMPATIBLE_CNI_VERSION, 'expected one of 0.3.0'],
    ['no name', '{"cniVersion":"1.1.0","type":"x"}', C.INVALID_NETWORK_CONFIG, 'name: '],
  ])('%s on standard input', async (_name, config, code, said) => {
    const env = { CNI_CONTAINERID: 'a', CNI_NETNS: a.netns, CNI_IFNAME: 'eth0' };
    const { json } = await host.runtime.call({ plugin: PLUGIN, verb: 'ADD', env, config });
    expect(json).toMatchObject({ code, details: expect.stringContaining(said) });
    await nothingIsLeft();
  });

  test.each<[string, Partial<Container>, string]>([
    ['CNI_ARGS without a value', { args: 'IP' }, 'expected KEY=value'],
    ['an unknown key of CNI_ARGS', { args: 'COLOUR=red' }, 'found "COLOUR"'],
    ['no address in CNI_ARGS', { args: 'IP=elsewhere' }, 'expected an IP address, found "elsewhere"'],
    ['a group’s MAC', { args: 'MAC=01:00:5e:00:00:01' }, 'expected the MAC address of one device'],
    ['an interface name too long', { interfaceName: 'x'.repeat(16) }, 'at most 15 bytes'],
    ['a namespace of odd letters', { netns: '/run/netns/a b' }, 'found "/run/netns/a b"'],
  ])('%s', async (_name, more, said) => {
    const json = await fails({ ...a, ...more });
    expect(json).toMatchObject({ code: C.INVALID_ENVIRONMENT, details: expect.stringContaining(said) });
    await nothingIsLeft();
  });

  test.each<[string, object, number, string]>([
    ['an unknown key', { colour: 'red' }, C.UNSUPPORTED_FIELD, 'colour="red"'],
    [
      'a misspelt key',
      { delegate: { hairpinmode: true } },
      C.UNSUPPORTED_FIELD,
      'delegate.hairpinmode=true: expected only bridge',
    ],
    ['a VLAN', { delegate: { vlan: 100 } }, C.UNSUPPORTED_FIELD, 'delegate.vlan=100'],
    ['masquerading', { delegate: { ipMasq: true } }, C.UNSUPPORTED_FIELD, 'podlan agent --ip-masq'],
    ['masquerading at the top', { ipMasq: true }, C.UNSUPPORTED_FIELD, 'podlan agent --ip-masq'],
    [
      'a range',
      { ipam: { ranges: [[{ subnet: '10.9.0.0/24' }]] } },
      C.UNSUPPORTED_FIELD,
      'comes from subnet.env',
    ],
    [
      'another IPAM',
      { ipam: { type: 'dhcp' } },
      C.INVALID_NETWORK_CONFIG,
      'ipam.type: expected "host-local", found "dhcp"',
    ],
    [
      'another delegate',
      { delegate: { type: 'macvlan' } },
      C.INVALID_NETWORK_CONFIG,
      'delegate.type: expected "bridge"',
    ],
    ['a wrong MTU', { mtu: 9 }, C.INVALID_NETWORK_CONFIG, 'mtu: expected >=68, found 9'],
    [
      'a text for a switch',
      { delegate: { hairpinMode: 'yes' } },
      C.INVALID_NETWORK_CONFIG,
      'delegate.hairpinMode: expected boolean, found "yes"',
    ],
    [
      'a relative path',
      { subnetFile: 'subnet.env' },
      C.INVALID_NETWORK_CONFIG,
      'subnetFile: expected an absolute path',
    ],
  ])('%s', async (_name, more, code, said) => {
    expect(await fails(a, host.list(more))).toMatchObject({ code, details: expect.stringContaining(said) });
    await nothingIsLeft();
  });

  test('what is turned off is not missed, and a key with a dot is someone’s own', async () => {
    const more = { ipMasq: false, delegate: { vlan: 0, promiscMode: false }, 'example.org/colour': 'red' };
    expect((await host.runtime.add(host.list(more), a)).code).toBe(0);
  });

  test.each(['10.244.1.1', '10.244.1.255', '10.244.2.7'])('the address %s', async (address) => {
    const json = await fails({ ...a, args: `IP=${address}` });
    expect(json).toMatchObject({ code: C.INVALID_NETWORK_CONFIG, details: expect.stringContaining(address) });
    await nothingIsLeft();
  });
});

describe('what ADD finds', () => {
  test.each([
    ['a path with nothing there', '/var/run/netns/no-such-pod'],
    ['what a bind mount left behind', '/tmp'],
  ])('the namespace gone: %s', async (_name, netns) => {
    expect(await fails({ ...a, netns })).toMatchObject({
      code: C.UNKNOWN_CONTAINER,
      details: expect.stringContaining('nothing to clean up'),
    });
    await nothingIsLeft();
  });

  test('the host’s own namespace', async () => {
    const json = await fails({ ...a, netns: `/var/run/netns/${host.name}` });
    expect(json).toMatchObject({
      code: C.INVALID_ENVIRONMENT,
      details: expect.stringContaining('the host’s own'.replace('’', "'")),
    });
    await nothingIsLeft();
  });

  test('an interface with an address there already, of which it touches nothing', async () => {
    await within(a.netns, 'ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'x');
    await within(a.netns, 'ip', 'addr', 'add', '10.244.1.2/24', 'dev', 'eth0');
    expect(await fails()).toMatchObject({
      code: C.ALREADY_ATTACHED,
      details: expect.stringContaining('eth0 in the pod; detach the pod first'),
    });
    await nothingIsLeft();
    expect(await within(a.netns, 'ip', 'addr', 'show', 'eth0')).toContain('10.244.1.2/24');
  });

  test('the pod attached before: what it has stays', async () => {
    expect((await host.runtime.add(host.list(), a)).code).toBe(0);
    expect(await fails()).toMatchObject({ code: C.ALREADY_ATTACHED });
    expect(host.reserved()).toEqual(['10.244.1.2']);
    expect(await within(a.netns, 'ping', '-c', '1', '-W', '2', '10.244.1.1')).toContain(' 0% packet loss');
  });

  test('cni0 with a foreign address', async () => {
    await host.exec('ip', 'link', 'add', 'cni0', 'type', 'bridge');
    await host.exec('ip', 'addr', 'add', '10.244.7.1/24', 'dev', 'cni0');
    expect(await fails()).toMatchObject({
      code: C.BRIDGE_CONFLICT,
      details: expect.stringMatching(/found 10.244.7.1\/24; no pod on it\? ip link delete cni0/),
    });
    await nothingIsLeft(['cni0', 'lo']);
  });

  test.each([
    ['a veth', ['type', 'veth', 'peer', 'name', 'x'], ['cni0', 'lo', 'x']],
    ['a kind nobody here makes', ['link', 'base', 'type', 'macvlan'], ['base', 'base2', 'cni0', 'lo']],
  ])('cni0 as %s, which stays', async (_name, kind, devices) => {
    if (kind.includes('base'))
      await host.exec('ip', 'link', 'add', 'base', 'type', 'veth', 'peer', 'name', 'base2');
    await host.exec('ip', 'link', 'add', 'cni0', ...kind);
    const { code, details } = await fails();
    expect([C.BRIDGE_CONFLICT, C.IO_FAILURE]).toContain(code);
    expect(details).toMatch(/found a veth device|is another kind of device/);
    await nothingIsLeft(devices);
  });

  test.each([
    ['missing', undefined, 'ENOENT'],
    ['empty', '', 'FLANNEL_SUBNET, FLANNEL_MTU, FLANNEL_IPMASQ'],
    ...[...SUBNET_ENV.matchAll(/\n|(?<==.)|(?<=\/)/g)]
      .map(({ index }) => index)
      .filter((index) => index < SUBNET_ENV.indexOf('true'))
      .map((index): [string, string, string] => [
        `cut off after ${index} bytes`,
        SUBNET_ENV.slice(0, index),
        'FLANNEL_IPMASQ',
      ]),
    ['without its network', SUBNET_ENV.replace(/FLANNEL_NETWORK.*\n/, ''), 'FLANNEL_NETWORK'],
    ['with a senseless MTU', SUBNET_ENV.replace('1450', 'big'), 'FLANNEL_MTU'],
  ])('subnet.env %s', async (_name, text, said) => {
    if (text === undefined) rmSync(host.subnetFile);
    else host.writeSubnetEnv(text);
    expect(await fails()).toMatchObject({
      code: C.TRY_AGAIN_LATER,
      details: expect.stringMatching(new RegExp(`${said}.*is podlan agent \\(or flanneld\\) running`)),
    });
    await nothingIsLeft();
  });

  test('no address left: the error says so, and after a DEL there is one', async () => {
    host.writeSubnetEnv(SUBNET_ENV.replace('10.244.1.1/24', '10.244.1.1/30'));
    const b = await host.container('b');
    await host.runtime.add(host.list(), a);
    expect(await fails(b)).toMatchObject({
      code: C.NO_FREE_ADDRESS,
      details: expect.stringContaining('all of 10.244.1.0/30 is in use'),
    });
    expect((await host.links()).filter((name) => name.startsWith('veth'))).toHaveLength(1);
    await host.runtime.del(host.list(), a);
    expect((await host.runtime.add(host.list(), b)).json.ips[0].address).toBe('10.244.1.2/30');
  });

  test('no address left in one family: that of the other is given back', async () => {
    host.writeSubnetEnv(
      SUBNET_ENV.replace(
        'FLANNEL_MTU',
        'FLANNEL_IPV6_NETWORK=fd00:244::/48\nFLANNEL_IPV6_SUBNET=fd00:244:0:1::1/127\nFLANNEL_MTU',
      ),
    );
    expect(await fails()).toMatchObject({ code: C.INVALID_NETWORK_CONFIG });
    await nothingIsLeft();
  });

  test('a folder for addresses that is none', async () => {
    writeFileSync(host.networksDir, 'a file');
    expect(await fails()).toMatchObject({
      code: C.IO_FAILURE,
      details: expect.stringContaining(host.networksDir),
    });
    expect(await host.links()).toEqual(['lo']);
  });

  test('a pod without IPv6 on a host of both families: the pair and both addresses go again', async () => {
    host.writeSubnetEnv(DUAL_STACK);
    await within(a.netns, 'sysctl', '-qw', 'net.ipv6.conf.default.disable_ipv6=1');
    expect(await fails()).toMatchObject({
      code: C.IO_FAILURE,
      msg: 'cannot configure eth0 in the pod',
      details: expect.stringContaining('address'),
    });
    await nothingIsLeft(['cni0', 'lo']);
    expect(await within(a.netns, 'ip', '-br', 'link')).not.toContain('eth0');
  });
});
