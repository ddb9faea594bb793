/** The agent's flags: flanneld's command lines are understood, in words and in the environment. */

import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ruleWarnings } from '../dist/agent/flags/rule-flags.js';
import {
  type AgentFlags,
  type AgentOptions,
  agentOptions,
  declareAgentFlags,
} from '../dist/agent/options.js';

let directory: string;
let configPath: string;
const CONFIG = '{"Network":"10.244.0.0/16","Backend":{"Type":"vxlan"}}';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'podlan-flags-'));
  configPath = join(directory, 'net-conf.json');
  await writeFile(configPath, CONFIG);
});
afterAll(() => rm(directory, { recursive: true }));

function parse(args: readonly string[], environment: Readonly<Record<string, string>> = {}): AgentOptions {
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    const command = declareAgentFlags(new Command('agent')).exitOverride();
    command.configureOutput({ writeErr: () => {} }).parse([...args], { from: 'user' });
    return agentOptions(command.opts<AgentFlags>());
  } finally {
    process.env = before;
  }
}

test('without any, an agent keeps its leases in a file and asks nothing of the host', () => {
  expect(parse([])).toMatchObject({
    store: { kind: 'sqlite', path: '/var/lib/podlan/leases.db' },
    external: { names: [], patterns: [], publicIps: [] },
    rules: { ipMasq: false, ipMasqFullyRandomDisable: false, iptablesForwardRules: true },
    health: { healthzIp: '0.0.0.0', healthzPort: 0 },
    subnetFile: '/run/flannel/subnet.env',
    renewMarginMinutes: 60,
    cleanup: false,
  });
});

describe('the store', () => {
  const etcd = { kind: 'etcd', prefix: '/coreos.com/network' };
  test.each<[string, string[], object]>([
    [
      'etcd, at the addresses flanneld knows',
      ['--store', 'etcd'],
      { ...etcd, endpoints: ['http://127.0.0.1:4001', 'http://127.0.0.1:2379'] },
    ],
    [
      'etcd where its servers are named',
      ['--etcd-endpoints=https://a:2379,https://b:2379'],
      { ...etcd, endpoints: ['https://a:2379', 'https://b:2379'] },
    ],
    [
      'etcd with all there is to say about it',
      [
        ...['--store', 'etcd', '--etcd-prefix=/k', '--etcd-keyfile=/k.pem', '--etcd-certfile=/c.pem'],
        ...['--etcd-cafile=/ca.pem', '--etcd-username=u', '--etcd-password=p'],
      ],
      {
        ...{ kind: 'etcd', prefix: '/k', keyFile: '/k.pem', certFile: '/c.pem', caFile: '/ca.pem' },
        ...{ username: 'u', password: 'p' },
      },
    ],
    ['a file', ['--store', 'sqlite:/x/y.db'], { kind: 'sqlite', path: '/x/y.db' }],
  ])('%s', (_case, args, store) => {
    expect(parse(args).store).toMatchObject(store);
  });

  test("Kubernetes, by its own name or by flanneld's", () => {
    const kube = ['--net-config-path', configPath, '--kube-api-url=https://k:6443', '--kubeconfig-file=/kc'];
    const expected = {
      ...{ kind: 'kubernetes', configText: CONFIG, apiUrl: 'https://k:6443', kubeconfigPath: '/kc' },
      ...{ annotationPrefix: 'flannel.alpha.coreos.com', setNodeNetworkUnavailable: true },
    };
    expect(parse([...kube, '--kube-subnet-mgr']).store).toEqual(expected);
    expect(parse([...kube, '--store', 'kubernetes']).store).toEqual(expected);
    const more = ['--kube-annotation-prefix=a.example/b', '--set-node-network-unavailable=false'];
    expect(parse([...kube, '--kube-subnet-mgr', ...more]).store).toMatchObject({
      annotationPrefix: 'a.example/b',
      setNodeNetworkUnavailable: false,
    });
  });
});

describe('an environment variable', () => {
  const cases: [string, string, (options: AgentOptions) => unknown, unknown][] = [
    ['FLANNELD_ETCD_ENDPOINTS', 'http://e:1', ({ store }) => store.kind, 'etcd'],
    ['FLANNELD_IFACE', 'eth3', ({ external }) => external.names, ['eth3']],
    ['FLANNELD_PUBLIC_IPV6', 'fd00::1', ({ external }) => external.publicIps, ['fd00::1']],
    ['FLANNELD_IP_MASQ', 'true', ({ rules }) => rules.ipMasq, true],
    ['FLANNELD_IP_MASQ', 'false', ({ rules }) => rules.ipMasq, false],
    ['FLANNELD_IPTABLES_FORWARD_RULES', '0', ({ rules }) => rules.iptablesForwardRules, false],
    ['FLANNELD_HEALTHZ_PORT', '8471', ({ health }) => health.healthzPort, 8471],
    ['FLANNELD_HEALTHZ_PORT', '', ({ health }) => health.healthzPort, 0],
    ['FLANNELD_SUBNET_LEASE_RENEW_MARGIN', '5', ({ renewMarginMinutes }) => renewMarginMinutes, 5],
  ];
  test.each(cases)('%s=%s stands for the flag', (name, value, look, expected) => {
    expect(look(parse([], { [name]: value }))).toEqual(expected);
  });

  test('gives way to the flag', () => {
    const environment = { FLANNELD_HEALTHZ_PORT: '1', FLANNELD_IP_MASQ: 'true', FLANNELD_IFACE: 'eth3' };
    const options = parse(['--healthz-port=2', '--ip-masq=false', '--iface=eth4'], environment);
    expect(options).toMatchObject({ health: { healthzPort: 2 }, rules: { ipMasq: false } });
    expect(options.external.names).toEqual(['eth4']);
  });
});

test("of flanneld's flags about rules, one has no effect and says so, one may only be false", () => {
  const { rules } = parse(['--iptables-resync=5', '--ip-blackhole-route=false']);
  expect([...ruleWarnings(rules)]).toEqual([expect.stringContaining('--iptables-resync has no effect')]);
  expect([...ruleWarnings(parse([]).rules)]).toEqual([]);
});

test.each<[string[], string]>([
  [['--ip-blackhole-route'], '--ip-blackhole-route: expected false, found true'],
  [['--iface-regex', 'eth['], '--iface-regex: expected a regular expression, found eth[ ('],
  [['--iface-can-reach', 'example'], '--iface-can-reach: expected an IP address, found example'],
  [['--public-ip', 'fd00::1'], '--public-ip: expected an IPv4 address, found fd00::1'],
  [['--public-ipv6', '192.0.2.1'], '--public-ipv6: expected an IPv6 address, found 192.0.2.1'],
  [['--healthz-port', '70000'], '--healthz-port: expected a whole number from 0 to 65535, found 70000'],
  [['--ip-masq=perhaps'], '--ip-masq: expected true or false, found perhaps'],
  [
    ['--subnet-lease-renew-margin', '0'],
    '--subnet-lease-renew-margin: expected a whole number from 1 to 1439',
  ],
  [['--store', 'redis'], '--store: expected sqlite:PATH, etcd or kubernetes, found redis'],
  [['--store', 'etcd', '--kube-subnet-mgr'], '--kube-subnet-mgr: expected --store kubernetes or none'],
  [
    ['--etcd-prefix', '/k'],
    '--etcd-prefix: expected --etcd-endpoints or --store etcd with it, found neither',
  ],
  [['--etcd-cafile', '/ca.pem'], '--etcd-cafile: expected --etcd-endpoints or --store etcd with it'],
  [
    ['--kubeconfig-file', '/kc'],
    '--kubeconfig-file: expected --kube-subnet-mgr or --store kubernetes with it',
  ],
  [
    ['--kube-api-url', 'https://k'],
    '--kube-api-url: expected --kube-subnet-mgr or --store kubernetes with it',
  ],
  [['--kube-subnet-mgr', '--net-config-path', '/none'], '--net-config-path /none: ENOENT'],
])('%j is refused with what was expected', (args, message) => {
  expect(() => parse(args)).toThrow(message);
});

const PAGES = ['content/agent.md', 'i18n/en/docusaurus-plugin-content-docs/current/agent.md'];

test.each(PAGES)('docs/%s tells of every flag, and of no other', (page) => {
  const whole = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8');
  // What follows is another command, with flags of its own.
  const [text] = whole.split(/^## .*\{#snapshots\}$/m) as [string];
  const rows = [...text.matchAll(/^\| (`--[^|]*)\|/gm)].map(([, cell]) => cell!);
  const told = rows.flatMap((cell) => [...cell.matchAll(/`(--[a-z0-9-]+)`/g)].map(([, flag]) => flag));
  const declared = declareAgentFlags(new Command('agent')).options.map(({ long }) => long);
  expect(told.sort()).toEqual(declared.sort());
});
