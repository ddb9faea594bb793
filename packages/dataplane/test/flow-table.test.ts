/** What the flow table counts to which flow, and what becomes of those that find no place. */
import { ipToMappedBytes } from '@podlan/wire';
import { expect, test } from 'vitest';
import { canonicalAddress } from '../src/arguments.js';
import { type Forwarder, leaveHeadroom, slotHeader } from '../src/index.js';
import { clusterForwarder, put } from './cluster.js';
import { payloadOf } from './flows.js';
import { frame, vxlan } from './frames.js';
import { FLOW, segmentsOf, superPacket } from './oracle/super-packets.js';

const bytesOf = (segments: readonly Uint8Array[]) => segments.reduce((sum, { length }) => sum + length, 0);

test('a super-packet counts the segments that it becomes', async () => {
  const forwarder = await clusterForwarder({ slotBytes: 65536, flows: 16 });
  const payload = payloadOf(5000, 1);
  const { frame: whole, header } = superPacket(FLOW, payload, 1000);
  put(forwarder.tx, 0, whole);
  slotHeader(forwarder.tx, 0).set(header);
  expect(forwarder.encap(1, 7)).toBe(5);
  const { source, destination, sourcePort, destinationPort } = FLOW;
  expect(forwarder.flows.list()).toEqual([
    {
      ...{ direction: 'tx', verdict: 'tx-tunneled', peer: '192.168.77.12', vni: 1 },
      inner: {
        ...{ source, destination, protocol: 6 },
        ports: { source: sourcePort, destination: destinationPort },
      },
      ...{ packets: 5, bytes: bytesOf(segmentsOf(FLOW, payload, 1000)), firstMs: 7, lastMs: 7 },
    },
  ]);
});

test('a train counts the datagrams that it is made of, though they are merged', async () => {
  const forwarder = await clusterForwarder({ slotBytes: 65536, flows: 16 });
  forwarder.coalesce({ tcp: true, udp: true });
  const back = { ...FLOW, source: FLOW.destination, destination: FLOW.source };
  const segments = segmentsOf(back, payloadOf(5000, 1), 1000);
  const train = segments.map((segment) => vxlan(1, segment));
  put(forwarder.rx, 0, Uint8Array.from(train.flatMap((datagram) => [...datagram])));
  forwarder.rx.segments[0] = train[0]!.length;
  forwarder.rx.addresses.set(ipToMappedBytes(canonicalAddress('192.168.77.12')), 0);
  expect(forwarder.decap(1, 9)).toBe(1);
  expect(forwarder.flows.list()).toMatchObject([
    { direction: 'rx', verdict: 'rx-delivered', packets: 5, bytes: bytesOf(segments), firstMs: 9 },
  ]);
});

test('a super-packet that cannot be cut is one packet of its flow', async () => {
  const forwarder = await clusterForwarder({ slotBytes: 4096, flows: 16 });
  const { frame: whole, header } = superPacket(FLOW, payloadOf(3000, 1), 1);
  put(forwarder.tx, 0, whole);
  slotHeader(forwarder.tx, 0).set(header);
  forwarder.encap(1, 7);
  expect(forwarder.flows.list()).toMatchObject([
    { verdict: 'tx-bad-offload', peer: '192.168.77.12', packets: 1, bytes: whole.length },
  ]);
});

function sendFrom(forwarder: Forwarder, first: number, count: number, nowMs: number): void {
  leaveHeadroom(forwarder.tx);
  for (let slot = 0; slot < count; slot++)
    put(forwarder.tx, slot, frame({ source: `10.244.1.${first + slot}`, destination: '10.244.2.6' }));
  forwarder.encap(count, nowMs);
}

test('a full set ends the flow that was seen longest ago, and drain hands it out', async () => {
  const forwarder = await clusterForwarder({ slots: 16, flows: 8 });
  for (let index = 0; index < 8; index++) sendFrom(forwarder, 10 + index, 1, index);
  sendFrom(forwarder, 10, 1, 8);
  sendFrom(forwarder, 30, 1, 9);
  const drained = forwarder.flows.drain();
  expect(drained.map(({ inner, packets }) => [inner?.source, packets])).toEqual([['10.244.1.11', 1]]);
  expect(forwarder.flows.list().length).toBe(8);
});

test('flows that end when nobody drains are lost, and counted', async () => {
  const forwarder = await clusterForwarder({ slots: 32, flows: 8 });
  sendFrom(forwarder, 10, 32, 5);
  const { capacity, ended, lost } = forwarder.flows.counters();
  expect([capacity, ended, lost.flows, lost.packets]).toEqual([8, 8, 16, 16]);
  expect(forwarder.flows.drain().length).toBe(8);
  expect(forwarder.flows.list().length).toBe(8);
});

test('a flow that was idle ends, and begins anew with the next packet', async () => {
  const forwarder = await clusterForwarder({ slots: 2, flows: 8 });
  sendFrom(forwarder, 10, 2, 5);
  sendFrom(forwarder, 10, 1, 6);
  expect(forwarder.flows.drain(6)).toMatchObject([{ inner: { source: '10.244.1.11' } }]);
  sendFrom(forwarder, 11, 1, 7);
  const listed = forwarder.flows.list().map(({ inner, firstMs }) => [inner?.source, firstMs]);
  expect(listed.toSorted()).toEqual([
    ['10.244.1.10', 5],
    ['10.244.1.11', 7],
  ]);
});

test('a forwarder that is told of none keeps no flows', async () => {
  const forwarder = await clusterForwarder();
  sendFrom(forwarder, 10, 1, 5);
  expect(forwarder.flows.list()).toEqual([]);
  expect(forwarder.flows.drain(Number.POSITIVE_INFINITY)).toEqual([]);
  expect(forwarder.flows.counters().capacity).toBe(0);
});

test.each([-1, 1.5, 262145])('%d flows are refused', async (flows) => {
  await expect(clusterForwarder({ flows })).rejects.toThrow(
    new RangeError(`flows: expected a whole number from 0 to 262144, got ${flows}`),
  );
});
