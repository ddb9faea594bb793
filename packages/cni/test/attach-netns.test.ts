/**
 *     HOST namespace: cni0 10.244.1.1/24 -- two veth pairs -- POD1 10.244.1.2, POD2 10.244.1.3, each in its namespace
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { addNetns, deleteNetns, LinuxKernel } from '@podlan/linux';
import { parseInterfaceAddress, parseIpPrefix } from '@podlan/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { attachPod, CNI_CODE, type CniError, detachPod } from '../src/attach.js';

const exec = promisify(execFile);
const HOST = `cni-${process.pid}-host`;
const PODS = [`cni-${process.pid}-pod1`, `cni-${process.pid}-pod2`] as const;
const NAMESPACES = [HOST, ...PODS];

const inside = async (netns: string, ...argv: string[]) =>
  (await exec('ip', ['netns', 'exec', netns, ...argv])).stdout;
const json = async (netns: string, ...argv: string[]) =>
  JSON.parse((await exec('ip', ['-n', netns, '-j', ...argv])).stdout);

beforeEach(async () => {
  for (const netns of NAMESPACES) await addNetns(netns);
});
afterEach(async () => {
  for (const netns of NAMESPACES) await deleteNetns(netns);
});

const addressesOf = (number: number) => [
  {
    address: parseInterfaceAddress(`10.244.1.${number}/24`)!,
    gateway: parseInterfaceAddress('10.244.1.1/24')!,
  },
];

const attach = (index: 0 | 1, more = {}) =>
  attachPod({
    host: new LinuxKernel({ netns: HOST }),
    pod: new LinuxKernel({ netns: PODS[index] }),
    podNetns: PODS[index],
    hostVeth: `veth${index}`,
    addresses: addressesOf(index + 2),
    networks: [parseIpPrefix('10.244.0.0/16')!],
    mtu: 1450,
    ...more,
  });

const detach = (index: 0 | 1) =>
  detachPod({ host: new LinuxKernel({ netns: HOST }), hostVeth: `veth${index}` });

const linkNames = async (netns: string) =>
  (await json(netns, 'link'))
    .map(({ ifname }: { ifname: string }) => ifname)
    .filter((name: string) => name !== 'lo');

describe('attachPod on real namespaces', () => {
  test('two pods of one host reach their gateway and each other with full-size packets', async () => {
    await attach(0);
    await attach(1);
    // 1422 + 8 ICMP + 20 IP is the MTU.
    for (const target of ['10.244.1.1', '10.244.1.3']) {
      const ping = ['ping', '-c', '2', '-i', '0.2', '-W', '2', '-M', 'do', '-s', '1422', target];
      expect(await inside(PODS[0], ...ping)).toContain(' 0% packet loss');
    }
  });

  test('the kernel has what was asked for', async () => {
    await attach(0);
    const [bridge] = await json(HOST, '-d', 'link', 'show', 'cni0');
    expect(bridge).toMatchObject({
      mtu: 1450,
      address: '0a:58:0a:f4:01:01',
      linkinfo: { info_kind: 'bridge' },
    });
    const [port] = await json(HOST, '-d', 'link', 'show', 'veth0');
    expect(port).toMatchObject({
      mtu: 1450,
      master: 'cni0',
      linkinfo: { info_slave_data: { hairpin: true } },
    });
    const [eth0] = await json(PODS[0], 'addr', 'show', 'eth0');
    expect(eth0).toMatchObject({ mtu: 1450, operstate: 'UP' });
    expect(eth0.addr_info).toContainEqual(expect.objectContaining({ local: '10.244.1.2', prefixlen: 24 }));
    const routes = (await json(PODS[0], 'route')).map(
      ({ dst, gateway }: { dst: string; gateway?: string }) => [dst, gateway],
    );
    expect(routes).toEqual([
      ['default', '10.244.1.1'],
      ['10.244.0.0/16', '10.244.1.1'],
      ['10.244.1.0/24', undefined],
    ]);
    expect(await inside(HOST, 'cat', '/proc/sys/net/ipv4/ip_forward')).toBe('1\n');
  });

  test('the bridge keeps its MAC when pods come and go', async () => {
    await attach(0);
    await attach(1);
    await detach(0);
    const [bridge] = await json(HOST, 'link', 'show', 'cni0');
    expect(bridge.address).toBe('0a:58:0a:f4:01:01');
  });

  test('detaching takes both ends away, twice is no error, and the pod can be attached again', async () => {
    await attach(0);
    await detach(0);
    await detach(0);
    expect(await linkNames(HOST)).toEqual(['cni0']);
    expect(await linkNames(PODS[0])).toEqual([]);
    await attach(0);
    expect(await linkNames(PODS[0])).toEqual(['eth0']);
  });

  test('a route the kernel refuses takes the veth pair back', async () => {
    const elsewhere = parseInterfaceAddress('10.99.0.2/24')!;
    const gateway = parseInterfaceAddress('10.244.1.1/24')!;
    const error = await attach(0, { addresses: [{ address: elsewhere, gateway }] }).catch(
      (caught: CniError) => caught,
    );
    expect(error).toMatchObject({ name: 'CniError', code: CNI_CODE.IO_FAILURE });
    expect(await linkNames(HOST)).toEqual(['cni0']);
    expect(await linkNames(PODS[0])).toEqual([]);
  });

  test('a second ADD is refused, and the pod still works', async () => {
    await attach(0);
    const error = await attach(0).catch((caught: CniError) => caught);
    expect(error).toMatchObject({ code: CNI_CODE.ALREADY_ATTACHED });
    expect(await inside(PODS[0], 'ping', '-c', '1', '-W', '2', '10.244.1.1')).toContain(' 0% packet loss');
  });

  test('eight pods attached at once share one bridge', async () => {
    const extra = Array.from({ length: 8 }, (_, index) => ({
      netns: `cni-${process.pid}-many${index}`,
      index,
    }));
    try {
      for (const { netns } of extra) await addNetns(netns);
      await Promise.all(
        extra.map(({ netns, index }) =>
          attach(0, {
            pod: new LinuxKernel({ netns }),
            podNetns: netns,
            hostVeth: `many${index}`,
            addresses: addressesOf(10 + index),
          }),
        ),
      );
      expect((await linkNames(HOST)).sort()).toEqual(['cni0', ...extra.map(({ index }) => `many${index}`)]);
    } finally {
      for (const { netns } of extra) await deleteNetns(netns);
    }
  });
});
