/** `disable_ipv6`: a device without addresses and routes of IPv6, which takes and sends nothing of it. */
import { expect, test } from 'vitest';
import { diagnose, probe, SimKernel } from '../src/index.js';
import { ip, Links, mac, net, on } from './links.js';

const OFF = 'net/ipv6/conf/eth0/disable_ipv6';
const ALL_OFF = 'net/ipv6/conf/all/disable_ipv6';

async function pair() {
  const links = new Links();
  const link = links.link();
  for (const [i, name] of ['a', 'b'].entries())
    links.plug(name, 'eth0', link, `10.0.0.${i + 1}/24`, `fd00::${i + 1}/64`);
  const set = async (key: string, value: string) => {
    const kernel = new SimKernel(links.network, 'b');
    expect(await kernel.apply([{ op: 'add', row: { kind: 'sysctl', key, value } }])).toEqual([]);
  };
  const ping = (to: string) => probe(links.netns('a'), { destination: ip(to) });
  return { links, set, ping, b: links.netns('b') };
}

test.each([OFF, ALL_OFF])('%s takes the addresses and routes of IPv6, and those alone', async (key) => {
  const { set, ping, b } = await pair();
  await set(key, '1');
  expect(b.addressesOf('eth0').map(({ address }) => address)).toEqual(['10.0.0.2/24']);
  expect([...b.fib.routes(6, 254)].filter(({ dev }) => dev === 'eth0')).toEqual([]);
  expect([ping('10.0.0.2').answered, ping('fd00::2').answered]).toEqual([true, false]);
});

test('what comes in for such a device is thrown away, and the sysctl is what to mend', async () => {
  const { links, set, ping, b } = await pair();
  await set(OFF, '1');
  const a = links.netns('a');
  a.neighbors.set(a.device('eth0')!, ip('fd00::2'), b.device('eth0')!.mac, 'permanent');
  const result = ping('fd00::2');
  expect(result.lost).toMatchObject({ netns: 'b', device: 'eth0', reason: 'ipv6-disabled' });
  const places = [a, b].map((netns) => ({
    ...{ name: netns.name, node: netns.name, kind: 'host' as const, netns },
    addresses: netns.addresses.map(({ address }) => ip(address.split('/')[0]!)),
  }));
  expect(diagnose(result, { network: links.network, places })[0]).toMatchObject({
    ...{ code: 'ipv6-disabled', node: 'b', device: 'eth0' },
    mend: ['sysctl -w net.ipv6.conf.eth0.disable_ipv6=0'],
  });
});

test('what is to leave by such a device does not, whatever route leads there', async () => {
  const { b, set, links } = await pair();
  await set(OFF, '1');
  b.fib.set({ prefix: net('fd00::/64'), type: 'unicast', dev: 'eth0', metric: 1 });
  b.neighbors.set(b.device('eth0')!, ip('fd00::1'), mac('02:00:00:00:00:01'), 'permanent');
  const { lost } = probe(links.netns('b'), { destination: ip('fd00::1'), source: ip('fd00::2') });
  expect(lost).toMatchObject({ netns: 'b', device: 'eth0', reason: 'ipv6-disabled' });
});

test.each([
  ['address', { kind: 'address', dev: 'eth0', address: on('fd00::9/64') }],
  ['neighbor', { kind: 'neighbor', dev: 'eth0', address: ip('fd00::1'), mac: mac('02:00:00:00:00:01') }],
  ['route', { kind: 'route', prefix: net('fd00:7::/64'), dev: 'eth0' }],
] as const)('an %s of IPv6 is refused meanwhile, and taken afterwards', async (_, row) => {
  const { links, set } = await pair();
  const kernel = new SimKernel(links.network, 'b');
  await set(OFF, '1');
  const [failure] = await kernel.apply([{ op: 'add', row }]);
  expect(failure?.error.message).toBe('RTNETLINK answers: Permission denied: IPv6 is disabled on eth0');
  await set(OFF, '0');
  expect(await kernel.apply([{ op: 'add', row }])).toEqual([]);
});
