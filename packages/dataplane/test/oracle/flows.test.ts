import { expect, test } from 'vitest';
import { frame, vxlan } from '../frames.js';
import { FlowSums, innerOfFrame, keyText, receivedKey, sentKey } from './flows.js';

const ends = { source: '10.244.1.2', destination: '10.244.2.2' };
const bytes = frame({ ...ends, payload: Uint8Array.of(0x12, 0x34, 0, 53, 0) });
const inner = { ...ends, protocol: 17, ports: { source: 0x1234, destination: 53 } };

test('a frame has the addresses, the protocol and the ports that it says', () => {
  expect(innerOfFrame(bytes)).toEqual(inner);
  expect(innerOfFrame(bytes.subarray(0, 20))).toBeUndefined();
});

test('a sent frame has a peer where a tunnel was found', () => {
  const peer = '192.168.77.12';
  const key = { direction: 'tx', verdict: 'tx-tunneled', peer, vni: 1, inner };
  expect(sentKey(bytes, 'tx-tunneled', 1, peer)).toEqual(key);
  expect(sentKey(bytes, 'tx-no-tunnel', 1, peer).peer).toBeUndefined();
});

test('a datagram is told by its own VNI', () => {
  const key = receivedKey(vxlan(7, bytes), 'rx-wrong-vni', '192.168.77.12', true);
  expect(key).toMatchObject({ vni: 7, inner });
});

test('sums are by key', () => {
  const sums = new FlowSums();
  const key = sentKey(bytes, 'tx-tunneled', 1, '192.168.77.12');
  sums.add(key, { packets: 1, bytes: 47, firstMs: 5, lastMs: 5 });
  sums.add(key, { packets: 2, bytes: 94, firstMs: 3, lastMs: 4 });
  expect(sums.sorted()).toEqual([[keyText(key), { packets: 3, bytes: 141, firstMs: 3, lastMs: 5 }]]);
  expect(sums.total()).toEqual({ packets: 3, bytes: 141 });
});
