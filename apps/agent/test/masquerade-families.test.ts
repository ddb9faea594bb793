/**
 * The rules of both families on a host whose firewall drops what is forwarded, seen on real packets:
 *
 *   pod 10.244.1.2, fd00:244:0:1::2 --veth-- host 192.168.78.1, fd00:78::1 --veth-- outside 192.168.78.2, fd00:78::2
 *                                                                          and a pod elsewhere 10.244.2.2, fd00:244:0:2::2
 *
 * The outside has a route to the pod, so that answers come also to what keeps its source.
 */
import { forwardChain, masqueradeChain } from '@podlan/fabric';
import { addNetns, capture, deleteNetns, diff, LinuxKernel, type Row, runIn } from '@podlan/linux';
import { ETHERNET_HEADER_BYTES, parseIpPrefix, parseIpv4, parseIpv6 } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const [POD, HOST, OUTSIDE] = ['pod', 'host', 'outside'].map((name) => `masq-${process.pid}-${name}`) as [
  string,
  string,
  string,
];
const FAMILIES = [
  { family: 4, pod: '10.244.1.2', host: '192.168.78.1', outside: '192.168.78.2', elsewhere: '10.244.2.2' },
  {
    family: 6,
    pod: 'fd00:244:0:1::2',
    host: 'fd00:78::1',
    outside: 'fd00:78::2',
    elsewhere: 'fd00:244:0:2::2',
  },
] as const;
const networks = ['10.244.0.0/16', 'fd00:244::/48'].map((text) => parseIpPrefix(text)!);
const subnets = ['10.244.1.0/24', 'fd00:244:0:1::/64'].map((text) => parseIpPrefix(text)!);

async function sh(netns: string, ...commands: string[]): Promise<void> {
  const { code, stderr } = await runIn(netns, ['sh', '-ec', commands.join('\n')]);
  if (code !== 0) throw new Error(`${netns}: ${stderr}`);
}

async function setRules(...rows: Row[]): Promise<void> {
  const kernel = new LinuxKernel({ netns: HOST });
  const actual = await kernel.snapshot({ devices: [], sysctls: [], chains: true });
  expect(await kernel.apply(diff(actual, rows))).toEqual([]);
}

beforeAll(async () => {
  for (const netns of [POD, HOST, OUTSIDE]) await addNetns(netns);
  await sh(
    HOST,
    'sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1',
    `ip link add cni0 type veth peer name eth0 netns ${POD}`,
    `ip link add eth0 type veth peer name eth0 netns ${OUTSIDE}`,
    'ip link set cni0 up; ip link set eth0 up',
    'ip addr add 10.244.1.1/24 dev cni0; ip addr add fd00:244:0:1::1/64 dev cni0 nodad',
    'ip addr add 192.168.78.1/24 dev eth0; ip addr add fd00:78::1/64 dev eth0 nodad',
  );
  await sh(
    POD,
    'ip link set eth0 up',
    'ip addr add 10.244.1.2/24 dev eth0; ip addr add fd00:244:0:1::2/64 dev eth0 nodad',
    'ip route add default via 10.244.1.1; ip -6 route add default via fd00:244:0:1::1',
  );
  await sh(
    OUTSIDE,
    'ip link set eth0 up',
    'ip addr add 192.168.78.2/24 dev eth0; ip addr add fd00:78::2/64 dev eth0 nodad',
    'ip addr add 10.244.2.2/32 dev eth0; ip addr add fd00:244:0:2::2/128 dev eth0 nodad',
    'ip route add 10.244.1.0/24 via 192.168.78.1; ip -6 route add fd00:244:0:1::/64 via fd00:78::1',
  );
  await sh(HOST, 'ip route add 10.244.2.0/24 dev eth0; ip -6 route add fd00:244:0:2::/64 dev eth0');
  await sh(HOST, 'iptables-nft -P FORWARD DROP; ip6tables-nft -P FORWARD DROP');
});
afterAll(async () => {
  for (const netns of [POD, HOST, OUTSIDE]) await deleteNetns(netns);
});

const pings = async (from: string, to: string, ...options: string[]) =>
  (await runIn(from, ['ping', '-n', '-c', '1', '-W', '2', ...options, to])).code === 0;

/** The source of the packets for `to` that come in there while it is pinged; undefined where none do. */
async function sourceSeen(
  there: string,
  to: string,
  send: () => Promise<boolean>,
): Promise<string | undefined> {
  const stop = new AbortController();
  const frames = await capture({ netns: there, device: 'eth0', signal: stop.signal });
  await send();
  stop.abort();
  for await (const { bytes } of frames) {
    const inner = bytes.subarray(ETHERNET_HEADER_BYTES);
    const packet = parseIpv4(inner) ?? parseIpv6(inner);
    if (packet?.destination === to) return packet.source;
  }
  return undefined;
}

describe.each(FAMILIES)('IPv$family', ({ pod, host, outside, elsewhere }) => {
  test('without the rules nothing is forwarded', async () => {
    await setRules();
    expect(await pings(POD, outside)).toBe(false);
  });

  test('forward rules alone let pods through, with their own address', async () => {
    await setRules(forwardChain(networks));
    expect(await sourceSeen(OUTSIDE, outside, () => pings(POD, outside))).toBe(pod);
  });

  test.each([
    ['a pod to the outside: from its host', POD, [], outside, host],
    ['a pod to a pod elsewhere: from itself', POD, [], elsewhere, pod],
    ['the outside to a pod: as it came', OUTSIDE, ['-I', outside], pod, outside],
    ['a pod elsewhere to a pod: from itself', OUTSIDE, ['-I', elsewhere], pod, elsewhere],
  ])('with both, %s', async (_, from, options, to, source) => {
    await setRules(masqueradeChain({ networks, subnets }), forwardChain(networks));
    const there = from === POD ? OUTSIDE : POD;
    expect(await sourceSeen(there, to, () => pings(from, to, ...options))).toBe(source);
    expect(await pings(from, to, ...options)).toBe(true);
  });
});
