/** Open files handed on by a message: what waits in them waits for whoever has them. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { type IpAddress, ipToMappedBytes, parseIpAddress } from '@podlan/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEventFd } from '../src/event-fd.js';
import { FdReceiver, listenerPid, sendFds } from '../src/fd-passing.js';
import { TapDevice } from '../src/tap.js';
import { UdpSocket } from '../src/udp-socket.js';
import { testBatch } from './batch.js';
import { type OwnNetns, ownNetns } from './own-netns.js';

const LOOPBACK = parseIpAddress('127.0.0.1') as IpAddress;
let own: OwnNetns;
let count = 0;
let path: string;

beforeAll(async () => {
  own = await ownNetns(`linux-fds-${process.pid}`);
  await own.ip('link set lo up');
});
afterAll(() => own.dispose());
beforeEach(() => {
  path = `/tmp/podlan-fds-${process.pid}-${++count}.sock`;
});

/** The same open files under other numbers. */
function passOn(...fds: number[]): readonly number[] {
  using receiver = FdReceiver.bind(path);
  sendFds(path, { text: 'these', fds });
  return receiver.receive()!.fds;
}

/** Sends single bytes from a socket of its own. */
function sendBytes(port: number, ...bytes: number[]): void {
  using socket = UdpSocket.bind(LOOPBACK, 0);
  const out = testBatch(bytes.length);
  for (const [i, byte] of bytes.entries()) {
    out.put(i, Uint8Array.of(byte));
    out.addresses.set(ipToMappedBytes(LOOPBACK), i * 16);
    out.ports[i] = port;
  }
  expect(socket.send(out, bytes.length)).toBe(bytes.length);
}

/** One byte of each datagram or datagram of a train. */
function receiveBytes(socket: UdpSocket): number[] {
  const into = testBatch(8);
  return Array.from({ length: socket.receive(into) }, (_, i) => [...into.data(i)]).flat();
}

describe('a UDP socket', () => {
  test('that is handed on keeps what waits in it, and gives each datagram to one of both', () => {
    const socket = UdpSocket.bind(LOOPBACK, 21_001);
    sendBytes(21_001, 1, 2);
    using same = UdpSocket.adopt(passOn(socket.fd)[0]!, LOOPBACK, 21_001);
    sendBytes(21_001, 3);
    expect([...receiveBytes(socket), ...receiveBytes(same)]).toEqual([1, 2, 3]);
    sendBytes(21_001, 4);
    socket.close();
    sendBytes(21_001, 5);
    expect(receiveBytes(same)).toEqual([4, 5]);
  });

  test('of another port or address is refused, and closed', () => {
    using socket = UdpSocket.bind(LOOPBACK, 21_002);
    const [fd, other] = passOn(socket.fd, socket.fd) as [number, number];
    const refusal = expect.objectContaining({ errno: 'EADDRNOTAVAIL' });
    expect(() => UdpSocket.adopt(fd, LOOPBACK, 21_003)).toThrow(refusal);
    expect(existsSync(`/proc/self/fd/${fd}`)).toBe(false);
    expect(() => UdpSocket.adopt(other, parseIpAddress('::1')!, 21_002)).toThrow(refusal);
  });
});

describe('a TAP', () => {
  let name: string;
  beforeEach(async () => {
    name = `fds${count}`;
    await own.ip(
      `tuntap add dev ${name} mode tap vnet_hdr`,
      `link set ${name} address 02:00:00:00:00:01 mtu 1450 up`,
      `addr add 10.8.${count}.1/24 dev ${name}`,
      `neigh replace 10.8.${count}.2 lladdr 02:00:00:00:00:02 dev ${name} nud permanent`,
    );
  });

  /** A datagram of so many bytes to where the TAP leads. */
  function sendThrough(bytes: number): void {
    using socket = UdpSocket.bind(parseIpAddress(`10.8.${count}.1`)!, 21_010);
    const out = testBatch(1);
    out.put(0, new Uint8Array(bytes));
    out.addresses.set(ipToMappedBytes(parseIpAddress(`10.8.${count}.2`)!));
    out.ports[0] = 9;
    expect(socket.send(out, 1)).toBe(1);
  }

  /** Lengths of the UDP datagrams among the frames: the kernel sends some of its own. */
  function datagramLengths(tap: TapDevice): number[] {
    const into = testBatch(16);
    const frames = Array.from({ length: tap.read(into) }, (_, i) => into.data(i));
    return frames.filter((frame) => frame[12] === 8 && frame[23] === 17).map((frame) => frame.length - 42);
  }

  test('that is handed on keeps what waits in it', async () => {
    const tap = TapDevice.open(name);
    await own.carrier(name);
    sendThrough(100);
    using same = TapDevice.adopt(passOn(tap.fd)[0]!, name);
    expect(same.merged).toEqual(tap.merged);
    sendThrough(200);
    tap.close();
    sendThrough(300);
    expect(datagramLengths(same)).toEqual([100, 200, 300]);
  });

  test('is as good as a TUN', async () => {
    await own.ip(`tuntap add dev tun${count} mode tun vnet_hdr`);
    using tun = TapDevice.open(`tun${count}`, { type: 'tun' });
    using same = TapDevice.adopt(passOn(tun.fd)[0]!, tun.name, { type: 'tun' });
    expect(same.merged).toEqual(tun.merged);
    const [fd] = passOn(tun.fd);
    expect(() => TapDevice.adopt(fd!, tun.name)).toThrow(/there is no such device/);
  });

  test('of another name or type is refused, and closed', () => {
    using tap = TapDevice.open(name);
    const [fd, other] = passOn(tap.fd, tap.fd) as [number, number];
    expect(() => TapDevice.adopt(fd, 'another')).toThrow(/there is no such device/);
    expect(existsSync(`/proc/self/fd/${fd}`)).toBe(false);
    expect(() => TapDevice.adopt(other, name, { type: 'tun' })).toThrow(/there is no such device/);
  });

  test('deleted meanwhile says so', async () => {
    using tap = TapDevice.open(name);
    const [fd] = passOn(tap.fd);
    await own.ip(`link del ${name}`);
    expect(() => TapDevice.adopt(fd!, name)).toThrow(/the device was deleted/);
  });
});

test('a file that is neither is refused as either', () => {
  using event = createEventFd();
  const [fd, other] = passOn(event.fd, event.fd) as [number, number];
  expect(() => TapDevice.adopt(fd, 'flannel.1')).toThrow(expect.objectContaining({ errno: 'ENOTTY' }));
  expect(() => UdpSocket.adopt(other, LOOPBACK, 1)).toThrow(expect.objectContaining({ errno: 'ENOTSOCK' }));
});

describe('a message', () => {
  test('of text alone has no files, one that was not sent is not waited for', () => {
    using receiver = FdReceiver.bind(path);
    expect(receiver.receive()).toBeUndefined();
    sendFds(path, { text: 'ä', fds: [] });
    expect(receiver.receive()).toEqual({ text: 'ä', fds: [] });
  });

  test('to where nobody listens is refused', () => {
    expect(() => sendFds(path, { text: '', fds: [] })).toThrow(expect.objectContaining({ errno: 'ENOENT' }));
    expect(existsSync(path)).toBe(false);
  });

  test('with what is no open file is refused', () => {
    using _ = FdReceiver.bind(path);
    expect(() => sendFds(path, { text: '', fds: [999_999] })).toThrow(
      expect.objectContaining({ errno: 'EBADF' }),
    );
  });

  test('whose path the kernel has no room for is refused by name', () => {
    const long = `/tmp/${'x'.repeat(120)}`;
    expect(() => FdReceiver.bind(long)).toThrow(/expected a path of 1 to 107 bytes/);
    expect(() => sendFds(long, { text: '', fds: [] })).toThrow(/expected a path of 1 to 107 bytes/);
  });
});

test('a receiver takes no path that is taken, and leaves none behind', () => {
  const receiver = FdReceiver.bind(path);
  expect(() => FdReceiver.bind(path)).toThrow(expect.objectContaining({ errno: 'EADDRINUSE' }));
  receiver.close();
  expect(existsSync(path)).toBe(false);
});

test('who listens on a path is told by its number', async () => {
  const server = createServer().listen(path);
  await once(server, 'listening');
  expect(listenerPid(path)).toBe(process.pid);
  server.close();
  await once(server, 'close');
  expect(() => listenerPid(path)).toThrow(expect.objectContaining({ errno: 'ENOENT' }));
});
