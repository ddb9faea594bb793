/** What one forwarder encapsulates, the one at the other end decapsulates to the same frame. */
import { ipFromBytes, ipToMappedBytes } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalAddress } from '../src/arguments.js';
import { Forwarder, leaveHeadroom, slotBytes } from '../src/index.js';
import { put, verdictOf } from './cluster.js';
import { frame } from './frames.js';
import { TunnelOracle } from './oracle/tunnels.js';

const HOSTS = [
  { address: '192.168.77.11', mac: '02:00:00:00:00:0a', subnets: ['10.244.1.0/24', 'fd00:244:0:1::/64'] },
  { address: '192.168.77.12', mac: '02:00:00:00:00:0b', subnets: ['10.244.2.0/24', 'fd00:244:0:2::/64'] },
] as const;

function settingsOf(at: 0 | 1, vni: number, port: number) {
  const own = HOSTS[at];
  const peer = HOSTS[at === 0 ? 1 : 0];
  const tunnels = peer.subnets.map((prefix) => ({ prefix, remote: peer.address, port }));
  return { vni, mac: own.mac, networks: ['10.244.0.0/16', 'fd00:244::/48'], subnets: own.subnets, tunnels };
}

async function forwarderOf(settings: ReturnType<typeof settingsOf>): Promise<Forwarder> {
  const forwarder = await Forwarder.create({ slots: 8, capacity: 4 });
  forwarder.configure(settings);
  for (const { prefix, remote, port } of settings.tunnels) forwarder.setTunnel(prefix, remote, port);
  return forwarder;
}

/** An address in a host's subnet: the host's part is arbitrary. */
const podOf = (at: 0 | 1) =>
  fc.oneof(
    fc.nat(255).map((last) => ipFromBytes(new Uint8Array([10, 244, at + 1, last]))),
    fc
      .uint8Array({ minLength: 8, maxLength: 8 })
      .map((last) => ipFromBytes(new Uint8Array([0xfd, 0, 2, 0x44, 0, 0, 0, at + 1, ...last]))),
  );
const ends = fc
  .tuple(podOf(0), podOf(1))
  .filter(([source, destination]) => source.includes(':') === destination.includes(':'));
const frames = fc.array(fc.tuple(ends, fc.uint8Array({ maxLength: 1400 })), { minLength: 1, maxLength: 8 });

test('frames from A arrive at B unchanged, and the oracle agrees about the datagrams', async () => {
  await fc.assert(
    fc.asyncProperty(
      frames,
      fc.nat(0xffffff),
      fc.integer({ min: 1, max: 65535 }),
      async (packets, vni, port) => {
        const [a, b] = [settingsOf(0, vni, port), settingsOf(1, vni, port)];
        const [sender, receiver, oracle] = [await forwarderOf(a), await forwarderOf(b), new TunnelOracle(a)];
        const sent = packets.map(([[source, destination], payload]) =>
          frame({ source, destination, payload, destinationMac: HOSTS[1].mac }),
        );
        leaveHeadroom(sender.tx);
        for (const [slot, bytes] of sent.entries()) put(sender.tx, slot, bytes);
        expect(sender.encap(sent.length)).toBe(sent.length);
        leaveHeadroom(receiver.rx);
        for (const [slot, bytes] of sent.entries()) {
          const datagram = slotBytes(sender.tx, slot);
          expect(datagram).toEqual(oracle.encap(bytes).bytes);
          expect(sender.tx.ports[slot]).toBe(port);
          put(receiver.rx, slot, datagram);
          receiver.rx.addresses.set(ipToMappedBytes(canonicalAddress(HOSTS[0].address)), slot * 16);
        }
        expect(receiver.decap(sent.length)).toBe(sent.length);
        for (const [slot, bytes] of sent.entries()) {
          expect(verdictOf(receiver.rx, slot)).toBe('rx-delivered');
          expect(slotBytes(receiver.rx, slot)).toEqual(bytes);
        }
      },
    ),
    { numRuns: 200 },
  );
});

test('after any sequence of tunnel changes, both directions agree with the oracle', async () => {
  const hosts = ['192.168.77.21', '192.168.77.22', '2001:db8::23'];
  const prefixes = ['10.244.0.0/16', '10.244.2.0/24', '10.244.2.128/25', '10.244.3.0/24'];
  const change = fc.record({
    prefix: fc.constantFrom(...prefixes),
    remote: fc.option(fc.constantFrom(...hosts), { nil: undefined }),
    port: fc.integer({ min: 1, max: 65535 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 24 }), async (changes) => {
      const forwarder = await forwarderOf({ ...settingsOf(0, 1, 1), tunnels: [] });
      for (const { prefix, remote, port } of changes) {
        if (remote === undefined) forwarder.deleteTunnel(prefix);
        else forwarder.setTunnel(prefix, remote, port);
      }
      const oracle = new TunnelOracle({ ...settingsOf(0, 1, 1), tunnels: forwarder.tunnels() });
      for (const pod of ['10.244.2.1', '10.244.2.200', '10.244.3.1', '10.244.4.1']) {
        expectAgreement(forwarder, oracle, pod, hosts);
      }
      const remotes = forwarder.counters().endpoints.map(({ remote }) => remote);
      expect(remotes.toSorted()).toEqual(
        [...new Set(forwarder.tunnels().map(({ remote }) => remote))].toSorted(),
      );
    }),
    { numRuns: 200 },
  );
});

function expectAgreement(
  forwarder: Forwarder,
  oracle: TunnelOracle,
  pod: string,
  hosts: readonly string[],
): void {
  const out = frame({ source: '10.244.1.1', destination: pod });
  leaveHeadroom(forwarder.tx);
  put(forwarder.tx, 0, out);
  forwarder.encap(1);
  const expected = oracle.encap(out);
  expect(verdictOf(forwarder.tx, 0)).toBe(expected.verdict);
  if (expected.port) expect(forwarder.tx.ports[0]).toBe(expected.port);
  for (const host of hosts) {
    const datagram = new Uint8Array([
      8,
      0,
      0,
      0,
      0,
      0,
      1,
      0,
      ...frame({ source: pod, destination: '10.244.1.1' }),
    ]);
    leaveHeadroom(forwarder.rx);
    put(forwarder.rx, 0, datagram);
    forwarder.rx.addresses.set(ipToMappedBytes(canonicalAddress(host)), 0);
    forwarder.decap(1);
    expect(verdictOf(forwarder.rx, 0)).toBe(oracle.decap(datagram, host).verdict);
  }
}
