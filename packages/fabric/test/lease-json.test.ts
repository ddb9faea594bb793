import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
import { describe, expect, test } from 'vitest';
import { formatLeaseKey, formatLeaseValue, type Lease, parseLease, parseLeaseKey } from '../src/index.js';

const V4_DATA = { VNI: 1, VtepMAC: '3a:a6:bc:cb:d8:d4' };
const V6_DATA = { VNI: 1, VtepMAC: 'd6:4f:00:11:22:33' };

function lease(subnets: string[], endpoints: [string, unknown?][], backendType = 'vxlan'): Lease {
  return {
    subnets: subnets.map((text) => parseIpPrefix(text)!),
    attributes: {
      backendType,
      endpoints: endpoints.map(([ip, data]) => {
        const publicIp = parseIpAddress(ip)!;
        return data === undefined ? { publicIp } : { publicIp, data };
      }),
    },
  };
}

describe('flannel’s text', () => {
  test.each<[string, Lease, string, string]>([
    [
      'of a vxlan lease',
      lease(['10.244.25.0/24'], [['192.168.77.12', V4_DATA]]),
      '10.244.25.0-24',
      '{"PublicIP":"192.168.77.12","PublicIPv6":null,"BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"3a:a6:bc:cb:d8:d4"}}',
    ],
    [
      'of a dual stack lease',
      lease(
        ['10.244.10.0/24', 'fd00:244:0:4b::/64'],
        [
          ['192.168.77.12', V4_DATA],
          ['fd00:77::12', V6_DATA],
        ],
      ),
      '10.244.10.0-24&fd00:244:0:4b::-64',
      '{"PublicIP":"192.168.77.12","PublicIPv6":"fd00:77::12","BackendType":"vxlan","BackendData":{"VNI":1,"VtepMAC":"3a:a6:bc:cb:d8:d4"},"BackendV6Data":{"VNI":1,"VtepMAC":"d6:4f:00:11:22:33"}}',
    ],
    [
      'of an IPv6 lease',
      lease(['fd00:244:0:4b::/64'], [['fd00:77::12', V6_DATA]]),
      '0.0.0.0-0&fd00:244:0:4b::-64',
      '{"PublicIP":"0.0.0.0","PublicIPv6":"fd00:77::12","BackendType":"vxlan","BackendV6Data":{"VNI":1,"VtepMAC":"d6:4f:00:11:22:33"}}',
    ],
    [
      'of a host-gw lease',
      lease(['10.244.25.0/24'], [['192.168.77.12']], 'host-gw'),
      '10.244.25.0-24',
      '{"PublicIP":"192.168.77.12","PublicIPv6":null,"BackendType":"host-gw"}',
    ],
    [
      'of a lease without a backend type',
      lease(['10.244.25.0/24'], [['192.168.77.12']], ''),
      '10.244.25.0-24',
      '{"PublicIP":"192.168.77.12","PublicIPv6":null}',
    ],
  ])('%s is written and read', (_case, value, key, text) => {
    expect(formatLeaseKey(value.subnets)).toBe(key);
    expect(formatLeaseValue(value)).toBe(text);
    expect(parseLease(key, text)).toEqual(value);
  });

  test('may lack PublicIPv6 and have its fields in any order, with unknown ones', () => {
    const text = '{"BackendData":null,"Later":1,"BackendType":"host-gw","PublicIP":"192.168.77.12"}';
    expect(parseLease('10.244.25.0-24', text, 5)).toEqual({
      ...lease(['10.244.25.0/24'], [['192.168.77.12']], 'host-gw'),
      expiresAtMs: 5,
    });
  });
});

test.each([
  '',
  'config',
  '10.244.0.0',
  '10.244.0.0/24',
  '10.244.0.0-33',
  '256.0.0.0-24',
  '10.0.0.0-24&',
  'x10.0.0.0-24',
  '10.0.0.0-24&zz-64',
])('key %j names no subnet', (key) => expect(parseLeaseKey(key)).toBeUndefined());

test.each([
  'garbage',
  '',
  'null',
  '[]',
  '{}',
  '{"PublicIP":7}',
  '{"PublicIP":"here"}',
  '{"PublicIP":"fd00::1"}',
  '{"PublicIP":"1.2.3.4","PublicIPv6":"1.2.3.4"}',
  '{"PublicIP":"1.2.3.4","BackendType":7}',
])('value %j is no lease', (text) => {
  expect(() => parseLease('10.244.1.0-24', text)).toThrow(
    expect.objectContaining({
      code: 'corrupt',
      message: expect.stringContaining('lease 10.244.1.0-24: expected'),
    }),
  );
});
