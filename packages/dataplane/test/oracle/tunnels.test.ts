import { expect, test } from 'vitest';
import { CLUSTER } from '../cluster.js';
import { frame, patched, vxlan } from '../frames.js';
import { TunnelOracle } from './tunnels.js';

const oracle = new TunnelOracle(CLUSTER);
const outgoing = frame({ source: '10.244.1.5', destination: '10.244.2.6' });
const incoming = frame({ source: '10.244.2.6', destination: '10.244.1.5' });

test('a frame for a pod of B becomes a datagram to B', () => {
  expect(oracle.encap(outgoing)).toEqual({
    verdict: 'tx-tunneled',
    bytes: new Uint8Array([8, 0, 0, 0, 0, 0, 1, 0, ...outgoing]),
    remote: '192.168.77.12',
    port: 8472,
  });
});

test.each([
  ['tx-truncated', outgoing.subarray(0, 13)],
  ['tx-group-mac', patched(outgoing, { 0: [1] })],
  ['tx-not-ip', patched(outgoing, { 12: [8, 6] })],
  ['tx-malformed-ip', patched(outgoing, { 24: [0xff] })],
  ['tx-no-tunnel', frame({ source: '10.244.1.5', destination: '8.8.8.8' })],
])('%s', (verdict, bytes) => {
  expect(oracle.encap(bytes)).toEqual({ verdict });
});

test('a datagram from B with a pod of B inside is its frame', () => {
  const outcome = oracle.decap(vxlan(1, incoming), '192.168.77.12');
  expect(outcome).toEqual({ verdict: 'rx-delivered', bytes: incoming });
});

test.each([
  ['rx-unknown-peer', vxlan(1, incoming), '192.168.77.99'],
  ['rx-truncated', vxlan(1, incoming).subarray(0, 21), '192.168.77.12'],
  ['rx-not-vxlan', patched(vxlan(1, incoming), { 0: [0] }), '192.168.77.12'],
  ['rx-wrong-vni', vxlan(2, incoming), '192.168.77.12'],
  ['rx-group-mac', vxlan(1, patched(incoming, { 0: [0xff] })), '192.168.77.12'],
  ['rx-other-mac', vxlan(1, patched(incoming, { 5: [0x77] })), '192.168.77.12'],
  ['rx-spoofed-source', vxlan(1, incoming), 'fd00:77::13'],
])('%s', (verdict, bytes, source) => {
  expect(oracle.decap(bytes, source)).toEqual({ verdict });
});
