/** Networks in which a packet would go on for ever, or as good as: every probe ends, soon, and says why. */
import { parseMacAddress } from '@podlan/wire';
import { expect, test } from 'vitest';
import { Bridge } from '../src/devices/bridge.js';
import { pair, Veth } from '../src/devices/veth.js';
import { Vxlan } from '../src/devices/vxlan.js';
import { type ProbeOptions, type ProbeResult, probe } from '../src/index.js';
import type { Netns } from '../src/kernel/netns.js';
import { ip, Links, on } from './links.js';

const SOON_MS = 3000;

function probed(netns: Netns, options: ProbeOptions): ProbeResult {
  const startMs = performance.now();
  const result = probe(netns, options);
  expect(performance.now() - startMs).toBeLessThan(SOON_MS);
  return result;
}

const reasonsOf = ({ hops }: ProbeResult) => new Set(hops.map(({ reason }) => reason));

const FAMILIES = [
  ['IPv4', '10.0.1.2/24', '10.0.1.9', [0, 20, 24, 27]],
  ['IPv6', 'fd00:1::2/64', 'fd00:1::9', [0, 40, 48, 55]],
] as const;
const TINY = FAMILIES.flatMap(([family, own, to, mtus]) => mtus.map((mtu) => ({ family, own, to, mtu })));

test.each(TINY)('$family is not cut for a device that takes $mtu bytes', ({ own, to, mtu }) => {
  const links = new Links();
  const card = links.plug('a', 'eth0', links.link(), own);
  card.mtu = mtu;
  expect(probed(links.netns('a'), { destination: ip(to) }).lost?.reason).toBe('too-big');
});

test('a frame that floods around three cables between two bridges is stopped with all of its copies', () => {
  const links = new Links();
  const netns = links.netns('a');
  const device = (name: string) => {
    const veth = new Veth(netns, { name, mac: links.network.nextMac(), mtu: 1500, up: true });
    netns.addDevice(veth);
    return veth;
  };
  const bridges = ['br0', 'br1'].map((name) => {
    const bridge = new Bridge(netns, { name, mac: links.network.nextMac(), mtu: 1500, up: true });
    netns.addDevice(bridge);
    return bridge;
  });
  for (const at of [0, 1, 2]) {
    const [one, other] = [device(`l${at}`), device(`r${at}`)];
    pair(one, other);
    bridges[0]!.addPort(one);
    bridges[1]!.addPort(other);
  }
  netns.addAddress('br0', on('10.9.0.1/24'));
  const result = probed(netns, { destination: ip('10.9.0.2') });
  expect(result.answered).toBe(false);
  expect(reasonsOf(result)).toContain('forwarding-loop');
});

test('a tunnel whose other end lies behind itself is as deep as Linux lets it be', () => {
  const links = new Links();
  const netns = links.netns('a');
  const mac = parseMacAddress('02:00:00:00:00:01')!;
  const far = parseMacAddress('02:00:00:00:00:02')!;
  const tunnel = new Vxlan(netns, {
    ...{ name: 'vx0', mac, mtu: 65_000, up: true },
    ...{ vni: 1, port: 4789, local: ip('10.9.0.1'), lower: undefined, learning: false, gbp: false },
  });
  netns.addDevice(tunnel);
  netns.addAddress('vx0', on('10.9.0.1/24'));
  netns.neighbors.set(tunnel, ip('10.9.0.2'), far, 'permanent');
  tunnel.fdb.set(far, { dst: ip('10.9.0.2'), isPermanent: true });
  const { hops, lost } = probed(netns, { destination: ip('10.9.0.2') });
  expect(lost?.reason).toBe('forwarding-loop');
  expect(hops.filter(({ event }) => event === 'encapsulate')).toHaveLength(8);
});

test('chains whose ways are more than can be counted are loaded, and left after enough rules', () => {
  const links = new Links();
  links.plug('a', 'eth0', links.link(), '10.0.1.2/24');
  const at = { family: 'inet', table: 't' };
  const names = Array.from({ length: 15 }, (_, i) => `c${i}`);
  const base = { type: 'filter', hook: 'output', prio: 0, policy: 'accept' };
  const chains = names.map((name, i) => ({ chain: { ...at, name, ...(i === 0 && base) } }));
  const rules = names.slice(1).flatMap((target, i) =>
    Array.from({ length: 8 }, (_, j) => ({
      rule: { ...at, chain: names[i], handle: i * 8 + j + 1, expr: [{ jump: { target } }] },
    })),
  );
  const startMs = performance.now();
  links
    .netns('a')
    .netfilter.load({ nftables: [{ table: { family: 'inet', name: 't' } }, ...chains, ...rules] });
  expect(performance.now() - startMs).toBeLessThan(SOON_MS);
  const { lost } = probed(links.netns('a'), { destination: ip('10.0.1.9') });
  expect(lost?.reason).toBe('forwarding-loop');
});
