/**
 *   pod a, host A  --FakeDevice--  pump A  --FakeSocket--  FakeNetwork  --FakeSocket--  pump B  --FakeDevice--  host B
 *   10.244.1.0/24                          192.168.77.11                192.168.77.12                  10.244.2.0/24
 */
import { expect, test } from 'vitest';
import { FakeDevice, FakeNetwork, FakePoller, type FakeSocket } from '../src/fakes.js';
import { Forwarder, type PumpCounters, runPump } from '../src/index.js';
import { counted } from './cluster.js';
import { frame, patched, vxlan } from './frames.js';

const MAC_A = '02:00:00:00:00:0a';
const MAC_B = '02:00:00:00:00:0b';

interface Host {
  readonly forwarder: Forwarder;
  readonly device: FakeDevice;
  readonly socket: FakeSocket;
  readonly poller: FakePoller;
}

async function host(network: FakeNetwork, address: string, mac: string, subnet: string): Promise<Host> {
  const forwarder = await Forwarder.create({ slots: 4, capacity: 8 });
  forwarder.configure({ vni: 1, mac, networks: ['10.244.0.0/16'], subnets: [subnet] });
  const device = new FakeDevice();
  const socket = network.bind(address, 8472);
  return { forwarder, device, socket, poller: new FakePoller(device, socket) };
}

async function twoHosts() {
  const network = new FakeNetwork();
  const a = await host(network, '192.168.77.11', MAC_A, '10.244.1.0/24');
  const b = await host(network, '192.168.77.12', MAC_B, '10.244.2.0/24');
  a.forwarder.setTunnel('10.244.2.0/24', '192.168.77.12', 8472);
  b.forwarder.setTunnel('10.244.1.0/24', '192.168.77.11', 8472);
  return { network, a, b };
}

/** Until there is nothing left to do. */
function pump(at: Host): PumpCounters {
  return runPump({ ...at, onTables: () => !at.poller.idle });
}

const toB = (last: number) =>
  frame({ source: '10.244.1.5', destination: `10.244.2.${last}`, destinationMac: MAC_B });
const toA = (last: number) =>
  frame({ source: '10.244.2.6', destination: `10.244.1.${last}`, destinationMac: MAC_A });

test('packets go both ways, unchanged and in order, more than a batch of them', async () => {
  const { network, a, b } = await twoHosts();
  const out = Array.from({ length: 11 }, (_, i) => toB(i));
  const back = Array.from({ length: 9 }, (_, i) => toA(i));
  a.device.outgoing.push(...out);
  b.device.outgoing.push(...back);
  pump(a);
  pump(b);
  pump(a);
  expect(b.device.incoming).toEqual(out);
  expect(a.device.incoming).toEqual(back);
  expect(network.lost).toBe(0);
  expect(counted(a.forwarder)).toEqual({ 'tx-tunneled': 11, 'rx-delivered': 9 });
  expect(b.forwarder.counters().endpoints).toEqual([
    {
      remote: '192.168.77.11',
      txPackets: 9,
      txBytes: back.reduce((sum, { length }) => sum + length, 0),
      rxPackets: 11,
      rxBytes: out.reduce((sum, { length }) => sum + length, 0),
    },
  ]);
});

test('what must not get through is dropped and counted, and the rest of the batch goes on', async () => {
  const { network, a, b } = await twoHosts();
  const stranger = network.bind('192.168.77.99', 8472);
  const good = vxlan(1, toB(1));
  const deliver = (source: string, bytes: Uint8Array) =>
    network.deliver({ source, sourcePort: 8472, bytes }, '192.168.77.12', 8472);
  const spoofed = (source: string) =>
    vxlan(1, frame({ source, destination: '10.244.2.1', destinationMac: MAC_B }));
  deliver(stranger.address, good);
  deliver(a.socket.address, spoofed('10.244.2.9'));
  deliver(a.socket.address, spoofed('10.244.3.9'));
  deliver(a.socket.address, good);
  deliver(a.socket.address, spoofed('192.168.77.11'));
  deliver(a.socket.address, vxlan(2, toB(1)));
  pump(b);
  expect(counted(b.forwarder)).toEqual({
    'rx-unknown-peer': 1,
    'rx-own-source': 1,
    'rx-spoofed-source': 1,
    'rx-delivered': 1,
    'rx-delivered-outside': 1,
    'rx-wrong-vni': 1,
  });
  expect(b.device.incoming.length).toBe(2);
});

test('a batch that follows an encapsulated one has its headroom again', async () => {
  const { a, b } = await twoHosts();
  for (let round = 0; round < 20; round++) {
    a.device.outgoing.push(toB(round));
    pump(a);
    pump(b);
  }
  expect(b.device.incoming).toEqual(Array.from({ length: 20 }, (_, i) => toB(i)));
});

test('ARP and other broadcasts stay on the host', async () => {
  const { network, a } = await twoHosts();
  a.device.outgoing.push(patched(toB(1), { 0: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 12: [8, 6] }));
  pump(a);
  expect(network.sent).toEqual([]);
  expect(counted(a.forwarder)).toEqual({ 'tx-group-mac': 1 });
});

test('a datagram longer than a slot is dropped as truncated', async () => {
  const { network, a, b } = await twoHosts();
  const bytes = vxlan(
    1,
    frame({ source: '10.244.1.5', destination: '10.244.2.1', payload: new Uint8Array(2000) }),
  );
  network.deliver({ source: a.socket.address, sourcePort: 8472, bytes }, b.socket.address, 8472);
  pump(b);
  expect(counted(b.forwarder)).toEqual({ 'rx-truncated': 1 });
});

test('tables change between batches, on a wake-up', async () => {
  const { network, a } = await twoHosts();
  a.forwarder.clear();
  a.device.outgoing.push(toB(1), toB(2), toB(3), toB(4), toB(5));
  a.poller.wake();
  let wakes = 0;
  runPump({
    ...a,
    onTables: () => {
      if (++wakes === 1) a.forwarder.setTunnel('10.244.2.0/24', '192.168.77.12', 8472);
      return !a.poller.idle;
    },
  });
  expect(network.sent.length).toBe(5);
  expect(counted(a.forwarder)).toEqual({ 'tx-tunneled': 5 });
});

test('a turn carries at most one batch each way, so that neither direction starves', async () => {
  const { a, b } = await twoHosts();
  b.device.outgoing.push(...Array.from({ length: 40 }, (_, i) => toA(i)));
  pump(b);
  a.device.outgoing.push(...Array.from({ length: 40 }, (_, i) => toB(i)));
  const seen: [number, number][] = [];
  const wait = a.poller.wait.bind(a.poller);
  a.poller.wait = (timeoutMs) => {
    seen.push([a.device.outgoing.length, a.socket.arrived.length]);
    return wait(timeoutMs);
  };
  pump(a);
  expect(seen.slice(0, 3)).toEqual([
    [40, 40],
    [36, 36],
    [32, 32],
  ]);
});

test('what the kernel does not take is counted', async () => {
  const { a } = await twoHosts();
  a.device.outgoing.push(toB(1), toB(2), toB(3));
  a.socket.send = () => 1;
  expect(pump(a)).toMatchObject({ socketRefused: 2, deviceRefused: 0 });
});

test('a signal stops it before the next wait', async () => {
  const { a } = await twoHosts();
  a.device.outgoing.push(toB(1));
  expect(runPump({ ...a, signal: AbortSignal.abort() }).turns).toBe(0);
  expect(a.device.outgoing.length).toBe(1);
});
