import { describe, expect, test } from 'vitest';
import { resultFaults } from './result-types.js';

const ip = { version: '4', address: '10.1.0.5/16', gateway: '10.1.0.1', interface: 0 };
const eth0 = { name: 'eth0', mac: '99:88:77:66:55:44', sandbox: '/var/run/netns/blue' };

describe('the oracle of result types', () => {
  test.each([
    [
      '0.4.0',
      { cniVersion: '0.4.0', interfaces: [eth0], ips: [ip], routes: [{ dst: '0.0.0.0/0' }], dns: {} },
    ],
    [
      '1.1.0',
      { cniVersion: '1.1.0', interfaces: [{ ...eth0, mtu: 1450 }], routes: [{ dst: '::/0', mtu: 9 }] },
    ],
  ])('finds nothing in a right result of %s', (version, result) => {
    expect(resultFaults(result, version)).toEqual([]);
  });

  test.each([
    ['another version', '1.0.0', { cniVersion: '0.4.0' }, 'cniVersion: 0.4.0'],
    [
      'a version in 1.0.0',
      '1.0.0',
      { cniVersion: '1.0.0', interfaces: [eth0], ips: [ip] },
      'ips.0.version: no such key',
    ],
    [
      'none in 0.3.1',
      '0.3.1',
      { cniVersion: '0.3.1', ips: [{ address: '10.0.0.1/8' }] },
      'ips.0.version: missing',
    ],
    [
      'an MTU in 1.0.0',
      '1.0.0',
      { cniVersion: '1.0.0', interfaces: [{ ...eth0, mtu: 9 }] },
      'interfaces.0.mtu: no such key',
    ],
    [
      'an interface too many',
      '1.0.0',
      { cniVersion: '1.0.0', ips: [{ address: '10.0.0.1/8', interface: 1 }] },
      'ips: interface 1 of 0',
    ],
    [
      'no prefix length',
      '1.0.0',
      { cniVersion: '1.0.0', ips: [{ address: '10.0.0.1' }] },
      'ips.0.address: "10.0.0.1"',
    ],
    ['a null', '1.0.0', { cniVersion: '1.0.0', routes: null }, 'routes: no list'],
  ])('finds %s', (_name, version, result, fault) => {
    expect(resultFaults(result, version)).toEqual([fault]);
  });
});
