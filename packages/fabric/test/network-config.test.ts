import { describe, expect, test } from 'vitest';
import { parseNetworkConfig } from '../src/index.js';

const VXLAN = { Type: 'vxlan' };
const V6 = { EnableIPv4: false, EnableIPv6: true, Backend: VXLAN };

describe('defaults', () => {
  test.each([
    ['10.244.0.0/16', 24, '10.244.1.0', '10.244.255.0'],
    ['10.244.3.7/16', 24, '10.244.1.0', '10.244.255.0'],
    ['10.0.0.0/22', 24, '10.0.1.0', '10.0.3.0'],
    ['10.0.0.0/23', 25, '10.0.0.128', '10.0.1.128'],
    ['10.0.0.0/28', 30, '10.0.0.4', '10.0.0.12'],
  ])('%s is cut into /%i from %s to %s', (Network, subnetLength, first, last) => {
    const { networks } = parseNetworkConfig({ Network, Backend: VXLAN });
    expect(networks).toMatchObject([{ subnetLength, first, last }]);
  });

  test.each([
    ['fd00:244::/48', 64, 'fd00:244:0:1::', 'fd00:244:0:ffff::'],
    ['fd00::/63', 65, 'fd00::8000:0:0:0', 'fd00:0:0:1:8000::'],
    ['fd00::/124', 126, 'fd00::4', 'fd00::c'],
  ])('%s is cut into /%i from %s to %s', (IPv6Network, subnetLength, first, last) => {
    expect(parseNetworkConfig({ ...V6, IPv6Network }).networks).toMatchObject([
      { subnetLength, first, last },
    ]);
  });

  test('of the backend are flannel’s', () => {
    expect(parseNetworkConfig({ Network: '10.244.0.0/16', Backend: VXLAN }).backend).toEqual({
      type: 'vxlan',
      vni: 1,
      port: 8472,
      gbp: false,
      learning: false,
      directRouting: false,
    });
  });
});

describe('what is accepted', () => {
  test('keys in any case, unknown keys, null as absent, a type in capitals', () => {
    const config = {
      NETWORK: '10.244.0.0/16',
      subnetlen: 26,
      Colour: 'red',
      SubnetMin: null,
      backend: { TYPE: 'VXLAN', vni: 7 },
    };
    const { networks, backend } = parseNetworkConfig(JSON.stringify(config));
    expect(networks).toMatchObject([{ network: '10.244.0.0/16', subnetLength: 26, first: '10.244.0.64' }]);
    expect(backend).toMatchObject({ type: 'vxlan', vni: 7 });
  });

  test('all options of vxlan', () => {
    const options = {
      VNI: 42,
      Port: 4789,
      MTU: 1400,
      GBP: true,
      Learning: true,
      DirectRouting: true,
      MacPrefix: '0E-2A',
      Dataplane: 'kernel',
    };
    const { backend } = parseNetworkConfig({ Network: '10.0.0.0/16', Backend: { ...VXLAN, ...options } });
    expect(backend).toEqual({
      type: 'vxlan',
      vni: 42,
      port: 4789,
      mtu: 1400,
      gbp: true,
      learning: true,
      directRouting: true,
      macPrefix: '0E-2A',
      dataplane: 'kernel',
    });
  });

  test('host-gw, which has no options', () => {
    const { backend } = parseNetworkConfig({
      Network: '10.0.0.0/16',
      Backend: { Type: 'Host-GW', VNI: 'x' },
    });
    expect(backend).toEqual({ type: 'host-gw' });
  });

  test('0 as the default port and MTU', () => {
    const { backend } = parseNetworkConfig({
      Network: '10.0.0.0/16',
      Backend: { ...VXLAN, Port: 0, MTU: 0 },
    });
    expect(backend).toMatchObject({ port: 8472 });
    expect(backend).not.toHaveProperty('mtu');
  });

  test('bounds given, in both families', () => {
    const config = {
      Network: '10.5.0.0/16',
      SubnetLen: 28,
      SubnetMin: '10.5.10.0',
      SubnetMax: '10.5.99.240',
      EnableIPv6: true,
      IPv6Network: 'fd00::/56',
      IPv6SubnetMin: 'fd00:0:0:10::',
      IPv6SubnetMax: 'fd00:0:0:20::',
      Backend: VXLAN,
    };
    expect(parseNetworkConfig(config).networks).toMatchObject([
      { first: '10.5.10.0', last: '10.5.99.240' },
      { first: 'fd00:0:0:10::', last: 'fd00:0:0:20::' },
    ]);
  });
});

const net = (more: object, Network: unknown = '10.244.0.0/16') => ({ Network, Backend: VXLAN, ...more });
const net6 = (more: object, IPv6Network = 'fd00:244::/48') => ({ ...V6, IPv6Network, ...more });

describe('what is refused', () => {
  test.each<[unknown, string]>([
    ['{', 'not JSON'],
    ['[]', 'not an object: expected a JSON object, found []'],
    [null, 'found null'],
    [
      { Backend: VXLAN },
      'please define a correct Network parameter in the flannel config: expected an IPv4 prefix, found none',
    ],
    [net({}, ''), 'please define a correct Network parameter'],
    [net({}, 'fd00::/48'), 'expected an IPv4 prefix, found "fd00::/48"'],
    [net({}, '0.0.0.0/0'), 'please define a correct Network parameter'],
    [net({}, '10.244.0.0'), 'found "10.244.0.0"'],
    [net({}, 7), 'Network has a wrong value: expected a string, found 7'],
    [
      net({ SubnetLen: 31 }),
      'SubnetLen must be less than /31: expected SubnetLen from 18 to 30 for 10.244.0.0/16, found 31',
    ],
    [net({ SubnetLen: 17 }), 'network must be able to accommodate at least four subnets'],
    [net({ SubnetLen: -1 }), 'SubnetLen has a wrong value: expected a whole number, 0 or more, found -1'],
    [net({ SubnetLen: '24' }), 'found "24"'],
    [net({}, '10.244.0.0/29'), 'network is too small. Minimum useful network prefix is /28'],
    [
      net({ SubnetMin: '10.245.0.0' }),
      'SubnetMin is not in the range of the Network: expected an address inside 10.244.0.0/16',
    ],
    [net({ SubnetMax: '10.243.0.0' }), 'SubnetMax is not in the range of the Network'],
    [
      net({ SubnetMin: '10.244.1.1' }),
      'SubnetMin is not on a SubnetLen boundary: expected the first address of a /24, found 10.244.1.1; use 10.244.1.0',
    ],
    [net({ SubnetMax: '10.244.9.128' }), 'SubnetMax is not on a SubnetLen boundary'],
    [net({ SubnetMin: 'here' }), 'SubnetMin is not an address'],
    [net({ SubnetMin: '10.244.9.0', SubnetMax: '10.244.2.0' }), 'SubnetMin is greater than SubnetMax'],
    [net({ EnableIPv4: false }), 'no address family is enabled'],
    [net({ EnableIPv4: 'yes' }), 'EnableIPv4 has a wrong value: expected true or false, found "yes"'],
    [net6({}, ''), 'please define a correct IPv6Network parameter in the flannel config'],
    [net6({ IPv6SubnetLen: 127 }), 'IPv6SubnetLen must be less than /127'],
    [net6({ IPv6SubnetLen: 49 }), 'network must be able to accommodate at least four subnets'],
    [net6({}, 'fd00::/125'), 'network is too small. Minimum useful network prefix is /124'],
    [net6({ IPv6SubnetMin: 'fd01::' }), 'IPv6SubnetMin is not in the range of the Network'],
    [net6({ IPv6SubnetMax: 'fd00:244::1' }), 'IPv6SubnetMax is not on a SubnetLen boundary'],
    [net({ Backend: 'vxlan' }), 'Backend has a wrong value: expected an object'],
    [
      net({ Backend: { Type: 'ipip' } }),
      'backend not supported as yet: expected Backend.Type "vxlan", "host-gw" or "udp", found Backend.Type "ipip"',
    ],
    [
      net({ Backend: { Type: 'vlan' } }),
      'unknown backend type: expected Backend.Type "vxlan", "host-gw" or "udp", found Backend.Type "vlan"',
    ],
    [net({ Backend: { ...VXLAN, VNI: 2 ** 24 } }), 'Backend.VNI has a wrong value: expected 0 to 16777215'],
    [net({ Backend: { ...VXLAN, Port: 65536 } }), 'Backend.Port has a wrong value'],
    [net({ Backend: { Type: 'udp', Port: -1 } }), 'Backend.Port has a wrong value'],
    [net({ Backend: { Type: '' } }), 'unknown backend type'],
    [net({ Backend: { ...VXLAN, MTU: 100 } }), 'Backend.MTU is too small'],
    [net({ Backend: { ...VXLAN, GBP: 1 } }), 'Backend.GBP has a wrong value'],
    [
      net({ Backend: { ...VXLAN, Dataplane: 'ebpf' } }),
      'unknown Backend.Dataplane: expected "wasm" or "kernel", found "ebpf"',
    ],
    ...['0E2A', '0E-2A-33', '0F-2A', 'xx-2A'].map((MacPrefix): [unknown, string] => [
      net({ Backend: { ...VXLAN, MacPrefix } }),
      `Backend.MacPrefix is no prefix: expected two bytes of a unicast address, such as "0E-2A", found "${MacPrefix}"`,
    ]),
  ])('%j', (config, message) => {
    const parse = () => parseNetworkConfig(config);
    expect(parse).toThrow(
      expect.objectContaining({ code: 'bad-config', message: expect.stringContaining(message) }),
    );
    expect(parse).toThrow(/^network config: .*expected .*found .*; /);
  });
});
