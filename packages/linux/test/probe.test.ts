/**
 *     NEAR  near 10.8.1.1/24 ---- left 10.8.1.2/24  ROUTER  right 10.8.2.1/24 ---- far 10.8.2.2/24  FAR
 *           fd08:1::1             fd08:1::2                 fd08:2::1              fd08:2::2
 *
 * The link between router and far carries 1400 bytes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseIpAddress } from '@podlan/wire';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addNetns, deleteNetns, runIn } from '../src/netns.js';
import { type ProbeOptions, probe } from '../src/probe.js';

const near = `linux-probe-${process.pid}`;
const [router, far] = [`${near}-router`, `${near}-far`];
const NARROW = 1400;
const address = (text: string) => parseIpAddress(text)!;

async function ip(netns: string, ...lines: string[]): Promise<void> {
  const { code, stderr } = await runIn(netns, ['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  if (code !== 0) throw new Error(stderr);
}

beforeAll(async () => {
  for (const netns of [near, router, far]) {
    await addNetns(netns);
    // Nobody else has these addresses: no need to wait until that is clear.
    await runIn(netns, ['sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0']);
  }
  await ip(
    router,
    `link add left type veth peer name near netns ${near}`,
    `link add right mtu ${NARROW} type veth peer name far mtu ${NARROW} netns ${far}`,
    ...['left', 'right'].flatMap((dev, i) => [
      `addr add 10.8.${i + 1}.${2 - i}/24 dev ${dev}`,
      `addr add fd08:${i + 1}::${2 - i}/64 dev ${dev} nodad`,
      `link set ${dev} up`,
    ]),
  );
  await runIn(router, ['sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  const ends = [
    [near, 'near', 1, 1, 2],
    [far, 'far', 2, 2, 1],
  ] as const;
  for (const [netns, dev, net, host, gateway] of ends) {
    await ip(
      netns,
      'link set lo up',
      `addr add 10.8.${net}.${host}/24 dev ${dev}`,
      `addr add fd08:${net}::${host}/64 dev ${dev} nodad`,
      `link set ${dev} up`,
      `route add default via 10.8.${net}.${gateway}`,
      `route add default via fd08:${net}::${gateway}`,
    );
  }
});
afterAll(async () => {
  for (const netns of [near, router, far]) await deleteNetns(netns);
});

const send = (to: string, options: Partial<ProbeOptions> = {}) =>
  probe({ netns: near, to: address(to), timeoutMs: 2000, ...options });

test.each(['10.8.2.2', 'fd08:2::2'])('%s answers an echo request', async (to) => {
  const { reply, errors, refused } = await send(to, { sourcePort: 7, payloadBytes: 1300 });
  expect(reply).toEqual({ kind: 'echo', from: to, rttMs: expect.any(Number) });
  expect({ errors, refused }).toEqual({ errors: [] });
});

/** Time exceeded, packet too big and port unreachable, by family. */
const FAMILIES = [
  {
    to: '10.8.2.2',
    router: '10.8.1.2',
    full: NARROW - 28,
    exceeded: [11, 0],
    tooBig: [3, 4],
    closed: [3, 3],
  },
  {
    to: 'fd08:2::2',
    router: 'fd08:1::2',
    full: NARROW - 48,
    exceeded: [3, 0],
    tooBig: [2, 0],
    closed: [1, 4],
  },
];

test.each(FAMILIES)('of what does not reach $to, the router tells why', async (family) => {
  const { to, exceeded, tooBig, full } = family;
  expect(await send(to, { ttl: 1 })).toEqual({
    errors: [
      { origin: 'icmp', from: family.router, errno: 'EHOSTUNREACH', type: exceeded[0], code: exceeded[1] },
    ],
  });
  const big = { dontFragment: true, payloadBytes: full + 1 };
  const error = { origin: 'icmp', errno: 'EMSGSIZE', type: tooBig[0], code: tooBig[1], mtu: NARROW };
  for (const protocol of ['icmp', 'udp'] as const) {
    // What the first has learned of the path does not keep the second from being sent.
    expect(await send(to, { ...big, protocol, port: 9 })).toEqual({
      errors: [{ ...error, from: family.router }],
    });
  }
  expect((await send(to, { ...big, payloadBytes: full })).reply?.from).toBe(to);
});

test.each(FAMILIES)('a closed port of $to is told apart from an open one', async ({ to, closed }) => {
  expect(await send(to, { protocol: 'udp', port: 9 })).toEqual({
    errors: [{ origin: 'icmp', from: to, errno: 'ECONNREFUSED', type: closed[0], code: closed[1] }],
  });
  expect((await send(to, { protocol: 'tcp', port: 9 })).reply).toMatchObject({ kind: 'reset', from: to });
});

test('a server accepts, and one that answers datagrams does', async () => {
  const stop = new AbortController();
  const serving = serve(stop.signal);
  await serving.ready;
  try {
    const accepted = await send('10.8.2.2', { protocol: 'tcp', port: 8080 });
    expect(accepted).toMatchObject({ reply: { kind: 'accepted', from: '10.8.2.2' }, errors: [] });
    const answered = await send('10.8.2.2', { protocol: 'udp', port: 8080, payloadBytes: 4 });
    expect(answered).toMatchObject({ reply: { kind: 'datagram', from: '10.8.2.2' }, errors: [] });
  } finally {
    stop.abort();
    await serving.ended;
  }
});

test.each(['icmp', 'udp', 'tcp'] as const)('nothing comes of %s to where nobody is', async (protocol) => {
  const began = performance.now();
  expect(await send('10.8.2.77', { protocol, port: 9, timeoutMs: 200 })).toEqual({ errors: [] });
  expect(performance.now() - began).toBeGreaterThanOrEqual(195);
});

test('what the kernel does not send, it names', async () => {
  const tooBig = await send('10.8.1.2', { dontFragment: true, payloadBytes: 1473 });
  expect(tooBig).toEqual({
    refused: 'EMSGSIZE',
    errors: [{ origin: 'local', errno: 'EMSGSIZE', mtu: 1500 }],
  });
  await ip(near, 'route add unreachable 192.0.2.0/24');
  expect(await send('192.0.2.1')).toEqual({ refused: 'EHOSTUNREACH', errors: [] });
  expect(await send('192.0.2.1', { protocol: 'tcp', port: 9 })).toEqual({
    refused: 'EHOSTUNREACH',
    errors: [],
  });
});

test('a source that is not of this namespace, and what no packet can have, is refused by name', async () => {
  await expect(send('10.8.2.2', { from: address('10.9.9.9') })).rejects.toThrow(
    'bind 10.9.9.9 0: is not an address of this namespace',
  );
  await expect(send('10.8.2.2', { from: address('fd08:1::1') })).rejects.toThrow('of the family of 10.8.2.2');
  await expect(send('10.8.2.2', { netns: 'no-such-netns' })).rejects.toThrow('no-such-netns: ENOENT');
  const wrong: [Partial<ProbeOptions>, string][] = [
    [{ protocol: 'tcp' }, 'port: expected a whole number from 1 to 65535, got undefined'],
    [{ ttl: 0 }, 'ttl: expected a whole number from 1 to 255, got 0'],
    [{ payloadBytes: 65_508 }, 'payloadBytes: expected a whole number from 0 to 65507, got 65508'],
    [{ sourcePort: 1.5 }, 'sourcePort: expected a whole number from 1 to 65535, got 1.5'],
  ];
  for (const [options, message] of wrong) await expect(send('10.8.2.2', options)).rejects.toThrow(message);
});

const SERVER = `
const dgram = require('node:dgram').createSocket('udp4');
dgram.on('message', (data, from) => dgram.send(data, from.port, from.address));
dgram.bind(8080, () => require('node:net').createServer().listen(8080, () => console.log('ready')));`;

function serve(signal: AbortSignal) {
  const server = spawn('ip', ['netns', 'exec', far, process.execPath, '-e', SERVER], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  signal.addEventListener('abort', () => server.kill('SIGKILL'));
  return { ready: once(server.stdout, 'data'), ended: once(server, 'exit') };
}
