/** The choice of the external interface, on a real host with two interfaces and addresses of every kind. */
import type { Family } from '@podlan/wire';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ExternalInterface } from '../dist/agent/external/external-interface.js';
import { run } from './test-lab.js';

/**
 *     eth0  192.0.2.10, .11    fd00:1::7 permanent, ::6 dynamic, ::5 deprecated, one temporary; link-local
 *     eth1  198.51.100.20      fd00:2::20                                 both default routes leave here
 */
const HOST = `
ip link add eth0 type bridge && ip link add eth1 type bridge
ip link set eth0 up mtu 1400 && ip link set eth1 up
echo 2 > /proc/sys/net/ipv6/conf/eth0/use_tempaddr
ip addr add 169.254.7.7/16 dev eth0
ip addr add 192.0.2.10/24 dev eth0 && ip addr add 192.0.2.11/24 dev eth0
ip addr add fd00:1::7/64 dev eth0 nodad
ip addr add fd00:1::6/64 dev eth0 nodad mngtmpaddr valid_lft 5000 preferred_lft 4000
ip addr add fd00:1::5/64 dev eth0 nodad valid_lft 5000 preferred_lft 0
ip addr add 198.51.100.20/24 dev eth1 && ip addr add fd00:2::20/64 dev eth1 nodad
ip addr add 203.0.113.9/32 dev lo && ip link set lo up
ip route add default via 198.51.100.1 && ip -6 route add default via fd00:2::1
ip route add 203.0.113.128/25 via 192.0.2.1
ip -6 route add unreachable 2001:db8::/32
exec "$@"`;

interface Asked {
  readonly names?: readonly string[];
  readonly patterns?: readonly string[];
  readonly canReach?: string;
  readonly publicIps?: readonly string[];
  readonly families: readonly Family[];
  readonly current?: Partial<ExternalInterface>;
}
type Answer = ExternalInterface & { readonly error?: string };

const NONE = { names: [], patterns: [], publicIps: [] };
const CASES = {
  'none given': { families: [4] },
  'none given, both families': { families: [4, 6] },
  'none given, IPv6 alone': { families: [6] },
  name: { names: ['eth0'], families: [4, 6] },
  'the first name that is there': { names: ['eth7', 'eth0', 'eth1'], families: [4] },
  address: { names: ['192.0.2.11'], families: [4] },
  'address of the host alone': { names: ['127.0.0.1'], families: [4] },
  'IPv6 address': { names: ['fd00:1::6'], families: [4, 6] },
  'regex on addresses': { patterns: ['^192\\.0\\.2\\.11$'], families: [4] },
  'regex on addresses before names': { patterns: ['eth0|198\\.'], families: [4] },
  'regex on names': { patterns: ['^eth0$'], families: [4] },
  'name before regex': { names: ['eth1'], patterns: ['eth0'], families: [4] },
  'regex where no name fits': { names: ['eth7'], patterns: ['eth0'], families: [4] },
  'can reach': { canReach: '203.0.113.200', families: [4, 6] },
  'public address of this host': { publicIps: ['192.0.2.11'], families: [4] },
  'public address of a gateway': { publicIps: ['203.0.113.1'], families: [4] },
  'public addresses beside a name': {
    names: ['eth0'],
    publicIps: ['203.0.113.1', 'fd00:9::1'],
    families: [4, 6],
  },
  'an address in use': { names: ['eth0'], families: [6], current: { addresses: ['fd00:1::6'] } },
  'an address in use that is gone': {
    names: ['eth0'],
    families: [4],
    current: { addresses: ['192.0.2.99'] },
  },
  'an address in use that is deprecated': {
    names: ['eth0'],
    families: [6],
    current: { addresses: ['fd00:1::5'] },
  },
  'nothing fits': { names: ['eth7'], patterns: ['wlan'], families: [4, 6] },
  'no way there': { canReach: '2001:db8::1', families: [4] },
} as const;

let answers: Record<keyof typeof CASES, Answer>;

beforeAll(async () => {
  const module = new URL('../dist/agent/external/external-interface.js', import.meta.url).href;
  const script = `
    const { findExternalInterface } = await import(${JSON.stringify(module)});
    const ask = ({ families, current, patterns, ...choice }) =>
      findExternalInterface({ ...choice, patterns: patterns.map((one) => new RegExp(one)) }, families, current)
        .catch((error) => ({ error: error.message }));
    const cases = Object.entries(JSON.parse(process.argv[1]));
    const answers = await Promise.all(cases.map(async ([name, asked]) => [name, await ask(asked)]));
    console.log(JSON.stringify(Object.fromEntries(answers)));`;
  const cases = Object.entries<Asked>(CASES as never).map(([name, asked]) => [name, { ...NONE, ...asked }]);
  const node = [
    process.execPath,
    '--input-type=module',
    '-e',
    script,
    JSON.stringify(Object.fromEntries(cases)),
  ];
  const { stdout, stderr } = await run('unshare', '--net', '--mount', '--', 'sh', '-ec', HOST, 'sh', ...node);
  expect(stderr).toBe('');
  answers = JSON.parse(stdout);
});

describe('the external interface', () => {
  test.each<[keyof typeof CASES, string, string[]]>([
    ['none given', 'eth1', ['198.51.100.20']],
    ['none given, both families', 'eth1', ['198.51.100.20', 'fd00:2::20']],
    ['none given, IPv6 alone', 'eth1', ['fd00:2::20']],
    ['name', 'eth0', ['192.0.2.10', 'fd00:1::7']],
    ['the first name that is there', 'eth0', ['192.0.2.10']],
    ['address', 'eth0', ['192.0.2.11']],
    ['address of the host alone', 'lo', ['127.0.0.1']],
    ['IPv6 address', 'eth0', ['192.0.2.10', 'fd00:1::6']],
    ['regex on addresses', 'eth0', ['192.0.2.11']],
    ['regex on addresses before names', 'eth1', ['198.51.100.20']],
    ['regex on names', 'eth0', ['192.0.2.10']],
    ['name before regex', 'eth1', ['198.51.100.20']],
    ['regex where no name fits', 'eth0', ['192.0.2.10']],
    ['can reach', 'eth0', ['192.0.2.10', 'fd00:1::7']],
    ['public address of this host', 'eth0', ['192.0.2.11']],
    ['an address in use', 'eth0', ['fd00:1::6']],
    ['an address in use that is gone', 'eth0', ['192.0.2.10']],
    ['an address in use that is deprecated', 'eth0', ['fd00:1::7']],
  ])('%s: %s %j', (name, device, addresses) => {
    expect(answers[name]).toMatchObject({ name: device, addresses, publicIps: addresses });
  });

  test.each<[keyof typeof CASES, string[], string[]]>([
    ['public address of a gateway', ['198.51.100.20'], ['203.0.113.1']],
    ['public addresses beside a name', ['192.0.2.10', 'fd00:1::7'], ['203.0.113.1', 'fd00:9::1']],
  ])('%s: peers are told another address than its own', (name, addresses, publicIps) => {
    expect(answers[name]).toMatchObject({ addresses, publicIps });
  });

  test('comes with its MTU', () => {
    expect(answers.name.mtu).toBe(1400);
  });

  test('that does not exist is told with what there is, best addresses first', () => {
    const temporary = 'fd00:1::[0-9a-f:]+';
    expect(answers['nothing fits'].error).toMatch(
      new RegExp(
        `expected an interface that matches eth7 or wlan, found only: lo .*eth0 \\(192.0.2.10, 192.0.2.11, fd00:1::7, ` +
          `fd00:1::6, ${temporary}, .*169.254.7.7.*It needs an IPv4 address and an IPv6 address\\. Name one by --iface`,
      ),
    );
    expect(answers['no way there'].error).toContain('matches the way to 2001:db8::1');
  });
});
