/** TAP, UDP socket and poller, on real ones in a namespace of their own. */

import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type IpAddress, ipFromMappedBytes, ipToMappedBytes, parseIpAddress } from '@podlan/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEventFd } from '../src/event-fd.js';
import { runIn } from '../src/netns.js';
import { ping } from '../src/ping.js';
import { Poller } from '../src/poller.js';
import { TapDevice } from '../src/tap.js';
import { UdpSocket } from '../src/udp-socket.js';
import { frameBatch, testBatch } from './batch.js';
import { type OwnNetns, ownNetns } from './own-netns.js';

const ip = (text: string) => parseIpAddress(text) as IpAddress;
let own: OwnNetns;
let count = 0;

beforeAll(async () => {
  own = await ownNetns(`linux-edges-${process.pid}`);
  await own.ip('link set lo up');
});
afterAll(() => own.dispose());

describe('a TAP', () => {
  let name: string;
  beforeEach(async () => {
    name = `tap${++count}`;
    await own.ip(
      `tuntap add dev ${name} mode tap vnet_hdr`,
      `link set ${name} address 02:00:00:00:00:01 mtu 1450 up`,
      `addr add 10.9.${count}.1/24 dev ${name}`,
      `neigh replace 10.9.${count}.2 lladdr 02:00:00:00:00:02 dev ${name} nud permanent`,
    );
  });

  test('carries a ping to whoever holds it, and the answer back', async () => {
    using tap = TapDevice.open(name);
    using wake = createEventFd();
    using poller = new Poller({ device: tap.fd, socket: -1, wake: wake.fd });
    const batch = testBatch(8);
    let replied = false;
    const pinging = runIn(own.netns, ['ping', '-n', '-c', '1', '-W', '5', `10.9.${count}.2`]).then(
      (finished) => {
        replied = true;
        return finished;
      },
    );
    while (!replied) {
      if (poller.wait(1).device) answerEchoes(tap, batch);
      await turn();
    }
    expect((await pinging).stdout).toContain('1 received');
  });

  test('reads nothing when there is nothing', () => {
    using tap = TapDevice.open(name);
    const batch = testBatch(8);
    while (tap.read(batch) > 0);
    expect(tap.read(batch)).toBe(0);
  });

  test('says so when the device is deleted under it', async () => {
    using tap = TapDevice.open(name);
    await own.ip(`link del ${name}`);
    expect(() => tap.read(testBatch(1))).toThrow(/the device was deleted/);
  });

  test('is not opened twice', () => {
    using _ = TapDevice.open(name);
    expect(() => TapDevice.open(name)).toThrow(expect.objectContaining({ errno: 'EBUSY' }));
  });

  test('outlives whoever held it', () => {
    TapDevice.open(name).close();
    TapDevice.open(name).close();
  });

  test('is not opened as a TUN', () => {
    expect(() => TapDevice.open(name, { type: 'tun' })).toThrow(expect.objectContaining({ errno: 'EINVAL' }));
  });
});

test('a device that is not there is not made by opening it', async () => {
  expect(() => TapDevice.open('nowhere')).toThrow(/there is no such device/);
  expect((await runIn(own.netns, ['ip', 'link', 'show', 'nowhere'])).code).not.toBe(0);
});

/** Turns each echo request for another into its reply: MACs and addresses change places, type 8 becomes 0. */
function answerEchoes(tap: TapDevice, batch: ReturnType<typeof testBatch>): void {
  const frames = tap.read(batch);
  const replies: Uint8Array[] = [];
  for (let i = 0; i < frames; i++) {
    const frame = batch.data(i).slice();
    if (frame[12] !== 8 || frame[13] !== 0 || frame[23] !== 1) continue;
    frame.set([...frame.slice(6, 12), ...frame.slice(0, 6)], 0);
    frame.set([...frame.slice(30, 34), ...frame.slice(26, 30)], 26);
    frame[34] = 0;
    const sum = frame[36]! * 256 + frame[37]! + 0x0800;
    const folded = (sum & 0xffff) + (sum >> 16);
    frame.set([folded >> 8, folded & 0xff], 36);
    replies.push(frame);
  }
  tap.write(frameBatch(...replies.map((frame) => ({ pieces: [frame] }))), replies.length);
}

describe.each(['127.0.0.1', '::1'])('a UDP socket on %s', (text) => {
  const local = ip(text);

  test('carries a batch, in order, with addresses and ports', () => {
    using a = UdpSocket.bind(local, 20_001);
    using b = UdpSocket.bind(local, 20_002);
    using wake = createEventFd();
    using poller = new Poller({ device: -1, socket: b.fd, wake: wake.fd });
    const out = testBatch(5);
    for (const [i, length] of [1, 100, 0, 1500, 2048].entries()) {
      out.put(i, new Uint8Array(length).fill(i + 1));
      out.addresses.set(ipToMappedBytes(local), i * 16);
      out.ports[i] = 20_002;
    }
    expect(a.send(out, 5)).toBe(4);
    expect(poller.wait(1000)).toEqual({ device: false, socket: true, woken: false });
    const into = testBatch(8);
    expect(b.receive(into)).toBe(4);
    expect([...into.lengths.slice(0, 4)]).toEqual([1, 100, 1500, 2048]);
    expect([0, 1, 2, 3].map((i) => into.data(i)[0])).toEqual([1, 2, 4, 5]);
    expect(into.data(3).every((byte) => byte === 5)).toBe(true);
    expect(ipFromMappedBytes(into.addresses.slice(48, 64))).toBe(local);
    expect(into.ports[3]).toBe(20_001);
    expect(b.receive(into)).toBe(0);
  });

  test('gives a datagram that is longer than its slot no length', () => {
    using a = UdpSocket.bind(local, 20_001);
    using b = UdpSocket.bind(local, 20_002);
    const out = testBatch(2, 4000);
    for (const [i, length] of [10, 3000].entries()) {
      out.put(i, new Uint8Array(length));
      out.addresses.set(ipToMappedBytes(local), i * 16);
      out.ports[i] = 20_002;
    }
    a.send(out, 2);
    const into = testBatch(4);
    expect(b.receive(into)).toBe(2);
    expect([...into.lengths.slice(0, 2)]).toEqual([10, 0]);
  });

  test('skips what the kernel refuses, and sends the rest', () => {
    using a = UdpSocket.bind(local, 20_001);
    using b = UdpSocket.bind(local, 20_002);
    const out = testBatch(3);
    for (const [i, port] of [20_002, 0, 20_002].entries()) {
      out.put(i, new Uint8Array(8));
      out.addresses.set(ipToMappedBytes(local), i * 16);
      out.ports[i] = port;
    }
    expect(a.send(out, 3)).toBe(2);
    expect(b.receive(testBatch(4))).toBe(2);
  });

  test('names the port that is in use', () => {
    using _ = UdpSocket.bind(local, 20_001);
    expect(() => UdpSocket.bind(local, 20_001)).toThrow(/UDP port 20001 is in use/);
  });

  test('answers a ping', async () => {
    const replies = await ping(local, { count: 3, intervalMs: 5 });
    expect(replies.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    for (const { rttMs } of replies) expect(rttMs).toBeLessThan(1000);
  });
});

test('an IPv4 socket sends nothing to an IPv6 address', () => {
  using socket = UdpSocket.bind(ip('127.0.0.1'), 20_001);
  const out = testBatch(1);
  out.put(0, new Uint8Array(8));
  out.addresses.set(ipToMappedBytes(ip('fd00::1')), 0);
  out.ports[0] = 20_001;
  expect(socket.send(out, 1)).toBe(0);
  expect(socket.receive(out)).toBe(0);
});

test('an address of no interface is named', () => {
  expect(() => UdpSocket.bind(ip('192.0.2.1'), 20_001)).toThrow(
    expect.objectContaining({ errno: 'EADDRNOTAVAIL' }),
  );
});

test('a poller is woken from another thread, once', async () => {
  using wake = createEventFd();
  using poller = new Poller({ device: -1, socket: -1, wake: wake.fd });
  const linux = new URL('../dist/index.js', import.meta.url).href;
  const code = `import('${linux}').then(({ wakeEventFd }) => wakeEventFd(${wake.fd}))`;
  const worker = new Worker(code, { eval: true });
  expect(poller.wait(10_000)).toEqual({ device: false, socket: false, woken: true });
  expect(poller.wait(0).woken).toBe(false);
  await worker.terminate();
});
