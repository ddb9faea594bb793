/** Two nodes of the udp backend: flannel's device, lease and packets, and a router's manners. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatLeaseValue } from '@podlan/fabric';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { datagramsDuring } from '../bench/crossing.js';
import { transfer } from '../dist/lab/demo-traffic.js';
import { labDirectory } from '../dist/lab/lab-state.js';
import { underlayNetns } from '../dist/lab/topology.js';
import { innerPing } from './inner-ping.js';
import { eventually, run, TestLab } from './test-lab.js';
import { udpEcho } from './udp-echo.js';
import { leasesOf } from './udp-lab.js';
import { dissected, framesDuring, timesToLive } from './udp-packets.js';

const MTU = 1472;
/** Less 20 bytes of IPv4 and 8 of ICMP. */
const FULL_PAYLOAD = MTU - 28;

let lab: TestLab;
beforeAll(async () => {
  lab = await TestLab.start({ backend: 'udp' }, 'wasm', 'wasm');
});
afterAll(() => lab[Symbol.asyncDispose]());

const place = (name: string) => ({ netns: lab.netns(name), address: lab.address(name) });
const ping = (from: string, to: string, ...flags: string[]) =>
  lab.in(from, 'ping', '-n', '-W', '2', '-c', '1', ...flags, to);
const toB = (...flags: string[]) => ping('pod-a1', lab.address('pod-b1'), ...flags);

describe('what flannel makes', () => {
  const json = async (...command: string[]) =>
    JSON.parse((await lab.in('host-a', 'ip', '-j', '-d', ...command)).stdout);

  test('flannel0 is a TUN without a link header, with the subnet’s first address alone, and stays', async () => {
    const [link] = await json('addr', 'show', 'flannel0');
    expect(link).toMatchObject({ ifname: 'flannel0', mtu: MTU, link_type: 'none' });
    expect(link.flags).toEqual(expect.arrayContaining(['POINTOPOINT', 'NOARP', 'UP']));
    expect(link.linkinfo.info_data).toMatchObject({ type: 'tun', pi: false, persist: true });
    const ipv4 = link.addr_info.filter(({ family }: { family: string }) => family === 'inet');
    expect(ipv4).toEqual([expect.objectContaining({ local: '10.244.1.0', prefixlen: 32, scope: 'global' })]);
  });

  test('one route leads to the whole network, and there are no neighbors', async () => {
    const routes = await json('route', 'show', 'dev', 'flannel0');
    expect(routes).toEqual([expect.objectContaining({ dst: '10.244.0.0/16', flags: [] })]);
    expect(routes[0].gateway).toBeUndefined();
    expect(await json('neigh', 'show', 'dev', 'flannel0', 'nud', 'permanent')).toEqual([]);
  });

  test('the lease says the address and nothing else, subnet.env the MTU', async () => {
    const store = await leasesOf(lab);
    const leases = await store.list();
    await store.close();
    expect(leases.map(formatLeaseValue)).toEqual([
      '{"PublicIP":"192.168.77.11","PublicIPv6":null}',
      '{"PublicIP":"192.168.77.12","PublicIPv6":null}',
    ]);
    const env = await readFile(join(labDirectory(lab.name), 'host-a', 'subnet.env'), 'utf8');
    expect(env).toBe(
      'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.1.1/24\nFLANNEL_MTU=1472\nFLANNEL_IPMASQ=false\n',
    );
  });

  test('on the wire a packet is a datagram’s payload, port 8285 at both ends, DF set outside', async () => {
    const frames = await framesDuring(underlayNetns(lab.name), 'host-a', async () => {
      await toB('-c', '5', '-i', '0.02', '-s', '1000');
      await transfer(lab.netns('pod-a1'), place('pod-b1'), 1);
    });
    const rows = await dissected(frames);
    expect(rows.length).toBeGreaterThan(50);
    for (const [ports, df, tos, ipStatus, udpStatus, tcpStatus, icmpStatus, malformed] of rows) {
      expect(ports).toBe('8285,8285');
      expect(df).toMatch(/^1,/);
      expect(tos).toMatch(/^0x00,/);
      // 1 is "good".
      expect(ipStatus).toBe('1,1');
      expect(udpStatus).toBe('1');
      expect(tcpStatus! + icmpStatus!).toBe('1');
      expect(malformed).toBe('');
    }
  });
});

describe('pods talk', () => {
  test.each([
    ['pod-a1', 'pod-b1'],
    ['pod-b1', 'pod-a1'],
  ])('TCP: 100 MB from %s to %s arrive as they were sent', async (from, to) => {
    const { sent, received } = await transfer(lab.netns(from), place(to), 100);
    expect(received.bytes).toBe(100_000_000);
    expect(received.sha256).toBe(sent.sha256);
  });

  test('UDP: datagrams of 1 byte, of a full MTU and of more than one fragment come back', async () => {
    const sizes = [1, FULL_PAYLOAD, 4000];
    expect(await udpEcho(place('pod-a1'), place('pod-b1'), ...sizes)).toEqual(
      sizes.map((size) => `${size} equal`),
    );
  });

  test('a packet of exactly the MTU passes with DF set', async () => {
    const { stdout } = await toB('-M', 'do', '-c', '3', '-i', '0.05', '-s', String(FULL_PAYLOAD));
    expect(stdout).toContain('3 received');
  });

  test('one byte more is answered by ICMP "fragmentation needed" of the host', async () => {
    const bridged = await lab.in('host-a', 'ip', '-br', 'link', 'show', 'master', 'cni0');
    const links = [
      ['host-a', bridged.stdout.split('@')[0]!],
      ['host-a', 'cni0'],
      ['pod-a1', 'eth0'],
    ] as const;
    const setMtu = async (mtu: number) => {
      for (const [where, dev] of links) await lab.in(where, 'ip', 'link', 'set', dev, 'mtu', String(mtu));
    };
    await setMtu(1500);
    try {
      const { stdout } = await toB('-M', 'do', '-s', String(FULL_PAYLOAD + 1));
      expect(stdout).toMatch(/From 10\.244\.1\.1 .*Frag needed and DF set \(mtu = 1472\)/);
    } finally {
      await setMtu(MTU);
      await lab.in('pod-a1', 'ip', 'route', 'flush', 'cache');
    }
  });

  test('a pod reaches a remote node, and keeps its address', async () => {
    expect((await ping('pod-a1', lab.address('host-b'))).stdout).toContain('1 received');
  });
});

describe('row 13: as a router does', () => {
  test('the time to live is lowered once for each host that routes, and not in the tunnel', async () => {
    const wire = framesDuring(underlayNetns(lab.name), 'host-a', async () => {
      const arrived = await framesDuring(lab.netns('pod-b1'), 'eth0', () => toB('-t', '64'));
      expect(timesToLive(arrived, 14, lab.address('pod-b1'))).toEqual([62]);
    });
    // Behind the outer IPv4 and UDP headers.
    expect(timesToLive(await wire, 14 + 28, lab.address('pod-b1'))).toEqual([63]);
    expect((await toB()).stdout).toMatch(/ttl=62/);
  });

  test.each([
    ['1', '10.244.1.1'],
    ['2', '10.244.2.0'],
  ])('its end at hop %s is told by ICMP Time Exceeded from %s', async (hop, router) => {
    const { stdout } = await toB('-t', hop);
    expect(stdout).toMatch(new RegExp(`From ${router.replaceAll('.', '\\.')} .*Time to live exceeded`));
  });

  test('three hops are enough for two hosts', async () => {
    expect((await toB('-t', '3')).stdout).toContain('1 received');
  });
});

describe('a subnet that nobody leases', () => {
  test.each(['pod-a1', 'host-a'])('is unreachable, says flannel0 to %s', async (from) => {
    const { stdout } = await ping(from, '10.244.99.9');
    expect(stdout).toMatch(/From 10\.244\.1\.0 .*Destination Net Unreachable/);
  });

  test('also to a socket, at once', async () => {
    const { stdout } = await lab.in('pod-a1', process.execPath, '-e', CONNECT, '10.244.99.9');
    expect(stdout.trim()).toBe('ENETUNREACH');
  });
});

const CONNECT = `
const socket = require('node:net').connect({ host: process.argv[1], port: 80 });
socket.on('error', ({ code }) => console.log(code));`;

describe('what no honest node sends is dropped and counted', () => {
  const count = async (verdict: string) =>
    (await lab.agent('host-a')).forwarders.flannel0!.byVerdict[verdict as 'rx-delivered'];
  const packet = (source: string) =>
    innerPing({ mac: '02:00:00:00:00:01', source, target: lab.address('pod-a1') }).subarray(8 + 14);
  const broken = () => {
    const bytes = packet(lab.address('pod-b1')).slice();
    bytes[10]! ^= 1;
    return bytes;
  };

  test.each([
    [
      'rx-unknown-peer',
      'from an address that is no node',
      () => underlayNetns(lab.name),
      () => packet('10.244.2.2'),
    ],
    ['rx-own-source', 'with one of our own sources', () => lab.netns('host-b'), () => packet('10.244.1.77')],
    ['rx-own-source', 'with the source of our device', () => lab.netns('host-b'), () => packet('10.244.1.0')],
    [
      'rx-spoofed-source',
      'with a source that its node does not lease',
      () => lab.netns('host-b'),
      () => packet('10.244.9.9'),
    ],
    ['rx-malformed-ip', 'with a wrong checksum', () => lab.netns('host-b'), broken],
    ['rx-malformed-ip', 'cut short', () => lab.netns('host-b'), () => packet('10.244.2.2').subarray(0, 30)],
    ['rx-not-ip', 'that is no IPv4', () => lab.netns('host-b'), () => new Uint8Array(60).fill(0x60)],
    [
      'rx-delivered',
      'that is honest, through the same path',
      () => lab.netns('host-b'),
      () => packet('10.244.2.2'),
    ],
  ] as const)('%s: a packet %s', async (verdict, _, netns, bytes) => {
    const before = await count(verdict);
    const hex = Buffer.from(bytes()).toString('hex');
    const sent = await run(
      'ip',
      'netns',
      'exec',
      netns(),
      process.execPath,
      '-e',
      SEND,
      lab.address('host-a'),
      hex,
    );
    expect(sent.code).toBe(0);
    await eventually(
      () => count(verdict),
      (now) => now > before,
    );
  });
});

const SEND = `
const [address, hex] = process.argv.slice(1);
const socket = require('node:dgram').createSocket('udp4');
socket.send(Buffer.from(hex, 'hex'), 8285, address, () => socket.close());`;

describe('what drifts is put right', () => {
  const talks = () =>
    eventually(
      () => lab.reaches('pod-a1', 'pod-b1'),
      (yes) => yes,
    );

  test('flannel0 deleted', async () => {
    await lab.in('host-a', 'ip', 'link', 'delete', 'flannel0');
    await talks();
  });

  test('its route deleted', async () => {
    await lab.in('host-a', 'ip', 'route', 'delete', '10.244.0.0/16', 'dev', 'flannel0');
    await talks();
  });

  test('the agent killed: device, address and route stay, and its successor takes them over', async () => {
    const found = async () => (await lab.in('host-a', 'ip', '-o', 'addr', 'show', 'flannel0')).stdout;
    const routes = async () =>
      (await lab.in('host-a', 'ip', 'route', 'show', 'dev', 'flannel0')).stdout
        .replace('linkdown', '')
        .trim();
    const before = [await found(), await routes()];
    await lab.kill('host-a', 'SIGKILL');
    expect([await found(), await routes()]).toEqual(before);
    await lab.restart('host-a');
    await talks();
    expect([await found(), await routes()]).toEqual(before);
  });

  test('a host that leaves is unreachable, and one that joins is not', async () => {
    await lab.join('wasm');
    await eventually(
      () => lab.reaches('pod-a1', 'pod-c1'),
      (yes) => yes,
    );
    const gone = lab.address('pod-c1');
    await lab.leave('host-c');
    await eventually(
      () => ping('pod-a1', gone),
      ({ stdout }) => stdout.includes('Destination Net Unreachable'),
    );
  });
});

test('a successor takes over without a packet lost', async () => {
  const path = { from: lab.netns('pod-a1'), to: lab.netns('pod-b1'), address: lab.address('pod-b1') };
  const both = async () => {
    await lab.replace('host-a');
    await lab.replace('host-b');
  };
  expect(await datagramsDuring(both, path, 500)).toMatchObject({ lost: 0, again: 0 });
});
