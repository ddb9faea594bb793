import { parseIpPrefix } from '@podlan/wire';
import { expect, test } from 'vitest';
import { formatSubnetEnv, parseSubnetEnv } from '../src/index.js';

const prefixes = (...texts: string[]) => texts.map((text) => parseIpPrefix(text)!);

test.each([
  [
    { networks: prefixes('10.244.0.0/16'), subnets: prefixes('10.244.3.0/24'), mtu: 1450, ipMasq: true },
    'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.3.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n',
  ],
  [
    {
      networks: prefixes('10.244.0.0/16', 'fd00:244::/48'),
      subnets: prefixes('10.244.3.0/24', 'fd00:244:0:16::/64'),
      mtu: 1430,
      ipMasq: false,
    },
    'FLANNEL_NETWORK=10.244.0.0/16\nFLANNEL_SUBNET=10.244.3.1/24\nFLANNEL_IPV6_NETWORK=fd00:244::/48\nFLANNEL_IPV6_SUBNET=fd00:244:0:16::1/64\nFLANNEL_MTU=1430\nFLANNEL_IPMASQ=false\n',
  ],
])('%j is written as flannel does, and read back', (env, text) => {
  expect(formatSubnetEnv(env)).toBe(text);
  expect(parseSubnetEnv(text)).toEqual(env);
});

test('what is missing or not understood is absent', () => {
  const text =
    '# a comment\nFLANNEL_NETWORK=10.1.0.0/16,10.2.0.0/16\r\nFLANNEL_SUBNET=nonsense\nFLANNEL_MTU=-1\nFLANNEL_IPMASQ=maybe\nOTHER="x"';
  expect(parseSubnetEnv(text)).toEqual({ networks: ['10.1.0.0/16', '10.2.0.0/16'], subnets: [] });
  expect(parseSubnetEnv('')).toEqual({ networks: [], subnets: [] });
});
