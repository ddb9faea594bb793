/** `podlan doctor` on a node of flannel, made by plain `ip` commands: no agent, the leases in their store. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DoctorJson } from '../../dist/doctor/report.js';
import { followByTunnel, joinPlainly, type PlainHost } from '../plain-host.js';
import { podlan } from '../test-lab.js';
import { ip, say, TwoHosts } from '../two-hosts.js';

const config = JSON.stringify({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });

let hosts: TwoHosts;
let subnetFile: string;

beforeAll(async () => {
  hosts = await TwoHosts.make();
  subnetFile = join(hosts.directory, 'subnet.env');
  const lines = ['FLANNEL_NETWORK=10.244.0.0/16', 'FLANNEL_SUBNET=10.244.1.1/24', 'FLANNEL_MTU=1450'];
  await writeFile(subnetFile, `${lines.join('\n')}\nFLANNEL_IPMASQ=true\n`);
  const plain = ({ number, ...box }: TwoHosts['a']): PlainHost => ({
    ...{ box: { number, ...box }, families: [4], mtu: 1450, mac: `02:00:00:00:f0:0${number}` },
  });
  const [a, b] = [plain(hosts.a), plain(hosts.b)];
  const store = await openSqliteStore({ path: hosts.store, config });
  const leaseA = await joinPlainly(store, a, 'vxlan');
  const leaseB = await joinPlainly(store, b, 'vxlan');
  await followByTunnel(a, leaseB);
  await followByTunnel(b, leaseA);
  await store.close();
  for (const { netns, number } of [hosts.a, hosts.b])
    await ip(
      netns,
      'link add cni0 type bridge',
      'link set cni0 mtu 1450 up',
      'addr flush dev pod0',
      'link set pod0 mtu 1450 master cni0',
      `addr add 10.244.${number}.1/24 dev cni0`,
    );
  for (const { pod } of [hosts.a, hosts.b]) await ip(pod, 'link set eth0 mtu 1450');
});
afterAll(() => hosts?.[Symbol.asyncDispose]());

async function examined(...flags: string[]): Promise<{ code: number; wrong: DoctorJson['results'] }> {
  const node = ['--netns', hosts.a.netns, '--name', 'node-1', '--subnet-file', subnetFile];
  const store = ['--store', `sqlite:${hosts.store}`];
  const { code, stdout, stderr } = await podlan('doctor', ...node, ...store, '--json', ...flags);
  expect(stderr).toBe('');
  const { results } = JSON.parse(stdout) as DoctorJson;
  return { code, wrong: results.filter(({ verdict }) => verdict === 'error' || verdict === 'warning') };
}

test('a healthy one is told so, its peers tried, too', async () => {
  expect(await examined()).toEqual({ code: 0, wrong: [] });
});

const PEER_MAC = '02:00:00:00:f0:02';

test.each<[string, string, string[], string[]]>([
  ['peer-routes', 'a route that is gone', ['ip route del 10.244.2.0/24'], []],
  ['peer-neighbors', 'a neighbor entry that is gone', ['ip neigh del 10.244.2.0 dev flannel.1'], []],
  [
    'peer-fdb',
    'an FDB entry that leads elsewhere',
    [`bridge fdb replace ${PEER_MAC} dev flannel.1 dst 192.168.99.9 self`],
    [],
  ],
  ['vtep-mac', 'a MAC that somebody has changed', ['ip link set flannel.1 address 02:00:00:00:f0:99'], []],
  [
    'left-over',
    'what a node that is gone has left',
    ['ip route add 10.244.7.0/24 via 10.244.7.0 dev flannel.1 onlink'],
    [],
  ],
  [
    'overlay-device',
    'a device that is down',
    ['ip link set flannel.1 down'],
    ['ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink'],
  ],
  ['ip-forward', 'a host that does not forward', ['sysctl -qw net.ipv4.ip_forward=0'], []],
  [
    'forward-policy',
    'a firewall that drops what is forwarded',
    [
      'nft add table ip fw',
      "nft add chain ip fw strict '{ type filter hook forward priority 0; policy drop; }'",
    ],
    ['nft delete table ip fw'],
  ],
  [
    'mtu-chain',
    'an MTU that does not fit',
    ['ip link set eth0 mtu 1400'],
    ['ip link set eth0 mtu 1500', 'ip link set flannel.1 mtu 1450', 'ip link set cni0 mtu 1450'],
  ],
])('%s finds %s, and what it says mends it', async (check, _, make, mend) => {
  await say(hosts.a.netns, 'sh', '-ec', make.join('\n'));
  const { code, wrong } = await examined('--no-probes');
  expect([code, wrong.map((one) => one.check)]).toEqual([
    expect.toSatisfy((one) => one > 0),
    expect.arrayContaining([check]),
  ]);
  for (const line of wrong.flatMap((one) => (one.fixable ? one.mend : [])))
    await say(hosts.a.netns, 'sh', '-ec', line);
  if (mend.length > 0) await say(hosts.a.netns, 'sh', '-ec', mend.join('\n'));
  expect(await examined('--no-probes')).toEqual({ code: 0, wrong: [] });
});
