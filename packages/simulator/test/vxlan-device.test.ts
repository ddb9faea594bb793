/** The kernel's vxlan device: which host a frame goes to, and which frames are taken. */
import type { FdbEntry, Link } from '@podlan/linux/model';
import { parseEthernet, parseIpv4, parseUdp, parseVxlan } from '@podlan/wire';
import { expect, test } from 'vitest';
import type { Vxlan } from '../src/devices/vxlan.js';
import { type Nic, probe, SimKernel } from '../src/index.js';
import { ip, Links, mac, on } from './links.js';

const link = (n: number, more: object = {}) =>
  ({
    ...{ kind: 'link', type: 'vxlan', name: 'vx', mtu: 1450, up: true, mac: mac(`02:00:00:00:00:0${n}`) },
    ...{ vni: 7, port: 8472, local: ip(`192.0.2.${n}`), dev: 'eth0', learning: false, gbp: false },
    ...more,
  }) as Link;

const fdb = (n: number, to = n): FdbEntry => ({
  ...{ kind: 'fdb', dev: 'vx', mac: mac(`02:00:00:00:00:0${n}`), dst: ip(`192.0.2.${to}`) },
});

/** Hosts 1 and 2 on one link, each with `vx` and 10.9.0.n on it, which know each other. */
async function tunnelled(more: object = {}, ofSecond: object = {}) {
  const links = new Links();
  const medium = links.link();
  for (const n of [1, 2]) {
    links.plug(`h${n}`, 'eth0', medium, `192.0.2.${n}/24`);
    const other = 3 - n;
    const failures = await new SimKernel(links.network, `h${n}`).apply([
      { op: 'add', row: link(n, { ...more, ...(n === 2 && ofSecond) }) },
      { op: 'add', row: { kind: 'address', dev: 'vx', address: on(`10.9.0.${n}/24`) } },
      {
        op: 'add',
        row: {
          kind: 'neighbor',
          dev: 'vx',
          address: ip(`10.9.0.${other}`),
          mac: mac(`02:00:00:00:00:0${other}`),
        },
      },
      { op: 'add', row: fdb(other) },
    ]);
    expect(failures).toEqual([]);
  }
  const ping = () => probe(links.netns('h1'), { destination: ip('10.9.0.2') });
  return { links, ping, vx: (n: number) => links.netns(`h${n}`).device('vx') as Vxlan };
}

test('a frame goes to the host that has its MAC, in VXLAN, UDP and IP', async () => {
  const { links, ping } = await tunnelled();
  expect(ping().answered).toBe(true);
  const outer = links.frames
    .map((bytes) => parseEthernet(bytes)!)
    .find(({ etherType }) => etherType === 0x0800)!;
  const packet = parseIpv4(outer.payload)!;
  expect(packet).toMatchObject({ source: '192.0.2.1', destination: '192.0.2.2', dontFragment: false });
  const datagram = parseUdp(packet.payload, packet)!;
  expect(datagram.destinationPort).toBe(8472);
  const vxlan = parseVxlan(datagram.payload)!;
  expect(vxlan.vni).toBe(7);
  expect(parseEthernet(vxlan.payload)).toMatchObject({ destination: '02:00:00:00:00:02' });
});

test('a frame for a MAC that no host is known to have is dropped, but where one has all others', async () => {
  const { links, ping, vx } = await tunnelled();
  const kernel = new SimKernel(links.network, 'h1');
  await kernel.apply([{ op: 'delete', row: fdb(2) }]);
  expect(ping().lost).toMatchObject({ netns: 'h1', reason: 'no-fdb-entry' });
  vx(1).fdb.set(mac('00:00:00:00:00:00'), { dst: ip('192.0.2.2'), isPermanent: true });
  expect(ping().answered).toBe(true);
});

test.each([
  [true, '192.0.2.1'],
  [false, undefined],
])('learning %s: the host a frame came from is kept as %s', async (learning, learned) => {
  const { links, ping, vx } = await tunnelled({ learning });
  await new SimKernel(links.network, 'h2').apply([{ op: 'delete', row: fdb(1) }]);
  expect(ping().answered).toBe(learned !== undefined);
  expect(vx(2).fdb.get(mac('02:00:00:00:00:01'))?.dst).toBe(learned);
});

test('what was put there is not unlearned', async () => {
  const { links, ping, vx } = await tunnelled({ learning: true });
  await new SimKernel(links.network, 'h2').apply([{ op: 'replace', row: fdb(1, 9) }]);
  ping();
  expect(vx(2).fdb.get(mac('02:00:00:00:00:01'))?.dst).toBe('192.0.2.9');
});

test('a datagram of another network is not taken', async () => {
  const { ping } = await tunnelled({}, { vni: 8 });
  expect(ping().lost).toMatchObject({ netns: 'h2', reason: 'no-vni' });
});

test('a frame from the device’s own MAC is not taken', async () => {
  const { ping, vx } = await tunnelled();
  vx(1).mac = mac('02:00:00:00:00:02');
  expect(ping().lost).toMatchObject({ netns: 'h2', reason: 'own-frame' });
});

test('a device that is down takes nothing, and its port is closed', async () => {
  const { links, ping } = await tunnelled();
  await new SimKernel(links.network, 'h2').apply([{ op: 'replace', row: link(2, { up: false }) }]);
  expect(ping().lost).toMatchObject({ netns: 'h2', reason: 'no-socket' });
});

test('what it wraps goes nowhere while the device below has no carrier, or is down', async () => {
  const { links, ping } = await tunnelled();
  expect(ping().answered).toBe(true);
  const netns = links.netns('h1');
  const card = netns.device('eth0') as Nic;
  card.cable.cut = true;
  expect(ping().lost).toMatchObject({ netns: 'h1', device: 'eth0', reason: 'no-carrier' });
  netns.setUp(card, false);
  expect(ping().lost).toMatchObject({ netns: 'h1', reason: 'no-route' });
});
