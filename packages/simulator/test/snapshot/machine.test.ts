/** What a snapshot has of a host beyond its tables, and of the leases: checked when read, and redacted with all else. */
import { describe, expect, test } from 'vitest';
import {
  type NodeSnapshot,
  parseSnapshot,
  redactSnapshot,
  SnapshotError,
} from '../../dist/snapshot/index.js';
import { sample, withValue } from './sample.js';

const KEY = '00112233445566778899aabbccddeeff';

const MACHINE = {
  conntrack: { count: 12, max: 262_144, insertFailed: 0, dropped: 3 },
  udp: { inDatagrams: 9, noPorts: 1, inErrors: 2, inCsumErrors: 2, rcvbufErrors: 0 },
  neighborTables: [{ family: 'inet', count: 40, tableFulls: 0, thresholds: [128, 512, 1024] }],
  offloads: [{ ifname: 'flannel.1', features: { 'tx-checksum-ip-generic': true } }],
  cniConfigs: [
    { file: '10-flannel.conflist', name: 'cbr0', types: ['flannel', 'portmap'], subnets: [] },
    { file: '87-acme.conflist', name: 'acme', types: ['bridge'], subnets: ['10.244.0.0/16'] },
  ],
  subnetEnv: { lines: ['FLANNEL_NETWORK=10.244.0.0/16', 'FLANNEL_SUBNET=10.244.1.1/24', 'FLANNEL_MTU=1450'] },
  reservations: [{ network: 'cbr0', address: '10.244.1.2', container: '0a1b2c3d-acme' }],
  clock: { synchronized: true },
  macPolicies: [
    { file: '99-acme.link', policy: 'persistent', ifname: 'acme0', assigned: 'random' },
    { file: 'NetworkManager', policy: 'managed', ifname: 'flannel.1' },
  ],
};
const LEASES = [
  { subnets: ['10.244.1.0/24'], backendType: 'vxlan', endpoints: [{ publicIp: '192.168.77.11' }], own: true },
  {
    subnets: ['10.244.2.0/24'],
    backendType: 'vxlan',
    endpoints: [{ publicIp: '192.168.77.12', vni: 1, vtepMac: '4a:00:00:00:00:02' }],
    expiresAt: '2030-01-31T12:00:00.000Z',
  },
];

const whole = (): NodeSnapshot => {
  const bare = sample();
  const json = { ...bare, control: { ...bare.control, leases: LEASES }, machine: MACHINE };
  return parseSnapshot(JSON.stringify(json));
};

test('it comes back as it was written', () => {
  expect(whole()).toMatchObject({ machine: MACHINE, control: { leases: LEASES } });
});

test.each([
  ['machine.conntrack.count', ['machine', 'conntrack', 'count'], -1],
  ['machine.cniConfigs[1].subnets[0]', ['machine', 'cniConfigs', 1, 'subnets', 0], '10.244.0.1/16'],
  ['machine.offloads[0].features.tso', ['machine', 'offloads', 0, 'features', 'tso'], 'on'],
  ['machine.reservations[0].address', ['machine', 'reservations', 0, 'address'], 'last_reserved_ip.0'],
  ['machine.clock.synchronized', ['machine', 'clock', 'synchronized'], 'yes'],
  ['machine.macPolicies[0].assigned', ['machine', 'macPolicies', 0, 'assigned'], 'drawn'],
  ['control.leases[1].endpoints[0].vtepMac', ['control', 'leases', 1, 'endpoints', 0, 'vtepMac'], 'none'],
  ['control.leases[1].expiresAt', ['control', 'leases', 1, 'expiresAt'], 'soon'],
])('%s is checked', (place, path, value) => {
  const text = JSON.stringify(withValue(whole(), path, value));
  expect(() => parseSnapshot(text)).toThrow(SnapshotError);
  expect(() => parseSnapshot(text)).toThrow(place);
});

describe('redacted', () => {
  test('it has no address and no name of before', async () => {
    const { machine, control } = await redactSnapshot(whole(), KEY);
    const text = JSON.stringify([machine, control!.leases]);
    for (const old of ['10.244.', '192.168.77.', '4a:00:00:00:00:02', 'acme', '0a1b2c3d'])
      expect(text).not.toContain(old);
  });

  test('it agrees with the tables, and numbers and words of programs stay', async () => {
    const { machine, control } = await redactSnapshot(whole(), KEY);
    const [own, peer] = control!.leases!;
    expect(control!.subnets).toContain(own!.subnets[0]);
    expect(peer).toMatchObject({ backendType: 'vxlan', endpoints: [{ vni: 1 }] });
    expect(machine!.subnetEnv!.lines[0]).toBe(`FLANNEL_NETWORK=${control!.networks[0]}`);
    expect(machine!.cniConfigs![1]!.subnets).toEqual([control!.networks[0]]);
    expect(machine).toMatchObject({
      ...{ conntrack: MACHINE.conntrack, udp: MACHINE.udp, offloads: MACHINE.offloads, clock: MACHINE.clock },
      cniConfigs: [
        { file: '10-flannel.conflist', name: 'cbr0', types: ['flannel', 'portmap'] },
        { file: expect.stringMatching(/^87-name-[0-9a-f]{8}\.conflist$/), types: ['bridge'] },
      ],
      macPolicies: [
        {
          file: expect.stringMatching(/^99-name-[0-9a-f]{8}\.link$/),
          policy: 'persistent',
          assigned: 'random',
        },
        MACHINE.macPolicies[1],
      ],
    });
  });
});
